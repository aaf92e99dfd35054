// What the house keeps of a payment: exact numbers, wherever its money goes and comes back to.

import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { audit } from '../../src/ledger/audit.ts';
import type { Instruction, Payment, PaymentView } from '../../src/payments/nouns.ts';
import type { Policy } from '../../src/payments/policy.ts';
import { type Core, createCore } from '../harness/core.ts';
import { type ScriptedRail, createScriptedRail } from '../harness/scripted-rail.ts';
import { sighting } from '../review/seen.ts';

let core: Core;
let rail: ScriptedRail;
let start: Date;
beforeAll(async () => {
  rail = createScriptedRail();
  core = await createCore({ rails: [rail] });
  start = core.clock.at;
});
beforeEach(async () => {
  core.clock.at = start;
  await setPolicy({});
});
afterAll(async () => {
  const report = await audit(core.db);
  expect([report.ok, report.differences, report.overdrawn]).toEqual([true, [], 0]);
  await core.close();
});

async function setPolicy(policy: Partial<Policy>): Promise<void> {
  await core.merchants.updateSettings(core.merchant.id, 'test', () => ({ policy }));
}

type Terms = { readonly price: bigint; readonly fee: bigint | null; readonly maxUses?: number };

async function world({ price, fee, maxUses = 1 }: Terms) {
  const payment = await core.create({
    price: { units: price, asset: 'USD' },
    feeUnits: fee,
    maxUses,
  });
  const instruction = await core.payments.choose(payment, 'scripted');

  /** So many units, so deep (2 is final, null is gone); late is after the deadline. */
  async function see(key: string, units: bigint, depth: number | null, late = false) {
    const at = new Date(payment.expiresAt.getTime() + (late ? 1_000 : -1_000));
    rail.queue.push(sighting(payment, instruction, depth, { key, units, at }));
    await core.payments.pull(rail);
    return core.view(payment.id);
  }

  return { payment, instruction, see, books: () => booksOf(payment) };
}

/** What the transfers of a payment put on each of its accounts; those at zero are left out. */
async function booksOf({ id }: Payment): Promise<Record<string, bigint>> {
  const rows = await core.db.query<{ account: string; units: string }>(
    `select account, sum(units)::text as units from (
       select credit_account as account, units from ledger_transfers where payment_id = $1
       union all
       select debit_account, -units from ledger_transfers where payment_id = $1) as moved
      group by 1 having sum(units) <> 0`,
    [id],
  );
  return Object.fromEntries(
    rows.map(({ account, units }) => [account.replace('test/', ''), BigInt(units)]),
  );
}

function books(suspense: bigint, available: bigint, fees: bigint): Record<string, bigint> {
  const all = {
    'outside/USD/scripted': -(suspense + available + fees),
    'suspense/USD': suspense,
    'available/USD': available,
    'fees/USD/house': fees,
  };
  return Object.fromEntries(Object.entries(all).filter(([, units]) => units !== 0n));
}

describe('paid exactly', () => {
  for (const [who, price, fee, available] of [
    ['the merchant bears 2 of 100', 10_000n, 200n, 9_800n],
    ['the payer bears 2 beside 100', 10_200n, 200n, 10_000n],
    ['an odd price', 12_347n, 371n, 11_976n],
    ['a fee of nothing', 10_000n, 0n, 10_000n],
    ['a fee of everything', 10_000n, 10_000n, 0n],
  ] as const) {
    test(who, async () => {
      const { payment, see, books: now } = await world({ price, fee });
      await see('one', price, 1);
      expect(await now()).toEqual({});
      const done = await see('one', price, 2);
      expect(done.payment).toMatchObject({ id: payment.id, status: 'completed', feeUnits: fee });
      expect(done.sightings).toMatchObject([
        { suspenseUnits: 0n, availableUnits: available, feesUnits: price - available },
      ]);
      expect(await now()).toEqual(books(0n, available, price - available));
    });
  }

  test('without a fee: one transfer, as ever', async () => {
    const { payment, see } = await world({ price: 10_000n, fee: null });
    const { sightings } = await see('one', 10_000n, 2);
    expect(sightings).toMatchObject([{ availableUnits: 10_000n, feesUnits: 0n, postings: 1 }]);
    const rows = await core.db.query(
      'select id, reason from ledger_transfers where payment_id=$1',
      [payment.id],
    );
    const id = `${payment.id}/scripted/${payment.id}:one/1`;
    expect(rows).toEqual([{ id, reason: 'outside to available' }]);
  });

  test('more than the price, or less than nothing, is nobody’s fee', async () => {
    for (const fee of [-1n, 10_001n]) {
      await expect(world({ price: 10_000n, fee })).rejects.toThrow(RangeError);
    }
  });
});

