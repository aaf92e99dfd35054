// What is planned when a payment is completed, once, and what becomes of it when it is un-paid.

import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { shareOf } from '../../src/exchanges/plan.ts';
import { type World, createWorld } from './world.ts';

let world: World;

describe('planning', () => {
  beforeEach(async () => {
    world = await createWorld();
  });
  // Closing audits the ledger.
  afterEach(() => world.close());

  test('one plan for one completion, however often it is told', async () => {
    const { db, exchanges, events, binance } = world;
    const payment = await world.completed();
    const told = events.filter(({ event }) => event.status === 'completed');
    expect(told).toHaveLength(1);
    await Promise.all([1, 2, 3].map(() => db.transaction((tx) => exchanges.listener(tx, told))));
    await world.runJobs();
    await db.transaction((tx) => exchanges.listener(tx, told));
    await world.runJobs();
    expect(await world.conversion(payment)).toMatchObject({ status: 'filled', attempts: 1 });
    expect(binance.orders).toHaveLength(1);
  });

  test('no percentage, exchange or account, an exchange that only quotes: nothing', async () => {
    const { db, exchanges, events } = world;
    const payment = await world.completed({ exchange: null });
    const told = events.filter(({ event }) => event.status === 'completed');
    for (const change of [
      { exchange: 1, convertPercent: 0 },
      { exchange: 1, convertPercent: null },
      { exchange: null, convertPercent: 50 },
      { exchange: 2, convertPercent: 50 },
      { exchange: 3, convertPercent: 50 },
      { exchange: 2, convertPercent: 50, mode: 'test' },
    ] as const) {
      const changes = told.map((one) => ({ ...one, payment: { ...one.payment, ...change } }));
      await db.transaction((tx) => exchanges.listener(tx, changes));
    }
    expect(await exchanges.conversionsOf(payment)).toEqual([]);
    expect(await world.runJobs()).toBe(0);
  });

  test('a fee of the house is not for sale: the share is one of what it leaves', async () => {
    const payment = await world.completed({ feeUnits: 201n, convertPercent: 100 });
    // 201 of 8000 of a whole coin stay with the house.
    expect(await world.conversion(payment)).toMatchObject({ units: 97_487_500n });
    await world.runJobs();
    const { soldUnits } = await world.conversion(payment);
    const books = await world.books();
    expect(books['fees/LTC/house']).toBe(2_512_500n);
    expect(books['available/LTC']).toBe(97_487_500n - soldUnits);
  });

  test('un-paid while planned: crossed out, and planned again when it is paid again', async () => {
    const { binance } = world;
    const payment = await world.completed();
    await world.observe(payment, 100_000_000n, true);
    expect(await world.conversion(payment)).toMatchObject({
      status: 'cancelled',
      reason: 'the payment was un-paid before anything was sold',
    });
    await world.runJobs();
    expect(binance.sent()).toEqual([]);
    await world.observe(payment, 100_000_000n);
    expect(await world.conversion(payment)).toMatchObject({ status: 'planned', reason: null });
    await world.runJobs();
    expect(await world.conversion(payment)).toMatchObject({ status: 'filled', attempts: 1 });
    expect(binance.orders).toHaveLength(1);
  });

  test('un-paid after it was sent: it goes on, and says so', async () => {
    const { binance } = world;
    binance.troubles.push('silent-after');
    // Another one's coins, so that the books of the shop stay above zero.
    await world.completed({ convertPercent: null });
    const payment = await world.completed();
    await world.runJobs(world.exchanges, 0);
    await world.observe(payment, 100_000_000n, true);
    const flagged = 'the payment was un-paid after this was sent';
    expect((await world.conversion(payment)).reason).toMatch(new RegExp(`^${flagged}; Request`));
    await world.runJobs();
    expect(await world.conversion(payment)).toMatchObject({ status: 'filled', reason: flagged });
    // Paid again: it was sold already.
    await world.observe(payment, 100_000_000n);
    await world.runJobs();
    expect(binance.orders).toHaveLength(1);
  });

  test('un-paid and paid again after all was sold: flagged once, sold once', async () => {
    const { binance } = world;
    await world.completed({ convertPercent: null });
    const payment = await world.completed();
    await world.runJobs();
    for (const gone of [true, false, true]) await world.observe(payment, 100_000_000n, gone);
    await world.runJobs();
    const flagged = 'the payment was un-paid after this was sent';
    expect(await world.conversion(payment)).toMatchObject({ status: 'filled', reason: flagged });
    expect(binance.orders).toHaveLength(1);
  });

  test('in test mode the sandbox sells at the test rate, without keys or network', async () => {
    const { binance } = world;
    const payment = await world.completed({ mode: 'test', convertPercent: 25 });
    await world.runJobs();
    expect(await world.conversion(payment)).toMatchObject({
      status: 'filled',
      mode: 'test',
      market: 'LTC/USD',
      soldUnits: 25_000_000n,
      receivedUnits: 2_000n,
      fills: [{ feeAsset: null, feeUnits: 0n }],
    });
    expect(await world.books('test')).toMatchObject({
      'available/LTC': 75_000_000n,
      'available/USD': 2_000n,
      'outside/USD/exchange-1': -2_000n,
    });
    expect(binance.requests).toEqual([]);
  });

  test('a transaction that fails plans nothing', async () => {
    const { db, exchanges, events } = world;
    const payment = await world.completed({ convertPercent: 0 });
    const told = events
      .filter(({ event }) => event.status === 'completed')
      .map((one) => ({ ...one, payment: { ...one.payment, convertPercent: 50 } }));
    const failing = db.transaction(async (tx) => {
      await exchanges.listener(tx, told);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await exchanges.conversionsOf(payment)).toEqual([]);
    expect(await world.runJobs()).toBe(0);
  });
});

describe('shares', () => {
  beforeAll(async () => {
    world = await createWorld({ filters: { stepSize: '0.00001000', minQty: '0.00001000' } });
  });
  afterAll(() => world.close());

  test('a share is rounded down, and what is kept makes up the rest', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 30n }),
        fc.integer({ min: 0, max: 100 }),
        (units, percent) => {
          const sold = shareOf(units, percent);
          expect(sold * 100n <= units * BigInt(percent)).toBe(true);
          expect((sold + 1n) * 100n > units * BigInt(percent)).toBe(true);
          expect(sold <= units).toBe(true);
        },
      ),
    );
  });

  test('sold and kept make up what was received, whatever the amounts', async () => {
    let sold = 0n;
    let received = 0n;
    const percents = [1, 33, 50, 99, 100];
    await fc.assert(
      fc.asyncProperty(
        // At least what settles 80 dollars, in odd units.
        fc.bigInt({ min: 100_000_001n, max: 900_000_000n }),
        fc.constantFrom(...percents),
        fc.integer({ min: 1, max: 3 }),
        async (units, percent, trades) => {
          world.binance.habits.trades = trades;
          const payment = await world.completed({ convertPercent: percent }, units);
          await world.runJobs();
          const { status, units: planned, soldUnits } = await world.conversion(payment);
          received += units;
          sold += soldUnits;
          const books = await world.books();
          expect(books['available/LTC']).toBe(received - sold);
          expect(books['outside/LTC/exchange-1'] ?? 0n).toBe(sold);
          // Whole steps of the exchange are sold; one percent of a coin is below what it takes.
          if (status !== 'filled') expect([status, percent]).toEqual(['refused', 1]);
          else expect(planned - soldUnits < 1_000n && soldUnits <= planned).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  }, 120_000);
});
