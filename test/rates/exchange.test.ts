// One exchange through ccxt: what is loaded, where it talks to, and how long it may take.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ExchangeSettings, openExchange, sourceNameOf } from '../../src/rates/exchange.ts';
import { createTestDatabase } from '../harness/database.ts';
import { createPriceReader } from '../../src/rates/prices.ts';
import { type StandIn, startBitso, startBitstamp } from './stand-in.ts';

let bitstamp: StandIn;

beforeEach(async () => {
  bitstamp = await startBitstamp({ 'BTC/USD': { bid: '60000', ask: '60010' } });
});

afterEach(() => bitstamp.close());

describe('openExchange', () => {
  test.each(['nobody', '../kraken', 'Kraken', '', 'base/Exchange'])(
    '%j is no exchange',
    async (exchange) => {
      await expect(openExchange(settings({ exchange }))).rejects.toThrow('no exchange that ccxt');
    },
  );

  test('an exchange without a test environment says so', async () => {
    const wanted = settings({ exchange: 'kraken', sandbox: true });
    await expect(openExchange(wanted)).rejects.toThrow('kraken has no test environment');
  });

  test('the test environment, and every address moved to the proxy', async () => {
    const sandbox = await openExchange(settings({ exchange: 'binance', sandbox: true, url: null }));
    expect(sandbox.urls.api).toMatchObject({ public: 'https://testnet.binance.vision/api/v3' });
    const moved = await openExchange(settings({ exchange: 'okx', url: 'https://proxy.example' }));
    expect(moved.urls.api).toMatchObject({ rest: 'https://proxy.example' });
    await Promise.all([sandbox.close(), moved.close()]);
  });

  test.each([
    ['binance', ['spot']],
    ['htx', { spot: true, linear: false, inverse: false }],
    ['mexc', { spot: true, swap: { linear: false, inverse: false } }],
  ])('%s loads its spot markets alone', async (exchange, types) => {
    const opened = await openExchange(settings({ exchange, url: null }));
    expect(opened.options['fetchMarkets']).toMatchObject({ types });
    await opened.close();
  });

  test('keys reach the instance', async () => {
    const opened = await openExchange(settings({}), { apiKey: 'key', secret: 'secret', uid: '7' });
    expect([opened.apiKey, opened.secret, opened.uid]).toEqual(['key', 'secret', '7']);
    await opened.close();
  });
});

describe('a request', () => {
  test('speaks the real format, whatever proxies the environment names', async () => {
    const before = process.env['HTTP_PROXY'];
    process.env['HTTP_PROXY'] = 'http://127.0.0.1:9';
    const opened = await openExchange(settings({}));
    const tickers = await opened.fetchTickers(['BTC/USD']);
    expect(tickers['BTC/USD']).toMatchObject({ bid: 60_000, ask: 60_010 });
    await opened.close();
    if (before === undefined) delete process.env['HTTP_PROXY'];
    else process.env['HTTP_PROXY'] = before;
  });

  test.each([
    ['the answer', () => undefined],
    [
      'the rest of the answer',
      (_: unknown, response: { write(text: string): void }) => {
        response.write('[{"name":"BTC/USD",');
      },
    ],
  ])('waits for %s no longer than its time-out', async (_, trouble) => {
    const opened = await openExchange(settings({}));
    opened.timeout = 100;
    bitstamp.meets(trouble);
    await expect(opened.fetchTickers()).rejects.toMatchObject({ name: 'RequestTimeout' });
    await opened.close();
  });

  test('nobody there is a network error, which may be asked again', async () => {
    const opened = await openExchange(settings({ url: 'http://127.0.0.1:1' }));
    await expect(opened.fetchTickers()).rejects.toMatchObject({ name: 'NetworkError' });
    await opened.close();
  });

  test('is refused inside a transaction', async () => {
    const database = await createTestDatabase();
    const opened = await openExchange(settings({}));
    const inside = database.db.transaction(() => opened.fetchTickers());
    await expect(inside).rejects.toThrow('inside a database transaction');
    await opened.close();
    await database.drop();
  });
});

test('of an exchange that answers one market at a time, what matters is asked', async () => {
  const prices = {
    'LTC/BTC': { bid: '0.00133', ask: '0.00134' },
    'LTC/MXN': { bid: '1600.5', ask: '1601.5' },
    'USD/COP': { bid: '4000', ask: '4010' },
  };
  const bitso = await startBitso(prices);
  const exchange = await openExchange(settings({ exchange: 'bitso', url: bitso.url }));
  // Two per turn at the pace of this test, so that the third has its turn later.
  exchange.rateLimit = 5_000;
  exchange.enableRateLimit = false;
  const reader = createPriceReader({ exchange, source: 'bitso', now: () => new Date() });
  const first = await reader.read();
  expect(first.tickers.map(({ base, quote, bid }) => [base, quote, bid])).toEqual([
    ['USD', 'COP', '4000'],
    ['LTC', 'MXN', '1600.5'],
  ]);
  const second = await reader.read();
  expect(second.tickers.map(({ base, quote }) => `${base}/${quote}`)).toEqual([
    'LTC/BTC',
    'USD/COP',
  ]);
  await exchange.close();
  await bitso.close();
});

test('prices of a test environment or a proxy are kept apart from the real ones', () => {
  const names = [
    settings({ url: null }),
    settings({ url: null, sandbox: true }),
    settings({ url: 'https://proxy.example:8443' }),
  ].map(sourceNameOf);
  expect(names).toEqual([
    'bitstamp',
    'bitstamp (test environment)',
    'bitstamp at proxy.example:8443',
  ]);
});

function settings(change: Partial<ExchangeSettings>): ExchangeSettings {
  const { url } = bitstamp;
  return { id: 1, exchange: 'bitstamp', sandbox: false, url, pollMs: null, ...change };
}
