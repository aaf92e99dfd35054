// Payouts: what is set aside, each step in each status, what is refused, and the ledger.

import { describe, expect, test } from 'vitest';
import { audit } from '../../src/ledger/audit.ts';
import type { Payment, PayoutStep } from '../../src/payments/nouns.ts';
import { destination, keyed, useSender } from './payout-world.ts';

const sender = useSender();
const { fund, make, move, held, read } = sender;

const given = { 'outside/KRW/somewhere': -80_000n };
const setAside = { ...given, 'available/KRW': 30_000n, 'payable/KRW': 50_000n };
const back = { ...given, 'available/KRW': 80_000n };
const sent = {
  ...given,
  'available/KRW': 30_000n,
  'outside/KRW/transfer-test': 50_000n,
};

const places = {
  awaiting: setAside,
  confirming: setAside,
  completed: sent,
  failed: back,
  expired: back,
  cancelled: back,
  refunded: back,
} as const;
type Status = keyof typeof places;

/** How a payout comes into each status. */
const ways: Readonly<Record<Status, readonly (PayoutStep | 'expire' | 'cancel')[]>> = {
  awaiting: [],
  confirming: ['take'],
  completed: ['take', 'confirm'],
  failed: ['take', 'fail'],
  expired: ['expire'],
  cancelled: ['cancel'],
  refunded: ['take', 'confirm', 'reverse'],
};

async function act(payment: Payment, act: PayoutStep | 'expire' | 'cancel'): Promise<Payment> {
  if (act !== 'expire' && act !== 'cancel') return move(payment, act);
  return sender.core.payments.closePayout(
    { merchantId: sender.merchantId, mode: 'test' },
    payment.id,
    act,
  );
}

async function bring(status: Status): Promise<Payment> {
  let payment = await make();
  for (const one of ways[status]) payment = await act(payment, one);
  return payment;
}

describe('every step in every status', () => {
  const outcomes: Readonly<
    Record<PayoutStep | 'expire' | 'cancel', Partial<Record<Status, Status>>>
  > = {
    take: { awaiting: 'confirming', confirming: 'confirming' },
    release: { awaiting: 'awaiting', confirming: 'awaiting', expired: 'expired' },
    confirm: { awaiting: 'completed', confirming: 'completed', completed: 'completed' },
    decline: { awaiting: 'failed', confirming: 'failed' },
    fail: { awaiting: 'failed', confirming: 'failed', failed: 'failed' },
    reverse: { completed: 'refunded', refunded: 'refunded' },
    expire: { awaiting: 'expired', expired: 'expired' },
    cancel: { awaiting: 'cancelled', cancelled: 'cancelled' },
  };
  for (const status of Object.keys(ways) as Status[]) {
    for (const step of Object.keys(outcomes) as (keyof typeof outcomes)[]) {
      const next = outcomes[step][status];
      test(`${step} in ${status}: ${next ?? 'refused'}`, async () => {
        await fund(80_000n);
        const before = await bring(status);
        expect(before.status).toBe(status);
        expect(await held()).toEqual(places[status]);
        sender.core.events.length = 0;
        if (next === undefined) {
          await expect(act(before, step)).rejects.toMatchObject({
            code: 'status_conflict',
            status,
          });
          expect(await held()).toEqual(places[status]);
          return;
        }
        const after = await act(before, step);
        const declined = step === 'decline' ? 'declined' : null;
        expect(after).toMatchObject({ status: next, direction: 'out', cause: declined });
        expect(await held()).toEqual(places[next]);
        const told = sender.core.events.map(({ event }) => [event.kind, event.seq, event.status]);
        expect(told).toEqual(next === status ? [] : [['status', before.eventSeq + 1, next]]);
        // Done once more, nothing moves and nobody hears of it.
        sender.core.events.length = 0;
        expect(await act(before, step)).toEqual(after);
        expect(sender.core.events).toEqual([]);
        expect(await held()).toEqual(places[next]);
      });
    }
  }
});

test('taken, given back and taken again as often as anybody likes', async () => {
  await fund(80_000n);
  const payment = await make();
  for (let turn = 0; turn < 5; turn += 1) {
    expect(await move(payment, 'take')).toMatchObject({ status: 'confirming', touched: true });
    expect(await move(payment, 'release')).toMatchObject({ status: 'awaiting', touched: false });
  }
  await move(payment, 'take');
  await move(payment, 'confirm');
  expect(await held()).toEqual(sent);
});

