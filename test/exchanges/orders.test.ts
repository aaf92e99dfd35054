// Orders on a stand-in for Binance that speaks its real format, through ccxt unchanged.

import { afterEach, expect, test } from 'vitest';
import { type World, type WorldOptions, createWorld } from './world.ts';

let world: World;

async function start(options: WorldOptions = {}): Promise<World> {
  world = await createWorld(options);
  return world;
}

// Closing audits the ledger.
afterEach(() => world.close());

test('a market order sells the share of a completed payment, and the books say so', async () => {
  const { binance } = await start();
  const payment = await world.completed({ convertPercent: 50 });
  expect(await world.conversion(payment)).toMatchObject({ status: 'planned', units: 50_000_000n });
  await world.runJobs();
  const conversion = await world.conversion(payment);
  expect(conversion).toMatchObject({
    status: 'filled',
    market: 'LTC/USDT',
    quoteAsset: 'USDT',
    orderType: 'market',
    limitPrice: null,
    soldUnits: 50_000_000n,
    receivedUnits: 40_000_000n,
    attempts: 1,
    reason: null,
  });
  expect(conversion.fills).toMatchObject([
    { soldUnits: 50_000_000n, receivedUnits: 40_000_000n, feeAsset: 'USDT', feeUnits: 40_000n },
  ]);
  expect(conversion.fills[0]?.exact).toMatchObject({
    amount: '0.50000000',
    cost: '40.00000000',
    fees: [{ asset: 'USDT', cost: '0.04000000' }],
  });
  expect(await world.books()).toEqual({
    'available/LTC': 50_000_000n,
    'available/USDT': 39_960_000n,
    'fees/USDT/exchange-1': 40_000n,
    'outside/LTC/chain': -100_000_000n,
    'outside/LTC/exchange-1': 50_000_000n,
    'outside/USDT/exchange-1': -40_000_000n,
  });
  expect(binance.sent()).toHaveLength(1);
  expect(binance.sent()[0]?.query.get('newClientOrderId')).toBe(conversion.clientOrderId);
  expect(world.finished).toEqual([{ exchange: 1, status: 'filled' }]);
});

test('fees may be taken in a coin of which the books know nothing', async () => {
  const { binance } = await start();
  binance.habits.feeAsset = 'BNB';
  binance.habits.trades = 2;
  const payment = await world.completed({ convertPercent: 100 });
  await world.runJobs();
  const { fills } = await world.conversion(payment);
  expect(fills).toHaveLength(2);
  const books = await world.books();
  expect(books['available/BNB']).toBe(0n);
  expect(books['fees/BNB/exchange-1']).toBeGreaterThan(0n);
  expect(books['available/USDT']).toBe(80_000_000n);
});

test('a limit order asks for the payment’s own rate less what the account allows', async () => {
  const { binance } = await start({ account: { orderType: 'limit', limitBasisPoints: 125 } });
  const payment = await world.completed({ convertPercent: 100 });
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({ status: 'filled', limitPrice: '79' });
  expect(binance.orders[0]).toMatchObject({ type: 'LIMIT' });
});

test('a limit order is filled in parts, each booked once, however often it is seen', async () => {
  const { binance } = await start({ account: { orderType: 'limit', limitBasisPoints: 0 } });
  binance.setPrice('LTC/USDT', '70');
  const payment = await world.completed({ convertPercent: 100 });
  await world.runJobs(world.exchanges, 60_000);
  expect(await world.conversion(payment)).toMatchObject({ status: 'open', soldUnits: 0n });
  const [order] = binance.orders;
  if (!order) throw new Error('no order');
  binance.trade(order, '0.25', '80');
  await world.runJobs(world.exchanges, 600_000);
  expect(await world.conversion(payment)).toMatchObject({ status: 'open', soldUnits: 25_000_000n });
  binance.trade(order, '0.75', '81');
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({
    status: 'filled',
    soldUnits: 100_000_000n,
    receivedUnits: 80_750_000n,
  });
  expect(binance.sent()).toHaveLength(1);
});

