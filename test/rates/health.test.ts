// What operators see of live prices: the gauges of /metrics and the sentences of doctor.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkRates } from '../../src/cli/doctor-rates.ts';
import type { Finding } from '../../src/cli/finding.ts';
import { loadConfig } from '../../src/config.ts';
import { createMetrics } from '../../src/metrics.ts';
import { untried } from '../../src/rates/breaker.ts';
import { createMarket } from '../../src/rates/market.ts';
import { createRates } from '../../src/rates/rates.ts';
import { writeFailure, writeSuccess } from '../../src/rates/store.ts';
import { createTableSource } from '../../src/rates/table.ts';
import { createTestSource } from '../../src/rates/test-table.ts';
import { createTestDatabase } from '../harness/database.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
const now = (): Date => new Date();
const exchanges =
  '[{"id":1,"exchange":"kraken"},{"id":2,"exchange":"bitstamp"},{"id":3,"exchange":"binance"}]';

beforeAll(async () => {
  database = await createTestDatabase();
  const at = new Date();
  const ticker = { source: 'kraken', base: 'BTC', quote: 'USD', bid: '1', ask: '1', at };
  await writeSuccess(database.db, { ...untried('kraken'), succeededAt: at }, [ticker]);
  await writeFailure(database.db, {
    ...untried('bitstamp'),
    failures: 3,
    failedAt: at,
    lastError: 'NetworkError: nobody there',
    retryAt: new Date(at.getTime() + 30_000),
  });
});

afterAll(() => database.drop());

test('/metrics shows age, failures and open circuits of every source', async () => {
  const { db } = database;
  const config = loadConfig({ environment: { EXCHANGES: exchanges }, folder: '/nowhere' });
  const market = createMarket({ db, exchanges: config.exchanges, now, onError: fail });
  const live = createTableSource(new Map(), { name: 'settings', testOnly: false, now });
  const rates = createRates({ test: createTestSource(now), live, market, now });
  await rates.start();
  const metrics = createMetrics(db);
  metrics.showRates(rates.health, now);
  const text = await metrics.registry.metrics();
  await rates.stop();
  expect(text).toMatch(/dragoman_rate_source_age_seconds\{source="kraken"\} \d/);
  expect(text).toContain('dragoman_rate_source_age_seconds{source="bitstamp"} +Inf');
  expect(text).toContain('dragoman_rate_source_open{source="bitstamp"} 1');
  expect(text).toContain('dragoman_rate_source_failures{source="bitstamp"} 3');
  expect(text).toContain('dragoman_rate_source_open{source="kraken"} 0');
});

test('doctor says when each exchange answered, and which coin has no price', async () => {
  const found = await findings({ EXCHANGES: exchanges, CHAINS: chainsOf('bitcoin') });
  expect(found).toMatchObject([
    { state: 'good', sentence: expect.stringContaining('kraken told its prices at') },
    {
      state: 'bad',
      sentence: 'bitstamp never told its prices. It said: NetworkError: nobody there',
    },
    { state: 'note', sentence: 'binance has not been asked for its prices yet.' },
    { state: 'good', sentence: expect.stringContaining('BTC/USD has a rate') },
  ]);
  const [missing] = (await findings({ EXCHANGES: exchanges, CHAINS: chainsOf('litecoin') })).slice(
    -1,
  );
  expect(missing?.state).toBe('bad');
  expect(missing?.sentence).toContain('A price in USD cannot be paid in LTC now: no rate for');
});

test('without exchanges the fixed table is all there is', async () => {
  const found = await findings({ CHAINS: chainsOf('bitcoin'), RATES: '{"BTC/EUR": "50000"}' });
  expect(found).toMatchObject([
    { state: 'note', sentence: expect.stringContaining('EXCHANGES is empty') },
    { state: 'good', sentence: 'RATES knows BTC: BTC/EUR.' },
  ]);
  expect(await findings({})).toEqual([]);
});

async function findings(environment: Record<string, string>): Promise<Finding[]> {
  const { host, port, user, password, database: name } = database.connection;
  const address = new URL('postgres://localhost');
  address.searchParams.set('host', `${host}`);
  address.searchParams.set('port', `${port}`);
  address.username = `${user ?? ''}`;
  address.password = typeof password === 'string' ? password : '';
  address.pathname = `/${name}`;
  const config = loadConfig({
    environment: { ...environment, DATABASE_URL: address.href },
    folder: '/nowhere',
  });
  const found: Finding[] = [];
  const terminal = { out: () => undefined, say: () => undefined } as never;
  for await (const finding of checkRates(config, terminal)) found.push(finding);
  return found;
}

// BIP 84, test vector.
function chainsOf(chain: string): string {
  return JSON.stringify([
    {
      chain,
      rpcUrl: 'http://127.0.0.1:8332',
      rpcUser: 'u',
      rpcPassword: 'p',
      xpub:
        'zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUk' +
        'gDKf31mGDtKsAYz2oz2AGutZYs',
    },
  ]);
}

function fail(error: Error): void {
  throw error;
}