test('the deadline ends what nobody has taken, and waits for what somebody has', async () => {
  await fund(120_000n);
  const [waits, taken] = [await make(), await make()];
  await move(taken, 'take');
  sender.core.clock.at = new Date(sender.core.clock.at.getTime() + 600_000);
  await expect(move(waits, 'take')).rejects.toMatchObject({ code: 'status_conflict' });
  await sender.core.payments.expireDue();
  expect((await read(waits))?.payment.status).toBe('expired');
  expect((await read(taken))?.payment.status).toBe('confirming');
  expect(await held()).toMatchObject({ 'available/KRW': 70_000n, 'payable/KRW': 50_000n });
  // Given back after its time, it is over at once.
  expect((await move(taken, 'release')).status).toBe('expired');
  expect((await move(taken, 'release')).status).toBe('expired');
  expect(await held()).toMatchObject({ 'available/KRW': 120_000n });
});

test('a payout is found as an operation, and by nobody who asks for payments', async () => {
  await fund(80_000n);
  const payment = await make({ merchantReference: 'ORDER-1', callbackSecret: 'quiet' });
  const scope = { merchantId: sender.merchantId, mode: 'test' } as const;
  expect((await read(payment))?.payment).toEqual(payment);
  expect(sender.core.payments.secretOf(payment)).toBe('quiet');
  const named = await sender.core.payments.findByMerchantReference(scope, 'ORDER-1');
  expect(named?.payment.id).toBe(payment.id);
  const byId = await sender.core.payments.findByMerchantReference(scope, payment.id);
  expect(byId?.payment.id).toBe(payment.id);
  expect(await sender.core.payments.findByMerchantReference(scope, 'ORDER-2')).toBeNull();
  const elsewhere = { ...scope, mode: 'live' } as const;
  expect(await sender.core.payments.findByMerchantReference(elsewhere, 'ORDER-1')).toBeNull();
  expect(await sender.core.payments.findOperation(elsewhere, payment.id)).toBeNull();
  expect(await sender.core.payments.find(scope, payment.id)).toBeNull();
  expect(await sender.core.payments.find(scope, payment.reference)).toBeNull();
  expect(await sender.core.payments.findForPayer(payment.id)).toBeNull();
  expect(await sender.core.payments.findByNumber(payment.number)).toBeNull();
  const everything = { states: null, currency: null, from: null, to: null, page: 1, size: 10 };
  expect(await sender.core.payments.list(scope, everything)).toEqual({ payments: [], total: 0 });
  const any = { statuses: null, createdBy: null, from: null, to: null };
  expect(await sender.core.payments.newest(scope, any, 10)).toEqual([]);
  expect(sender.queued.at(-1)).toEqual({ id: payment.id, destination });
  const [first] = sender.core.events.filter(({ event }) => event.paymentId === payment.id);
  expect(first).toMatchObject({
    event: { kind: 'created', seq: 1 },
    payment: { direction: 'out' },
  });
});

test('the newest of two with one reference counts, whichever way they go', async () => {
  await fund(80_000n);
  const scope = { merchantId: sender.merchantId, mode: 'test' } as const;
  const first = await sender.core.create({
    merchantId: sender.merchantId,
    merchantReference: 'TWICE',
  });
  expect((await sender.core.payments.findByMerchantReference(scope, 'TWICE'))?.payment.id).toBe(
    first.id,
  );
  const second = await make({ merchantReference: 'TWICE' });
  expect((await sender.core.payments.findByMerchantReference(scope, 'TWICE'))?.payment.id).toBe(
    second.id,
  );
});

