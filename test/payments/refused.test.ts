// Rails that have no place for some, and rails that serve only some merchants.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NoDirections, type Rail } from '../../src/rails/rail.ts';
import { requestHash } from '../../src/payments/create.ts';
import type { CreateCommand } from '../../src/payments/create.ts';
import { type Core, basicCommand, createCore } from '../harness/core.ts';
import { createScriptedRail } from '../harness/scripted-rail.ts';

/** Has a place for an even number of units; `turns` counts how often it is asked. */
let turns = 0;
/** Refuses one of those that are left, each time: the unluckiest rail there is. */
let isStingy = false;
const picky: Rail = {
  ...createScriptedRail(),
  name: 'picky',
  methods: () => [{ id: 'picky', asset: 'price', label: 'Picky', network: 'Test' }],
  instruct: (_tx, requests) => {
    turns += 1;
    const odd = requests.filter(({ amount }) => amount.units % 2n === 1n);
    const refused = isStingy ? odd.slice(0, 1) : odd;
    if (refused.length > 0) {
      const reasons = new Map(refused.map(({ reference }) => [reference, 'nobody is free']));
      throw new NoDirections(reasons, 'requisite');
    }
    return Promise.resolve(requests.map(({ reference }) => ({ target: reference, uri: null })));
  },
  serves: (merchantId, asset, method) =>
    Promise.resolve(served.has(`${merchantId} ${asset} ${method}`)),
};
const served = new Set<string>();
const dry: Rail = {
  ...createScriptedRail(),
  name: 'dry',
  methods: () => [{ id: 'dry', asset: 'price', label: 'Dry', network: 'Test' }],
  instruct: (_tx, requests) => {
    throw new NoDirections(new Map(requests.map(({ reference }) => [reference, 'empty'])));
  },
  serves: () => Promise.resolve(false),
};

let core: Core;
beforeAll(async () => {
  core = await createCore({ rails: [picky, dry] });
});
afterAll(() => core.close());

function commandOf(units: bigint, method = 'picky', key: string | null = null): CreateCommand {
  const price = { units, asset: 'USD' };
  const asked = core.payments.ask({
    mode: 'test',
    price,
    method,
    exchange: null,
    spreadPercent: null,
  });
  const answer = (payment: { id: string }): string => `answer ${payment.id}`;
  const idempotency =
    key === null ? null : { scope: 'test', key, requestHash: requestHash('body'), answer };
  return { ...basicCommand(core.merchant.id), price, pay: { method, ...asked! }, idempotency };
}

async function together(units: readonly bigint[], keys = false) {
  return Promise.allSettled(
    units.map((one) => core.payments.create(commandOf(one, 'picky', keys ? `k${one}` : null))),
  );
}

async function rows(): Promise<unknown> {
  const [row] = await core.db.query(
    `select (select count(*) from payments) as payments, (select count(*) from events) as events,
            (select count(*) from instructions) as instructions,
            (select count(*) from idempotency) as keys`,
  );
  return row;
}

describe('requests that arrive together', () => {
  for (const stingy of [false, true]) {
    const how = stingy ? ', even one at a time' : '';
    test(`only those that are named are refused${how}`, async () => {
      isStingy = stingy;
      const before = (await rows()) as Record<string, number>;
      turns = 0;
      const units = Array.from({ length: 40 }, (_, at) => BigInt(at + (stingy ? 1_000 : 0)) + 1n);
      const answers = await together(units, true);
      for (const [at, answer] of answers.entries()) {
        if (units[at]! % 2n === 0n) {
          expect(answer).toMatchObject({ status: 'fulfilled', value: { replay: null } });
        } else expect(answer).toMatchObject({ reason: { code: 'no_requisites' } });
      }
      const made = (before['payments'] ?? 0) + 20;
      expect(await rows()).toEqual({
        payments: made,
        events: made,
        instructions: made,
        keys: made,
      });
      // Two tries for the batch; or some, and then each by itself.
      expect(turns).toBeLessThanOrEqual(stingy ? 4 + 40 : 2 * 2);
      isStingy = false;
    });
  }

  test('a refused key is free again', async () => {
    const [refused] = await together([3_001n], true);
    expect(refused).toMatchObject({ reason: { code: 'no_requisites' } });
    const again = {
      ...commandOf(3_002n),
      idempotency: commandOf(3_001n, 'picky', 'k3001').idempotency,
    };
    expect((await core.payments.create(again)).payment).not.toBeNull();
  });

  test('a rail without addresses says so', async () => {
    const created = core.payments.create(commandOf(2n, 'dry'));
    await expect(created).rejects.toMatchObject({ code: 'no_address_available' });
  });
});

describe('whom a rail serves', () => {
  test('is offered its methods, and may be priced in its currencies', async () => {
    const command = { ...basicCommand(core.merchant.id), pay: null };
    await expect(core.payments.create(command)).rejects.toMatchObject({
      code: 'asset_not_supported',
    });
    served.add(`${core.merchant.id} USD picky`);
    const payment = await core.create();
    const choices = await core.payments.methods(await core.view(payment.id));
    expect(choices.map(({ id }) => id)).toEqual(['picky']);
    await expect(core.create({ price: { units: 2n, asset: 'EUR' } })).rejects.toMatchObject({
      code: 'asset_not_supported',
    });
    served.clear();
    expect(await core.payments.methods(await core.view(payment.id))).toEqual([]);
  });

  test('a rail that has no place for the payer who chooses it says so', async () => {
    served.add(`${core.merchant.id} USD picky`);
    const odd = await core.create({ price: { units: 7n, asset: 'USD' } });
    await expect(core.payments.choose(odd, 'picky')).rejects.toMatchObject({
      code: 'no_requisites',
    });
    const even = await core.create({ price: { units: 8n, asset: 'USD' } });
    expect((await core.payments.choose(even, 'picky')).rail).toBe('picky');
  });
});

test('what somebody else has seen for a rail counts, and only once', async () => {
  served.add(`${core.merchant.id} USD picky`);
  const payment = await core.create({ price: { units: 8n, asset: 'USD' } });
  const instruction = await core.payments.choose(payment, 'picky');
  const seen = {
    key: 'witness-1',
    merchantId: payment.merchantId,
    paymentId: payment.id,
    instructionId: instruction.id,
    amount: instruction.expected,
    presence: 'present',
    confirmations: 2,
    transactionId: 'witness-1',
    at: core.now(),
  } as const;
  const observe = () => core.db.transaction((tx) => core.payments.observed(tx, 'picky', [seen]));
  await observe();
  const { payment: paid } = await core.view(payment.id);
  expect(paid).toMatchObject({ status: 'completed', touched: true, uses: 1 });
  await observe();
  expect((await core.view(payment.id)).payment).toEqual(paid);
});
