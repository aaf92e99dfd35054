// Orders whose answer is lost: asked for by our own name for them, and never sold twice.

import { afterEach, expect, test } from 'vitest';
import type { Trouble } from './binance.ts';
import { type World, type WorldOptions, createWorld } from './world.ts';

let world: World;

async function start(options: WorldOptions = {}): Promise<World> {
  world = await createWorld(options);
  return world;
}

// Closing audits the ledger.
afterEach(() => world.close());

const taken: Trouble[] = ['silent-after', 'cut-after', 'error-after'];

test.each(taken)(
  '%s: the order was taken, is found by its name and not sent again',
  async (how) => {
    const { binance } = await start();
    binance.troubles.push(how);
    const payment = await world.completed();
    await world.runJobs(world.exchanges, 0);
    expect(await world.conversion(payment)).toMatchObject({ status: 'sending', soldUnits: 0n });
    await world.runJobs();
    expect(await world.conversion(payment)).toMatchObject({ status: 'filled', attempts: 1 });
    expect(binance.sent()).toHaveLength(1);
    expect(binance.orders).toHaveLength(1);
  },
);

const lost: Trouble[] = ['silent-before', 'cut-before', 'limited', 'banned'];

test.each(lost)(
  '%s: the order never came there, and is sent once more after a while',
  async (how) => {
    const { binance, clock } = await start();
    const before = clock.at.getTime();
    binance.troubles.push(how);
    const payment = await world.completed();
    await world.runJobs(world.exchanges, 0);
    const { reason } = await world.conversion(payment);
    expect(reason).toMatch(/RequestTimeout|NetworkError|DDoSProtection/);
    expect(reason).not.toContain('signature');
    await world.runJobs();
    expect(await world.conversion(payment)).toMatchObject({ status: 'filled', attempts: 2 });
    expect(clock.at.getTime() - before).toBeGreaterThanOrEqual(60_000);
    expect(binance.orders).toHaveLength(1);
    const names = binance.sent().map(({ query }) => query.get('newClientOrderId'));
    expect(names).toHaveLength(2);
    expect(new Set(names).size).toBe(1);
  },
);

test('an order that never arrives is given up after some times, with the reason', async () => {
  const { binance } = await start();
  binance.troubles.push(...Array<Trouble>(10).fill('limited'));
  const payment = await world.completed();
  await world.runJobs();
  const { status, reason, attempts } = await world.conversion(payment);
  expect({ status, attempts }).toEqual({ status: 'refused', attempts: 5 });
  expect(reason).toMatch(/^sent 5 times and never taken/);
  expect(reason).toContain('-1003');
  expect(binance.orders).toEqual([]);
});

test('as long as the exchange cannot say, nothing is sent again', async () => {
  const { binance } = await start();
  binance.troubles.push('cut-before');
  for (let count = 0; count < 8; count += 1) binance.disturb('GET /api/v3/order', 'error-after');
  const payment = await world.completed();
  // Two minutes of answers that are none.
  await world.runJobs(world.exchanges, 70_000);
  expect(binance.sent()).toHaveLength(1);
  expect(await world.conversion(payment)).toMatchObject({ status: 'sending' });
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({ status: 'filled', attempts: 2 });
  expect(binance.orders).toHaveLength(1);
});

test('a refusal of the second sending counts only when the first is not there', async () => {
  const { binance } = await start();
  binance.troubles.push('silent-after');
  binance.habits.liquidity = 0n;
  const payment = await world.completed({ convertPercent: 100 });
  await world.runJobs(world.exchanges, 0);
  // The exchange forgets the order for a while, and its coins are bound.
  const [order] = binance.orders;
  if (!order) throw new Error('no order');
  binance.hideUntilSent(2);
  binance.take('LTC', '999.5');
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({
    status: 'cancelled',
    exchangeOrderId: String(order.orderId),
    reason: 'the exchange ended the order: expired',
  });
  expect(binance.orders).toHaveLength(1);
});

test('trades that are shown late are waited for', async () => {
  const { binance } = await start();
  binance.habits.trades = 3;
  const payment = await world.completed({ convertPercent: 100 });
  binance.disturb('GET /api/v3/myTrades', 'no-trades');
  binance.disturb('GET /api/v3/myTrades', 'no-trades');
  await world.runJobs(world.exchanges, 0);
  expect(await world.conversion(payment)).toMatchObject({ status: 'open', soldUnits: 0n });
  await world.runJobs();
  const { status, fills } = await world.conversion(payment);
  expect(status).toBe('filled');
  expect(fills).toHaveLength(3);
});

test('an exchange that is away before anything was sent is asked again for a day', async () => {
  const { binance } = await start();
  const payment = await world.completed();
  for (let count = 0; count < 3; count += 1) {
    binance.disturb('GET /api/v3/exchangeInfo', 'error-after');
  }
  await world.runJobs(world.exchanges, 0);
  expect(await world.conversion(payment)).toMatchObject({ status: 'planned', attempts: 0 });
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({ status: 'filled' });
});

test('a look that was lost is made up for by the sweep, once', async () => {
  const { binance, db } = await start();
  const payment = await world.completed();
  await db.query('delete from graphile_worker._private_jobs');
  await world.sweep();
  expect(await world.runJobs()).toBe(0);
  world.clock.at = new Date(world.clock.at.getTime() + 11 * 60_000);
  await world.sweep();
  await world.sweep();
  expect(await world.runJobs()).toBe(1);
  expect(await world.conversion(payment)).toMatchObject({ status: 'filled' });
  expect(binance.orders).toHaveLength(1);
});

test('two runs of one job at the same time sell once and book once', async () => {
  const { binance } = await start();
  const payment = await world.completed();
  const { merchantId, paymentId, id } = await world.conversion(payment);
  const [convert] = world.exchanges.jobs;
  const key = { merchantId, paymentId, id };
  await Promise.all([convert?.run(key), convert?.run(key), convert?.run(key)]);
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({ status: 'filled', attempts: 1 });
  expect(binance.orders).toHaveLength(1);
  expect(world.finished).toHaveLength(1);
});