describe('what is refused leaves nothing behind', () => {
  async function rows(): Promise<unknown> {
    const [row] = await sender.core.db.query(
      `select (select count(*) from payments where merchant_id = $1) as payments,
              (select count(*) from events where merchant_id = $1) as events,
              (select count(*) from idempotency where merchant_id = $1) as keys,
              (select count(*) from ledger_transfers where merchant_id = $1) as transfers`,
      [sender.merchantId],
    );
    return row;
  }

  test('more than is available, by one unit', async () => {
    await fund(49_999n);
    await expect(make({ idempotency: keyed('short') })).rejects.toMatchObject({
      code: 'insufficient_balance',
    });
    expect(await rows()).toEqual({ payments: 0, events: 0, keys: 0, transfers: 1 });
    await fund(1n);
    // The same key again: nothing was kept of the first attempt.
    expect((await make({ idempotency: keyed('short') })).status).toBe('awaiting');
  });

  test('nothing available at all, in another mode or another currency', async () => {
    await fund(80_000n, 'live');
    await expect(make()).rejects.toMatchObject({ code: 'insufficient_balance' });
    await fund(80_000n);
    const price = { units: 1n, asset: 'USD' };
    await expect(make({ price })).rejects.toMatchObject({ code: 'insufficient_balance' });
    const unknown = { units: 1n, asset: 'NOPE' };
    await expect(make({ price: unknown })).rejects.toMatchObject({ code: 'asset_not_supported' });
  });

  test('a queue that fails', async () => {
    await fund(80_000n);
    sender.refuseQueue = new Error('the queue is broken');
    await expect(make({ idempotency: keyed('queue') })).rejects.toThrow('the queue is broken');
    expect(await rows()).toEqual({ payments: 0, events: 0, keys: 0, transfers: 1 });
    expect(await held()).toEqual(back);
  });

  test('a merchant that was switched off', async () => {
    await fund(80_000n);
    await sender.core.merchants.changeCommerce(sender.merchantId, { active: false }, nobody);
    await expect(make()).rejects.toMatchObject({ code: 'merchant_inactive' });
  });
});

const nobody = { userId: null, address: null };

test('a step that rolls back leaves no trace', async () => {
  await fund(80_000n);
  const payment = await make();
  const broken = sender.core.db.transaction(async (tx) => {
    await sender.core.payments.movePayout(tx, payment, 'take');
    await sender.core.payments.movePayout(tx, payment, 'confirm');
    throw new Error('killed');
  });
  await expect(broken).rejects.toThrow('killed');
  expect((await read(payment))?.payment).toEqual(payment);
  expect(await held()).toEqual(setAside);
});

test('steps that race: exactly one end, and the money is in one place', async () => {
  for (let round = 0; round < 6; round += 1) {
    await fund(50_000n);
    const payment = await make();
    const steps = ['confirm', 'decline', 'fail', 'confirm', 'expire', 'cancel'] as const;
    await Promise.allSettled(steps.map((step) => act(payment, step)));
    const status = (await read(payment))?.payment.status;
    expect(['completed', 'failed', 'expired', 'cancelled']).toContain(status);
  }
  const balances = await held();
  expect(balances['payable/KRW']).toBeUndefined();
  expect((balances['available/KRW'] ?? 0n) + (balances['outside/KRW/transfer-test'] ?? 0n)).toBe(
    300_000n,
  );
});

test('a live payout leaves by the live way', async () => {
  await fund(80_000n, 'live');
  const payment = await make({ mode: 'live' });
  await move(payment, 'take');
  await move(payment, 'confirm');
  expect(await held('live')).toMatchObject({ 'outside/KRW/transfer': 50_000n });
});

test('the sandbox plays what the desk would do', async () => {
  await fund(80_000n);
  const payment = await make();
  const played = async (event: 'pay' | 'confirm' | 'reverse') =>
    (await sender.core.payments.play(payment, event)).payment.status;
  expect(await played('pay')).toBe('confirming');
  expect(await played('confirm')).toBe('completed');
  await expect(sender.core.payments.play(payment, 'underpay')).rejects.toMatchObject({
    code: 'status_conflict',
  });
  expect(await played('reverse')).toBe('refunded');
});

test('steps of payouts mean nothing to payments that come in', async () => {
  const payment = await sender.core.create({ merchantId: sender.merchantId });
  await expect(move(payment, 'confirm')).rejects.toMatchObject({ code: 'status_conflict' });
  const unknown = { ...payment, id: '01930000-0000-7000-8000-000000000009' };
  await expect(move(unknown, 'take')).rejects.toMatchObject({ code: 'payment_not_found' });
  const scope = { merchantId: sender.merchantId, mode: 'test' } as const;
  await expect(sender.core.payments.closePayout(scope, payment.id, 'cancel')).rejects.toMatchObject(
    {
      code: 'payment_not_found',
    },
  );
});

test('afterwards the ledger is sound', async () => {
  const report = await audit(sender.core.db);
  expect(report).toMatchObject({ ok: true, overdrawn: 0, differing: 0 });
});
