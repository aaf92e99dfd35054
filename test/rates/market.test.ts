// Live prices: two real formats through ccxt unchanged, kept, agreed on, and outlived.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Database, createDatabase } from '../../src/db/database.ts';
import type { ExchangeSettings } from '../../src/rates/exchange.ts';
import { createMarket } from '../../src/rates/market.ts';
import { type Rates, createRates } from '../../src/rates/rates.ts';
import { type Refresher, createRefresher } from '../../src/rates/refresh.ts';
import { createTableSource, parseRateTable } from '../../src/rates/table.ts';
import { createTestSource } from '../../src/rates/test-table.ts';
import { createTestDatabase } from '../harness/database.ts';
import { type StandIn, type Trouble, startBitstamp, startKraken } from './stand-in.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let kraken: StandIn;
let bitstamp: StandIn;
let clock = new Date();
let world: World;

beforeEach(async () => {
  clock = new Date('2026-03-01T12:00:00.000Z');
  database = await createTestDatabase();
  kraken = await startKraken({
    'BTC/USD': { bid: '59990.00000', ask: '60010.00000' },
    'LTC/USD': { bid: '79.90', ask: '80.10' },
    'EUR/USD': { bid: '1.0999', ask: '1.1001' },
    'USDT/USD': { bid: '0.9999', ask: '1.0001' },
  });
  bitstamp = await startBitstamp({
    'BTC/USD': { bid: '60090', ask: '60110' },
    'LTC/USD': { bid: '79.9', ask: '80.1' },
    'LTC/EUR': { bid: '72.7', ask: '72.9' },
    // A token that merely has the letters of a currency.
    'MNT/USD': { bid: '0.65', ask: '0.66' },
  });
  world = createWorld();
});

afterEach(async () => {
  await world.close();
  await kraken.close();
  await bitstamp.close();
  await database.drop();
});

