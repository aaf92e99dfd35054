// Evidence: what is stored of a quote comes back whole and can be read by people, old rows too.

import { expect, test } from 'vitest';
import { emptyBook, updatedBook } from '../../src/rates/book.ts';
import { evidenceText } from '../../src/rates/evidence-text.ts';
import type { Market } from '../../src/rates/market.ts';
import { type QuoteEvidence, createRates, evidenceOf } from '../../src/rates/rates.ts';
import { createTableSource, parseRateTable } from '../../src/rates/table.ts';
import { createTestSource } from '../../src/rates/test-table.ts';
import type { Ticker } from '../../src/rates/ticker.ts';
import { createTestDatabase } from '../harness/database.ts';

const at = new Date('2026-03-01T12:00:00.000Z');
const now = (): Date => at;

test('evidence survives the database and says where the rate came from', async () => {
  const quote = ratesOf(threeSources).quote('live', 'LTC', 'EUR', { spreadPercent: '1.5' });
  if (!quote) throw new Error('no quote');
  const evidence = evidenceOf(quote);
  const { db, drop } = await createTestDatabase();
  const [row] = await db.query<{ stored: QuoteEvidence }>('select $1::jsonb as stored', [
    JSON.stringify(evidence),
  ]);
  await drop();
  expect(row?.stored).toEqual(evidence);
  expect(BigInt(evidence.numerator) * quote.rate.denominator).toBe(
    BigInt(evidence.denominator) * quote.rate.numerator,
  );
  const time = at.toISOString();
  expect(evidenceText(row?.stored as QuoteEvidence)).toEqual([
    `1 LTC = 71.7706818181818 EUR, by median of kraken, bitstamp, learned ${time}`,
    "1.5 % taken off: the merchant's spread",
    'LTC/EUR 72.8636363636363',
    `  kraken 72.7272727272727, ${time}, used`,
    `    LTC/USD 80 by kraken (bid 79.9, ask 80.1), ${time}`,
    `    USD/EUR 0.909090909090909 by kraken (EUR/USD: bid 1.0999, ask 1.1001), ${time}`,
    `  bitstamp 73 (bid 72.9, ask 73.1), ${time}, used`,
    `  binance 99.05 (bid 99, ask 99.1), ${time}, not used: further than 2 % from the median`,
  ]);
});

test('the same quote has the same evidence, so asking often costs nothing', () => {
  const rates = ratesOf(threeSources);
  const [first, second] = [1, 2].map(() => rates.quote('live', 'LTC', 'EUR'));
  expect(first && evidenceOf(first)).toBe(second && evidenceOf(second));
});

test('a merchant’s spread is also taken off fixed rates, and is in their evidence', () => {
  const rates = ratesOf([]);
  const quote = rates.quote('test', 'LTC', 'USD', { spreadPercent: '5' });
  expect(quote && evidenceOf(quote)).toMatchObject({ numerator: '76', spreadPercent: '5' });
  expect(rates.quote('test', 'USD', 'USD', { spreadPercent: '5' })?.rate.numerator).toBe(1n);
});

test('a row of before the market was asked', () => {
  expect(evidenceText(oldRow)).toEqual([
    '1 LTC = 85.2 USD, by settings, learned 2026-01-02T03:04:05.000Z',
  ]);
});

const oldRow: QuoteEvidence = {
  base: 'LTC',
  quote: 'USD',
  numerator: '426',
  denominator: '5',
  source: 'settings',
  at: '2026-01-02T03:04:05.000Z',
};

const threeSources: Ticker[] = [
  { source: 'kraken', base: 'LTC', quote: 'USD', bid: '79.9', ask: '80.1', at },
  { source: 'kraken', base: 'EUR', quote: 'USD', bid: '1.0999', ask: '1.1001', at },
  { source: 'bitstamp', base: 'LTC', quote: 'EUR', bid: '72.9', ask: '73.1', at },
  { source: 'binance', base: 'LTC', quote: 'EUR', bid: '99', ask: '99.1', at },
];

function ratesOf(tickers: readonly Ticker[]) {
  const sources = ['kraken', 'bitstamp', 'binance'];
  const pages = new Map(
    sources.map((source) => [source, tickers.filter((one) => one.source === source)]),
  );
  const book = updatedBook(emptyBook(sources), [], pages);
  const market: Market = {
    exchanges: sources.map((exchange, index) => {
      return { id: index + 1, exchange, sandbox: false, url: null, pollMs: null };
    }),
    book: () => book,
    version: () => 1,
    reload: async () => undefined,
    start: async () => undefined,
    stop: async () => undefined,
  };
  const live = createTableSource(parseRateTable(''), { name: 'settings', testOnly: false, now });
  return createRates({ test: createTestSource(now), live, market, now });
}
