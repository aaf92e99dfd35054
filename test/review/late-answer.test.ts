// A price is as old as the question for it, however late its answer is read.

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ExchangeSettings } from '../../src/rates/exchange.ts';
import { createMarket } from '../../src/rates/market.ts';
import { createRates } from '../../src/rates/rates.ts';
import { createRefresher } from '../../src/rates/refresh.ts';
import { createTableSource } from '../../src/rates/table.ts';
import { createTestSource } from '../../src/rates/test-table.ts';
import { createTestDatabase } from '../harness/database.ts';
import { type StandIn, startBitso, startKraken } from '../rates/stand-in.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let exchange: StandIn;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await exchange.close();
  await database.drop();
});

test.each([
  ['kraken', 'Ticker', startKraken],
  ['bitso', 'ticker', startBitso],
] as const)('%s answers, and the machine sleeps before it is read', async (name, path, start) => {
  exchange = await start({ 'LTC/USD': { bid: '79.90', ask: '80.10' } });
  const begun = Date.parse('2026-03-01T12:00:00.000Z');
  // As long as nobody has asked for prices the clock stands still; the answer is read hours later.
  const now = (): Date => {
    const isAsked = exchange.requests.some((one) => one.endsWith(path));
    return new Date(begun + (isAsked ? 3 * 3_600_000 : 0));
  };
  const settings: ExchangeSettings[] = [
    { id: 1, exchange: name, sandbox: false, url: exchange.url, pollMs: null },
  ];
  const onError = (error: Error): never => {
    throw error;
  };
  const refresher = createRefresher({
    db: database.db,
    exchanges: settings,
    now,
    report: () => {},
  });
  await refresher.refresh();
  await refresher.close();
  const market = createMarket({ db: database.db, exchanges: settings, now, onError });
  const live = createTableSource(new Map(), { name: 'settings', testOnly: false, now });
  const rates = createRates({ test: createTestSource(now), live, market, now });
  await rates.start();
  expect(rates.quote('live', 'LTC', 'USD')).toBeNull();
  await rates.stop();
});