describe('agreement', () => {
  test('two exchanges are asked, the mean of both counts, all with its evidence', async () => {
    await world.refresh();
    const quote = world.rates.quote('live', 'BTC', 'USD');
    expect(quote).toMatchObject({
      rate: { base: 'BTC', quote: 'USD', numerator: 60_050n, denominator: 1n },
      source: `median of ${world.names.join(', ')}`,
      at: clock,
      evidence: {
        steps: [
          {
            pair: 'BTC/USD',
            price: '60050',
            sources: [
              { price: '60000', bid: '59990.00000', ask: '60010.00000', used: true },
              { price: '60100', bid: '60090', ask: '60110', used: true },
            ],
          },
        ],
      },
    });
  });

  test('two that contradict each other price nothing, and whyNot says so', async () => {
    bitstamp.prices['BTC/USD'] = { bid: '65000', ask: '65010' };
    await world.refresh();
    expect(world.rates.quote('live', 'BTC', 'USD')).toBeNull();
    expect(world.rates.quote('live', 'LTC', 'USD')).not.toBeNull();
    const [first, second] = world.names;
    expect(world.rates.whyNot('live', 'BTC', 'USD')).toBe(
      'no rate for BTC/USD, direct or via USDT, USDC, EUR: RATES does not name it; ' +
        `${first} says 60000, which the others contradict; ` +
        `${second} says 65005, which the others contradict`,
    );
  });

  test('one exchange alone, by its number, is refused when it is far off', async () => {
    await world.refresh();
    expect(world.rates.quote('live', 'BTC', 'USD', { exchange: 2 })).toMatchObject({
      rate: { numerator: 60_100n, denominator: 1n },
      source: world.names[1],
      evidence: { exchange: 2 },
    });
    expect(world.rates.quote('live', 'BTC', 'USD', { exchange: 3 })).toBeNull();
    bitstamp.prices['BTC/USD'] = { bid: '65000', ask: '65010' };
    await world.refresh();
    expect(world.rates.quote('live', 'BTC', 'USD', { exchange: 2 })).toBeNull();
    expect(world.rates.whyNot('live', 'BTC', 'USD', { exchange: 3 })).toBe(
      'no exchange has the number 3',
    );
    expect(world.rates.whyNot('live', 'BTC', 'USD', { exchange: 2 })).toContain(
      `no rate for BTC/USD on ${world.names[1]}`,
    );
  });

  test('a source without the market votes over a bridge, or over the others’', async () => {
    await world.refresh();
    const steps = world.rates.quote('live', 'LTC', 'EUR')?.evidence?.steps;
    expect(steps).toHaveLength(1);
    expect(steps?.[0]?.sources).toMatchObject([
      { legs: [{ pair: 'LTC/USD' }, { pair: 'USD/EUR', market: 'EUR/USD' }] },
      { bid: '72.7', ask: '72.9' },
    ]);
    // Bitstamp has no EUR/USD: it takes the one that Kraken knows.
    const bitcoin = world.rates.quote('live', 'BTC', 'EUR')?.evidence?.steps;
    expect(bitcoin?.map(({ pair }) => pair)).toEqual(['USD/EUR', 'BTC/EUR']);
  });

  test('a token with the letters of a currency is no currency', async () => {
    await alone();
    await world.refresh();
    expect(world.rates.quote('live', 'MNT', 'USD')).toBeNull();
  });

  test('a fixed rate wins, and serves as a leg', async () => {
    await world.close();
    world = createWorld({ only: 'bitstamp', fixed: '{"BTC/USD": "50000", "USDT/COP": "4000"}' });
    await world.refresh();
    expect(world.rates.quote('live', 'BTC', 'USD')?.source).toBe('settings');
    expect(world.rates.quote('live', 'LTC', 'COP')).toBeNull();
    await world.close();
    world = createWorld({ only: 'bitstamp', fixed: '{"USD/COP": "4000"}' });
    await world.refresh();
    expect(world.rates.quote('live', 'LTC', 'COP')?.rate).toMatchObject({
      numerator: 320_000n,
      denominator: 1n,
    });
  });
});

describe('age', () => {
  test('old prices cost a little more, then nothing is priced any more', async () => {
    await alone();
    await world.refresh();
    const version = world.rates.version();
    pass(60_000);
    expect(world.rates.version()).toBe(version);
    expect(world.rates.quote('live', 'BTC', 'USD')?.evidence?.grace).toBeUndefined();
    pass(1);
    expect(world.rates.version()).not.toBe(version);
    const graced = world.rates.quote('live', 'BTC', 'USD');
    expect(graced?.evidence?.grace).toEqual({ extraPercent: '1' });
    expect(graced?.rate).toMatchObject({ numerator: 59_499n, denominator: 1n });
    pass(600_000);
    expect(world.rates.quote('live', 'BTC', 'USD')).toBeNull();
    expect(world.rates.whyNot('live', 'BTC', 'USD')).toContain(
      `${world.names[0]} said 60100 660 s ago`,
    );
  });

  test('one that still answers counts alone; the older price is shown and not used', async () => {
    await world.refresh();
    pass(61_000);
    kraken.meets(status(503));
    await world.refresh();
    const quote = world.rates.quote('live', 'BTC', 'USD');
    expect(quote?.rate.numerator).toBe(60_100n);
    expect(quote?.evidence?.steps?.[0]?.sources).toMatchObject([
      { source: world.names[1], used: true },
      { source: world.names[0], used: false, why: 'older than 60 s' },
    ]);
  });

  test('a restart has the last prices at once, without asking anybody', async () => {
    await alone();
    await world.refresh();
    bitstamp.meets(status(500));
    const { requests } = bitstamp;
    const before = requests.length;
    await alone();
    await world.rates.start();
    expect(world.rates.quote('live', 'BTC', 'USD')?.rate.numerator).toBe(60_100n);
    expect(requests.length).toBe(before);
  });

  test('after a clock jumped back, prices from the future wait to be asked again', async () => {
    await alone();
    await world.refresh();
    pass(-3_600_000);
    expect(world.rates.quote('live', 'BTC', 'USD')).toBeNull();
    await world.refresh();
    expect(world.rates.quote('live', 'BTC', 'USD')?.at).toEqual(clock);
  });

  test('a clock that jumps ahead makes prices old, not wrong', async () => {
    await alone();
    await world.refresh();
    pass(86_400_000);
    expect(world.rates.quote('live', 'BTC', 'USD')).toBeNull();
    await world.refresh();
    expect(world.rates.quote('live', 'BTC', 'USD')).not.toBeNull();
  });
});