describe('the fee follows what is credited', () => {
  test('short money is held whole, and bears its part once the rest is there', async () => {
    const { see, books: now } = await world({ price: 10_000n, fee: 333n });
    await see('one', 5_001n, 2);
    expect(await now()).toEqual(books(5_001n, 0n, 0n));
    const { sightings } = await see('two', 4_999n, 2);
    // 166.53 and 166.47, each rounded down.
    expect(sightings.map((one) => one.feesUnits)).toEqual([166n, 166n]);
    expect(await now()).toEqual(books(0n, 9_668n, 332n));
  });

  test('an excess that is accepted bears it too', async () => {
    const { see, books: now } = await world({ price: 10_000n, fee: 200n });
    await see('one', 15_050n, 2);
    expect(await now()).toEqual(books(0n, 14_749n, 301n));
  });

  test('an excess that is held does not', async () => {
    await setPolicy({ over: 'hold' });
    const { see, books: now } = await world({ price: 10_000n, fee: 200n });
    await see('one', 15_050n, 2);
    expect(await now()).toEqual(books(5_050n, 9_800n, 200n));
  });

  for (const [late, expected] of [
    ['hold', books(10_000n, 0n, 0n)],
    ['accept', books(0n, 9_800n, 200n)],
  ] as const) {
    test(`late money: ${late}`, async () => {
      await setPolicy({ late });
      const { payment, see, books: now } = await world({ price: 10_000n, fee: 200n });
      core.clock.at = new Date(payment.expiresAt.getTime() + 2_000);
      await core.payments.expireDue();
      await see('one', 10_000n, 2, true);
      expect(await now()).toEqual(expected);
    });
  }

  test('short money that is accepted at the deadline', async () => {
    await setPolicy({ short: 'accept' });
    const { payment, see, books: now } = await world({ price: 10_000n, fee: 200n });
    await see('one', 4_990n, 2);
    core.clock.at = payment.expiresAt;
    await core.payments.expireDue();
    expect((await core.view(payment.id)).payment.status).toBe('completed');
    expect(await now()).toEqual(books(0n, 4_891n, 99n));
  });

  test('each use bears it; what was credited before a cancellation stays as it was', async () => {
    const { payment, see, books: now } = await world({ price: 10_000n, fee: 10_000n, maxUses: 3 });
    await see('one', 10_000n, 2);
    await see('two', 10_000n, 2);
    expect(await now()).toEqual(books(0n, 0n, 20_000n));
    await core.payments.close(core.scope, payment.id, 'cancel');
    expect(await now()).toEqual(books(0n, 0n, 20_000n));
    await see('three', 10_000n, 2);
    expect(await now()).toEqual(books(10_000n, 0n, 20_000n));
  });
});

describe('taken back', () => {
  test('by the chain, and confirmed once more', async () => {
    const { see, books: now } = await world({ price: 10_000n, fee: 200n });
    await see('one', 10_000n, 2);
    const undone = await see('one', 10_000n, 1);
    expect(undone.payment.status).toBe('confirming');
    expect(await now()).toEqual({});
    await see('one', 10_000n, 3);
    expect(await now()).toEqual(books(0n, 9_800n, 200n));
  });

  test('one of two parts is gone: the other is held whole again; another replaces it', async () => {
    const { see, books: now } = await world({ price: 10_000n, fee: 200n });
    await see('one', 6_000n, 2);
    await see('two', 4_000n, 2);
    expect(await now()).toEqual(books(0n, 9_800n, 200n));
    await see('two', 4_000n, null);
    expect(await now()).toEqual(books(6_000n, 0n, 0n));
    await see('three', 4_000n, 2);
    expect(await now()).toEqual(books(0n, 9_800n, 200n));
  });

  test('by a refund: all of it, the fee included, and not again afterwards', async () => {
    const { payment, see, books: now } = await world({ price: 10_000n, fee: 200n });
    await see('one', 10_000n, 2);
    const refund = () => core.payments.close(core.scope, payment.id, 'refund');
    expect((await refund()).status).toBe('refunded');
    expect(await now()).toEqual({});
    const { sightings } = await see('one', 10_000n, 3);
    expect(sightings).toMatchObject([{ suspenseUnits: 0n, availableUnits: 0n, feesUnits: 0n }]);
    // What comes afterwards is held whole, until it is given back as well.
    await see('two', 10_000n, 2);
    expect(await now()).toEqual(books(10_000n, 0n, 0n));
    await refund();
    expect(await now()).toEqual({});
  });

  test('a refund of a payment of which the fee was everything', async () => {
    const { payment, see, books: now } = await world({ price: 10_000n, fee: 10_000n });
    await see('one', 10_000n, 2);
    await core.payments.close(core.scope, payment.id, 'refund');
    expect(await now()).toEqual({});
  });
});

