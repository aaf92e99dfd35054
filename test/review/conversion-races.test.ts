// Conversions whose process is held up at the worst moment, or overtaken by what it did not see.

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import type { EventOfPayment, Payment } from '../../src/payments/nouns.ts';
import { type World, createWorld } from '../exchanges/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
// Closing audits the ledger.
afterEach(() => world.close());

/** The same database, with something happening around the first statement of this kind. */
function interrupted(
  isMeant: (statement: string) => boolean,
  around: { readonly before?: () => Promise<void>; readonly after?: () => Promise<void> },
): Database {
  let isDue = true;
  return {
    ...world.db,
    query: async (statement, values, name) => {
      const mine = isDue && isMeant(statement);
      if (mine) isDue = false;
      if (mine) await around.before?.();
      const rows = await world.db.query(statement, values, name);
      if (mine) await around.after?.();
      return rows as never;
    },
  };
}

async function runOn(of: World['exchanges'], payment: Payment, absent = 0): Promise<void> {
  const { merchantId, paymentId, id } = await world.conversion(payment);
  const convert = of.jobs.find(({ name }) => name === 'exchanges.convert');
  await convert?.run({ merchantId, paymentId, id, absent });
}

const isClaim = (statement: string): boolean => statement.includes("set status = 'sending'");

/** The second look at the conversion, which comes after the claim. */
function isLookAfterwards() {
  let looks = 0;
  return (statement: string): boolean => {
    if (statement.includes('from conversions c')) looks += 1;
    return looks === 2;
  };
}

test.each([
  ['claim', () => isClaim],
  ['look after its claim', isLookAfterwards],
] as const)('a process that sleeps after its %s does not sell a second time', async (_, meant) => {
  const payment = await world.completed();
  const asleep = async () => {
    world.clock.at = new Date(world.clock.at.getTime() + 15 * 60_000);
    // Another process finds nothing there, for long enough, and sends the order.
    await runOn(world.exchanges, payment, 2);
    expect(await world.conversion(payment)).toMatchObject({ status: 'filled', attempts: 2 });
  };
  const sleeper = world.exchangesOn(interrupted(meant(), { after: asleep }));
  await runOn(sleeper, payment);
  await world.runJobs();
  await sleeper.close();
  expect(world.binance.sent()).toHaveLength(1);
  expect(world.binance.orders).toHaveLength(1);
});

test('un-paid and paid again with less while an order is drafted: the less is sold', async () => {
  const payment = await world.completed({ convertPercent: 100 }, 300_000_000n);
  const told = world.events.filter(({ event }) => event.status === 'completed');
  const repaid = async () => {
    await world.db.transaction((tx) => world.exchanges.listener(tx, told.map(undone)));
    await world.db.transaction((tx) => world.exchanges.listener(tx, told.map(third)));
  };
  const slow = world.exchangesOn(interrupted(isClaim, { before: repaid }));
  await runOn(slow, payment);
  await slow.close();
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({
    status: 'filled',
    units: 100_000_000n,
    soldUnits: 100_000_000n,
  });
});

function undone(change: EventOfPayment): EventOfPayment {
  const { event } = change;
  return { ...change, event: { ...event, status: 'awaiting', previousStatus: 'completed' } };
}

function third(change: EventOfPayment): EventOfPayment {
  const { moment } = change;
  if (!moment) throw new Error('a completion without its money');
  const sightings = moment.sightings.map((one) => ({
    ...one,
    availableUnits: one.availableUnits / 3n,
  }));
  return { ...change, moment: { ...moment, sightings } };
}

test.each(['taken back', 'refunded'])('%s while in doubt: not sent again', async (how) => {
  const { binance, payments } = world;
  binance.troubles.push('silent-before');
  const payment = await world.completed();
  await world.runJobs(world.exchanges, 0);
  if (how === 'refunded') await payments.close(payment, payment.id, 'refund');
  else await world.observe(payment, 100_000_000n, true);
  await world.runJobs();
  expect(binance.sent()).toHaveLength(1);
  expect(binance.orders).toEqual([]);
  expect(await world.conversion(payment)).toMatchObject({
    status: 'refused',
    reason: 'the payment was un-paid after this was sent; never taken, and not sent again',
  });
  expect((await world.books())['available/LTC'] ?? 0n).toBe(0n);
});

test('given up by one and found by another: in the books and in its conversion', async () => {
  const { binance, db } = world;
  binance.troubles.push('silent-after');
  const payment = await world.completed();
  await world.runJobs(world.exchanges, 0);
  const given = async () => {
    await db.query("update conversions set status = 'refused', reason = 'never taken'");
  };
  // Given up between the exchange's answer and its booking.
  const late: Database = {
    ...db,
    transaction: async (work) => {
      await given();
      return db.transaction(work);
    },
  };
  const finder = world.exchangesOn(late);
  await runOn(finder, payment);
  await finder.close();
  expect(await world.books()).toMatchObject({ 'outside/LTC/exchange-1': 50_000_000n });
  expect(await world.conversion(payment)).toMatchObject({
    status: 'filled',
    soldUnits: 50_000_000n,
    fills: [{ soldUnits: 50_000_000n }],
  });
});