describe('a source that fails', () => {
  test('leaves the others alone', async () => {
    kraken.meets(status(503));
    await world.refresh();
    expect(world.rates.quote('live', 'LTC', 'USD')?.source).toBe(world.names[1]);
    expect(world.problems.filter((problem) => problem !== '')).toHaveLength(1);
  });

  test.each<[string, Trouble, RegExp]>([
    ['503', status(503), /503/],
    ['HTML', body('<html><body>Maintenance</body></html>', 502), /Maintenance/],
    ['HTML with status 200', body('<html><body>Hello</body></html>'), /./],
    ['broken JSON', body('[{"name":"BTC/USD",'), /./],
    ['an empty answer', body('[]'), /no market/],
    ['nothing', body(''), /./],
    ['a broken connection', (request) => request.socket.destroy(), /NetworkError/],
    ['a redirect', (_, response) => response.writeHead(302, { location: '/' }).end(), /redirect/],
    ['a body of another compression', zipped(), /NetworkError/],
  ])('%s: it is said what was wrong', async (_, trouble, words) => {
    await alone();
    bitstamp.meets(trouble);
    await world.refresh();
    const [state] = world.rates.health();
    expect(state).toMatchObject({ failures: 1, open: false, succeededAt: null });
    expect(state?.lastError).toMatch(words);
    expect(state?.lastError?.length).toBeLessThan(220);
    expect(world.rates.whyNot('live', 'BTC', 'USD')).toContain('never answered (');
  });

  test('a price that is none is left out, the last good one stands', async () => {
    await alone();
    await world.refresh();
    bitstamp.prices['BTC/USD'] = { bid: '60110', ask: '60090' };
    pass(5_000);
    await world.refresh();
    const quote = world.rates.quote('live', 'BTC', 'USD');
    expect(quote?.rate.numerator).toBe(60_100n);
    expect(quote?.at).not.toEqual(clock);
    expect(world.rates.quote('live', 'LTC', 'USD')?.at).toEqual(clock);
    expect(world.rates.health()[0]?.lastError).toBe('BTC/USD: bid is above ask');
  });

  test('without one usable price it has failed', async () => {
    await alone();
    for (const pair of Object.keys(bitstamp.prices)) bitstamp.prices[pair] = { bid: '0', ask: '1' };
    await world.refresh();
    expect(world.rates.health()[0]?.lastError).toContain('without one usable price');
  });

  test('three times: it is left alone, longer each time, then taken back', async () => {
    await alone();
    bitstamp.meets(status(500));
    for (let turn = 0; turn < 3; turn += 1) await world.refresh();
    expect(world.rates.health()[0]).toMatchObject({ failures: 3, open: true });
    const asked = bitstamp.requests.length;
    await world.refresh();
    pass(29_999);
    await world.refresh();
    expect(bitstamp.requests.length).toBe(asked);
    pass(1);
    await world.refresh();
    expect(bitstamp.requests.length).toBe(asked + 1);
    expect(world.rates.health()[0]?.retryAt).toEqual(new Date(clock.getTime() + 60_000));
    pass(60_000);
    bitstamp.meets(null);
    await world.refresh();
    expect(world.rates.health()[0]).toMatchObject({ failures: 0, open: false, lastError: null });
  });

  test('an open circuit outlives a restart, but not a clock that goes back', async () => {
    await alone();
    bitstamp.meets(status(500));
    for (let turn = 0; turn < 3; turn += 1) await world.refresh();
    const asked = bitstamp.requests.length;
    await world.close();
    world = createWorld({ only: 'bitstamp' });
    await world.refresh();
    expect(bitstamp.requests.length).toBe(asked);
    pass(-86_400_000);
    await world.refresh();
    expect(bitstamp.requests.length).toBe(asked + 1);
  });

  test('that is asked too often is left alone for as long as it says', async () => {
    await alone();
    bitstamp.meets((_, response) => response.writeHead(429, { 'retry-after': '240' }).end('slow'));
    await world.refresh();
    expect(world.rates.health()[0]).toMatchObject({
      open: true,
      retryAt: new Date(clock.getTime() + 240_000),
    });
    await world.refresh();
    expect(bitstamp.requests.length).toBe(1);
  });
});