const piece = fc.record({
  units: fc.oneof(fc.bigInt({ min: 1n, max: 1_500n }), fc.constantFrom(500n, 997n, 1_994n)),
  instruction: fc.constantFrom(0, 1),
  late: fc.boolean(),
  path: fc.array(fc.constantFrom(null, 0, 1, 2, 3), { minLength: 1, maxLength: 3 }),
});
type Piece = typeof piece extends fc.Arbitrary<infer T> ? T : never;

const policy = fc.record<Partial<Policy>>({
  late: fc.constantFrom('accept', 'hold'),
  over: fc.constantFrom('accept', 'hold'),
  short: fc.constantFrom('accept', 'hold'),
});

const PRICE = 997n;
const RUNS = 30;
const ORDERS = 3;

test(
  'any order of any money: nothing is lost between the three',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { minLength: 1, maxLength: 4 }),
        policy,
        fc.record({ fee: fc.bigInt({ min: 0n, max: PRICE }), maxUses: fc.constantFrom(1, 2) }),
        fc.infiniteStream(fc.nat()),
        async (pieces, chosen, terms, choices) => {
          await setPolicy(chosen);
          const ends: unknown[] = [];
          for (let order = 0; order < ORDERS; order += 1) {
            core.clock.at = start;
            ends.push(await playOut(pieces, terms, () => choices.next().value));
          }
          for (const end of ends) expect(end).toEqual(ends[0]);
        },
      ),
      { numRuns: RUNS },
    );
  },
);

async function playOut(
  pieces: readonly Piece[],
  terms: Omit<Terms, 'price'>,
  choose: () => number,
): Promise<unknown> {
  const { payment, instruction } = await world({ price: PRICE, ...terms });
  const both = [instruction, await core.payments.choose(payment, 'scripted-two')];
  const steps = pieces.map((one, at) => stepsOf(one, at, payment, both));
  for (;;) {
    const open = steps.filter((list) => list.length > 0);
    const next = open[choose() % Math.max(open.length, 1)]?.shift();
    if (!next) break;
    rail.queue.push(next);
    await core.payments.pull(rail);
    await check(await core.view(payment.id));
  }
  core.clock.at = new Date(payment.expiresAt.getTime() + 3_600_000);
  await core.payments.expireDue();
  // The last word of every piece once more, because the clock is a fact as well.
  for (const [at, one] of pieces.entries()) {
    rail.queue.push(...stepsOf(one, at, payment, both).slice(-1));
  }
  await core.payments.pull(rail);
  const view = await core.view(payment.id);
  await check(view);
  return {
    status: view.payment.status,
    places: view.sightings
      .map((one) => [one.transactionId, one.suspenseUnits, one.availableUnits, one.feesUnits])
      .toSorted(),
  };
}

function stepsOf(one: Piece, index: number, payment: Payment, both: readonly Instruction[]) {
  const at = new Date(payment.expiresAt.getTime() + (one.late ? 1_000 : -1_000) + index);
  const instruction = both[one.instruction];
  if (!instruction) throw new Error('no such instruction');
  const { units } = one;
  return one.path.map((depth) =>
    sighting(payment, instruction, depth, { key: `${index}`, units, at }),
  );
}

async function check({ payment, sightings }: PaymentView): Promise<void> {
  const sums = { suspense: 0n, available: 0n, fees: 0n };
  for (const one of sightings) {
    const credited = one.availableUnits + one.feesUnits;
    expect(one.suspenseUnits + credited).toBe(one.final ? one.amount.units : 0n);
    expect(one.feesUnits).toBe((credited * (payment.feeUnits ?? 0n)) / payment.price.units);
    sums.suspense += one.suspenseUnits;
    sums.available += one.availableUnits;
    sums.fees += one.feesUnits;
  }
  expect(await booksOf(payment)).toEqual(books(sums.suspense, sums.available, sums.fees));
}