test('a limit order that waits for a day is taken back; what was sold stays sold', async () => {
  const { binance } = await start({ account: { orderType: 'limit', limitBasisPoints: 0 } });
  binance.setPrice('LTC/USDT', '70');
  const payment = await world.completed({ convertPercent: 100 });
  await world.runJobs(world.exchanges, 60_000);
  const [order] = binance.orders;
  if (!order) throw new Error('no order');
  binance.trade(order, '0.4', '80');
  world.clock.at = new Date(world.clock.at.getTime() + 25 * 3_600_000);
  await world.runJobs();
  expect(order.status).toBe('CANCELED');
  expect(await world.conversion(payment)).toMatchObject({
    status: 'partial',
    soldUnits: 40_000_000n,
    reason: 'the exchange ended the order: canceled',
  });
  expect((await world.books())['available/LTC']).toBe(60_000_000n);
});

test('a market order on a thin book is partial', async () => {
  const { binance } = await start();
  binance.habits.liquidity = 30n;
  const payment = await world.completed({ convertPercent: 100 });
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({
    status: 'partial',
    soldUnits: 30_000_000n,
    reason: 'the exchange ended the order: expired',
  });
});

test('without funds on the account the order is refused, and nothing is booked', async () => {
  await start({ keys: [{ apiKey: 'shop-api-key', secret: 'shop-secret', balances: {} }] });
  const payment = await world.completed();
  await world.runJobs();
  const { status, reason } = await world.conversion(payment);
  expect(status).toBe('refused');
  expect(reason).toContain('insufficient balance');
  expect((await world.books())['available/LTC']).toBe(100_000_000n);
});

test('less than the exchange sells is refused with its minimum, and never sent', async () => {
  const { binance } = await start({ filters: { minQty: '0.60000000' } });
  const small = await world.completed();
  await world.runJobs();
  expect(await world.conversion(small)).toMatchObject({
    status: 'refused',
    reason: "0.50000000 LTC is below the exchange's minimum of 0.6 LTC",
  });
  const dust = await world.completed(
    { price: { units: 400n, asset: 'USD' }, convertPercent: 100 },
    5_000_000n,
  );
  await world.runJobs();
  expect((await world.conversion(dust)).reason).toContain('minimum of 0.6 LTC');
  expect(binance.sent()).toEqual([]);
});

test('an order worth less than the exchange takes is refused with that minimum', async () => {
  const { binance } = await start();
  const payment = await world.completed({
    convertPercent: 1,
    price: { units: 8000n, asset: 'USD' },
  });
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({
    status: 'refused',
    reason: "about 0.800000 USDT is below the exchange's minimum of 5 USDT",
  });
  expect(binance.sent()).toEqual([]);
});

test('a filter that only the exchange knows refuses with its words', async () => {
  // No rate leads to USDT, so that the worth of the order is not known before.
  await start({ liveRates: '{"LTC/USD":"80"}' });
  const payment = await world.completed({ convertPercent: 1 });
  await world.runJobs();
  const { status, reason } = await world.conversion(payment);
  expect(status).toBe('refused');
  expect(reason).toContain('NOTIONAL');
});

test.each([
  ['an unknown key', { keys: [] }, '-2015'],
  ['a wrong secret', { account: { secret: 'another' } }, '-1022'],
] as const)('%s is refused', async (_, options, code) => {
  await start(options as WorldOptions);
  const payment = await world.completed();
  await world.runJobs();
  const { status, reason } = await world.conversion(payment);
  expect(status).toBe('refused');
  expect(reason).toContain(code);
  expect(reason).not.toContain('another');
});

test('a clock that is ahead or behind is set right once', async () => {
  const { binance } = await start({ aheadMs: 600_000 });
  const payment = await world.completed();
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({ status: 'filled', attempts: 1 });
  expect(binance.orders).toHaveLength(1);
});

test('an order of which there is no market is refused before anything is sent', async () => {
  const { binance } = await start({ prices: { 'BTC/USDT': '60000' } });
  const payment = await world.completed();
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({
    status: 'refused',
    reason: 'binance has no market that sells LTC for USD, USDT, USDC, EUR',
  });
  expect(binance.sent()).toEqual([]);
});

test('an account that was removed in between sells nothing', async () => {
  const { binance, db, exchanges, key } = await start();
  const payment = await world.completed();
  expect(await exchanges.accounts.remove(db, key)).toBe(true);
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({ status: 'refused' });
  expect(binance.sent()).toEqual([]);
  // And nothing is planned any more.
  expect(await exchanges.conversionsOf(await world.completed())).toEqual([]);
});