test('the loop asks by itself, stops at once, and starts again', async () => {
  await world.rates.start();
  for (let turn = 0; turn < 2; turn += 1) {
    pass(1_000);
    const before = world.rates.version();
    const stop = new AbortController();
    const running = world.refresher.run(stop.signal);
    const learned = (): Date | undefined => world.rates.quote('live', 'BTC', 'USD')?.at;
    await expect.poll(learned, { timeout: 20_000 }).toEqual(clock);
    expect(world.rates.version()).not.toBe(before);
    // An answer that never comes does not delay the end.
    kraken.meets(() => undefined);
    stop.abort();
    await running;
    kraken.meets(null);
    expect(world.rates.health()[0]?.failures).toBe(0);
  }
});

/** Bitstamp is the quicker of the two: ccxt keeps to the pace that each allows. */
async function alone(): Promise<void> {
  await world.close();
  world = createWorld({ only: 'bitstamp' });
}

type World = {
  rates: Rates;
  refresher: Refresher;
  names: string[];
  problems: string[];
  refresh(): Promise<void>;
  close(): Promise<void>;
};

/** One process: its own connections and memory, the same database, clock and exchanges. */
function createWorld({ fixed = '', only = '' }: { fixed?: string; only?: string } = {}): World {
  const db: Database = createDatabase({
    connection: database.connection,
    maxConnections: 4,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  });
  const now = (): Date => clock;
  const all: ExchangeSettings[] = [
    { id: 1, exchange: 'kraken', sandbox: false, url: kraken.url, pollMs: 100 },
    { id: 2, exchange: 'bitstamp', sandbox: false, url: bitstamp.url, pollMs: 100 },
  ];
  const exchanges = all.filter(({ exchange }) => only === '' || exchange === only);
  const market = createMarket({ db, exchanges, now, onError: () => undefined });
  const live = createTableSource(parseRateTable(fixed), { name: 'settings', testOnly: false, now });
  const rates = createRates({ test: createTestSource(now), live, market, now });
  const problems: string[] = [];
  const refresher = createRefresher({
    db,
    exchanges,
    now,
    report: (_, problem) => void problems.push(problem ?? ''),
  });
  return {
    rates,
    refresher,
    names: exchanges.map(({ exchange, url }) => `${exchange} at ${new URL(url ?? '').host}`),
    problems,
    refresh: async () => {
      await refresher.refresh();
      await market.reload();
    },
    close: async () => {
      await rates.stop();
      await refresher.close();
      await db.close();
    },
  };
}

function pass(ms: number): void {
  clock = new Date(clock.getTime() + ms);
}

function status(code: number): Trouble {
  return (_, response) => response.writeHead(code).end('no');
}

function body(text: string, code = 200): Trouble {
  return (_, response) => response.writeHead(code).end(text);
}

function zipped(): Trouble {
  return (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip');
}
