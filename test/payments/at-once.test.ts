// Payments that are created together with how they are paid, as a till makes them.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CreateCommand } from '../../src/payments/create.ts';
import { forgetOldKeys } from '../../src/payments/idempotency.ts';
import { audit } from '../../src/ledger/audit.ts';
import { shell } from '../../src/merchants/staff-log.ts';
import { basicCommand, type Core, createCore } from '../harness/core.ts';

let core: Core;

beforeEach(async () => {
  core = await createCore();
});

afterEach(() => core.close());

function bitcoinCommand(change: Partial<CreateCommand> = {}): CreateCommand {
  const price = { units: 6_000_000n, asset: 'USD' };
  const terms = { mode: 'test', price, exchange: null, spreadPercent: null } as const;
  const asked = core.payments.ask({ ...terms, method: 'sandbox-bitcoin' });
  if (!asked) throw new Error('no rate for bitcoin');
  const pay = { method: 'sandbox-bitcoin', ...asked };
  return { ...basicCommand(core.merchant.id), price, pay, ...change };
}

function keyed(key: string): Partial<CreateCommand> {
  return {
    idempotency: {
      scope: 'test',
      key,
      requestHash: Buffer.alloc(32, key),
      answer: (payment, instruction) => JSON.stringify([payment.number, instruction?.target]),
    },
  };
}

async function make(change: Partial<CreateCommand> = {}) {
  const made = await core.payments.create(bitcoinCommand(change));
  if (!made.payment || !made.instruction) throw new Error('nothing was made');
  return { payment: made.payment, instruction: made.instruction };
}

describe('create', () => {
  test('answers where to pay, and it is written with the payment', async () => {
    const { payment, instruction } = await make();
    expect(instruction).toMatchObject({
      rail: 'sandbox',
      method: 'sandbox-bitcoin',
      expected: { units: 100_000_000n, asset: 'BTC' },
      priceUnits: 6_000_000n,
    });
    const view = await core.view(payment.id);
    expect(view.instructions).toEqual([instruction]);
  });

  test('many at once each get their own', async () => {
    const made = await Promise.all(Array.from({ length: 150 }, () => make()));
    expect(new Set(made.map(({ instruction }) => instruction.target)).size).toBe(150);
    for (const { payment, instruction } of made.slice(0, 10)) {
      expect((await core.view(payment.id)).instructions).toEqual([instruction]);
    }
  });

  test('a repeated key gets the first answer, where to pay included', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, () => core.payments.create(bitcoinCommand(keyed('k')))),
    );
    const [first] = results.filter((one) => one.payment !== null);
    const replays = results.filter((one) => one.payment === null).map((one) => one.replay);
    expect(replays).toHaveLength(19);
    const wanted = JSON.stringify([first?.payment?.number, first?.instruction?.target]);
    expect(new Set(replays)).toEqual(new Set([wanted]));
    const [row] = await core.db.query<{ count: number }>(
      'select count(*) as count from instructions',
    );
    expect(row?.count).toBe(1);
  });

  test('a key for ever is known after its day, and after old keys were forgotten', async () => {
    const order = keyed('order').idempotency;
    const command = { idempotency: order ? { ...order, forever: true } : null };
    const first = await core.payments.create(bitcoinCommand(command));
    await core.payments.create(bitcoinCommand(keyed('day')));
    core.clock.at = new Date(core.clock.at.getTime() + 400 * 24 * 3_600_000);
    while ((await forgetOldKeys(core.db, core.clock.at)) > 0);
    const again = await core.payments.create(bitcoinCommand(command));
    expect(again).toMatchObject({ payment: null });
    expect(again.replay).toBe(JSON.stringify([first.payment?.number, first.instruction?.target]));
    expect((await core.payments.create(bitcoinCommand(keyed('day')))).payment).not.toBeNull();
  });

  test('some with and some without, in one batch', async () => {
    const plain = core.payments.create(basicCommand(core.merchant.id));
    const [one, two] = await Promise.all([plain, make()]);
    expect(one.instruction).toBeNull();
    expect(two.instruction.target).toContain('sandbox-');
  });

  test('a method that no rail has is refused', async () => {
    const { pay } = bitcoinCommand();
    const command = bitcoinCommand({ pay: pay && { ...pay, method: 'shells' } });
    await expect(core.payments.create(command)).rejects.toMatchObject({
      code: 'method_not_available',
    });
  });

  test('a merchant that is not active makes no payments', async () => {
    await core.merchants.changeCommerce(core.merchant.id, { active: false }, shell);
    await expect(core.payments.create(bitcoinCommand())).rejects.toMatchObject({
      code: 'merchant_inactive',
    });
  });
});

describe('reading', () => {
  test('by number, of whoever it is; numbers that are none find nothing', async () => {
    const { payment } = await make();
    expect((await core.payments.findByNumber(payment.number))?.payment.id).toBe(payment.id);
    for (const number of [0, -1, 1.5, 999_999, 2 ** 40, Number.NaN, Infinity]) {
      expect(await core.payments.findByNumber(number)).toBeNull();
    }
  });

  test('newest first, by status, creator and time', async () => {
    const user = '0194bb5e-7d2a-7c3e-9a10-3d0a5e66f5a5';
    const first = await make({ createdBy: user });
    core.clock.at = new Date(core.clock.at.getTime() + 60_000);
    const second = await make();
    const all = { statuses: null, createdBy: null, from: null, to: null };
    const ids = async (filter: Partial<typeof all> & object, limit = 10) =>
      (await core.payments.newest(core.scope, { ...all, ...filter }, limit)).map(
        (view) => view.payment.id,
      );
    expect(await ids({})).toEqual([second.payment.id, first.payment.id]);
    expect(await ids({}, 1)).toEqual([second.payment.id]);
    expect(await core.payments.newest(core.scope, { ...all, createdBy: user }, 9)).toMatchObject([
      { payment: { id: first.payment.id }, instructions: [first.instruction] },
    ]);
    const late = { ...all, from: core.clock.at };
    expect(await core.payments.newest(core.scope, late, 9)).toHaveLength(1);
    const done = { ...all, statuses: ['completed' as const] };
    expect(await core.payments.newest(core.scope, done, 9)).toEqual([]);
  });
});

describe('closing', () => {
  test('cancel-unpaid is refused once money was seen', async () => {
    const { payment } = await make();
    await core.payments.play(payment, 'underpay');
    await expect(
      core.payments.close(core.scope, payment.id, 'cancel-unpaid'),
    ).rejects.toMatchObject({ code: 'status_conflict' });
    const other = await make();
    const closed = await core.payments.close(core.scope, other.payment.id, 'cancel-unpaid');
    expect(closed.status).toBe('cancelled');
  });

  test('a refund books everything back outside, once, and tells it once', async () => {
    const { payment } = await make();
    await core.payments.play(payment, 'pay');
    await core.payments.play(payment, 'confirm');
    const refunded = await core.payments.close(core.scope, payment.id, 'refund');
    expect(refunded.status).toBe('refunded');
    await core.payments.close(core.scope, payment.id, 'refund');
    expect(core.events.filter(({ event }) => event.status === 'refunded')).toHaveLength(1);
    expect(await balances()).toEqual([]);
    expect((await audit(core.db)).ok).toBe(true);
  });

  test.each(['expired', 'cancelled', 'failed'] as const)(
    'what came late to a payment that is %s can be given back',
    async (status) => {
      const { payment } = await make();
      if (status === 'failed') await core.payments.play(payment, 'fail');
      else await core.payments.close(core.scope, payment.id, wordFor[status]);
      await expect(core.payments.close(core.scope, payment.id, 'refund')).rejects.toMatchObject({
        code: 'status_conflict',
      });
      core.clock.at = new Date(core.clock.at.getTime() + 1_000);
      await core.payments.play(payment, 'pay');
      await core.payments.play(payment, 'confirm');
      expect(await balances()).toEqual([{ id: 'test/suspense/BTC', balance: '100000000' }]);
      const refunded = await core.payments.close(core.scope, payment.id, 'refund');
      expect(refunded).toMatchObject({ status: 'refunded', uses: 0 });
      expect(await balances()).toEqual([]);
      expect(core.events.filter(({ event }) => event.kind === 'used')).toEqual([]);
    },
  );

  test('money that comes after the refund is held', async () => {
    const { payment } = await make();
    await core.payments.play(payment, 'pay');
    await core.payments.play(payment, 'confirm');
    await core.payments.close(core.scope, payment.id, 'refund');
    await core.payments.play(payment, 'pay');
    await core.payments.play(payment, 'confirm');
    expect(await balances()).toEqual([{ id: 'test/suspense/BTC', balance: '100000000' }]);
    expect((await core.view(payment.id)).payment.status).toBe('refunded');
  });
});

describe('moments', () => {
  test('say what the money came to before and after each event', async () => {
    const { payment, instruction } = await make();
    await core.payments.play(payment, 'underpay');
    const moment = core.events.at(-1)?.moment;
    expect(moment).toMatchObject({
      instructions: [instruction],
      before: { seenUnits: 0n, remainingUnits: 6_000_000n },
      facts: { seenUnits: 3_000_000n, settledUnits: 0n, remainingUnits: 3_000_000n },
    });
    await core.payments.play(payment, 'confirm');
    expect(core.events.at(-1)?.moment?.facts.settledUnits).toBe(3_000_000n);
    expect(core.events[0]?.moment).toBeNull();
  });
});

const wordFor = { expired: 'expire', cancelled: 'cancel' } as const;

/** What the merchant's own accounts hold, where that is not nothing. */
function balances() {
  return core.db.query(
    `select id, credits - debits as balance from ledger_accounts
      where id not like '%/outside/%' and credits <> debits order by id`,
  );
}
