// Quotes: direct, inverse and through the dollar, exact, and never invented for live money.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimalsOf, findAsset } from '../../src/money/assets.ts';
import { convert } from '../../src/money/rate.ts';
import { createRates, evidenceOf, type Rates } from '../../src/rates/rates.ts';
import type { RateSource } from '../../src/rates/source.ts';
import { createTableSource, parseRateTable } from '../../src/rates/table.ts';
import { createTestSource } from '../../src/rates/test-table.ts';

describe('quote', () => {
  test.each([
    ['direct', 'LTC', 'USD', 426n, 5n, 'settings'],
    ['inverse', 'USD', 'LTC', 5n, 426n, 'settings'],
    ['from a table the other way round', 'KRW', 'USD', 1n, 1350n, 'settings'],
    ['through the dollar', 'LTC', 'KRW', 115_020n, 1n, 'settings via USD'],
    ['through the dollar, backwards', 'KRW', 'LTC', 1n, 115_020n, 'settings via USD'],
    ['direct rather than through the dollar', 'LTC', 'EUR', 79n, 1n, 'settings'],
    ['to itself', 'USD', 'USD', 1n, 1n, 'same asset'],
    ['to itself, unknown to the table', 'CHF', 'CHF', 1n, 1n, 'same asset'],
  ])('%s: %s in %s', (_, base, quote, numerator, denominator, source) => {
    const found = tableRates().quote('live', base, quote);
    expect(found).toEqual({ rate: { base, quote, numerator, denominator }, source, at: now });
  });

  test.each([
    ['USD', 'JPY'],
    ['JPY', 'USD'],
    ['LTC', 'JPY'],
    ['JPY', 'LTC'],
    ['BTC', 'KRW'],
    ['XYZ', 'USD'],
  ])('no way from %s to %s', (base, quote) => {
    expect(tableRates().quote('live', base, quote)).toBeNull();
  });

  test('there is one bridge, not two', () => {
    const source = sourceOf('{"LTC/EUR": "79", "EUR/USD": "1.1", "USD/KRW": "1350"}');
    const rates = createRates({ test: source, live: source, now: () => now });
    expect(rates.quote('live', 'LTC', 'KRW')).toBeNull();
  });

  test('a bridged quote is as old as its older half', () => {
    const old = new Date(now.getTime() - 60_000);
    const source: RateSource = {
      name: 'market',
      testOnly: false,
      find: (base, quote) => {
        const rate = { base, quote, numerator: 2n, denominator: 1n };
        if (quote !== 'USD') return null;
        return { rate, at: base === 'EUR' ? old : now };
      },
    };
    const rates = createRates({ test: source, live: source, now: () => now });
    expect(rates.quote('live', 'LTC', 'EUR')?.at).toEqual(old);
    expect(rates.quote('live', 'EUR', 'LTC')?.at).toEqual(old);
  });
});

describe('test mode only', () => {
  test('live money is never priced with built-in rates', () => {
    const rates = createRates({ test: createTestSource(clock), live: sourceOf(''), now: clock });
    expect(rates.quote('test', 'BTC', 'USD')?.source).toBe('built-in test rates');
    expect(rates.quote('live', 'BTC', 'USD')).toBeNull();
    expect(rates.quote('live', 'EUR', 'USD')).toBeNull();
  });

  test('nor can it be set up so', () => {
    const source = createTestSource(clock);
    expect(() => createRates({ test: source, live: source, now: clock })).toThrow('test mode only');
  });

  test('the coins have a rate in every main currency, small ones too', () => {
    const rates = createRates({ test: createTestSource(clock), live: sourceOf(''), now: clock });
    for (const coin of ['BTC', 'LTC', 'BCH', 'ETH', 'USDT', 'USDC']) {
      for (const fiat of ['USD', 'EUR', 'GBP', 'JPY', 'KRW', 'KZT', 'COP', 'VND', 'KWD', 'RUB']) {
        expect(findAsset(fiat)?.kind).toBe('fiat');
        expect(rates.quote('test', coin, fiat)?.rate.numerator).toBeGreaterThan(0n);
      }
    }
  });
});

test('evidence is plain JSON that says where the fraction comes from', () => {
  const quote = tableRates().quote('live', 'LTC', 'KRW');
  expect(quote && JSON.parse(JSON.stringify(evidenceOf(quote)))).toEqual({
    base: 'LTC',
    quote: 'KRW',
    numerator: '115020',
    denominator: '1',
    source: 'settings via USD',
    at: '2026-01-02T03:04:05.000Z',
  });
});

test('what is asked through any chain covers the price when it is valued back', () => {
  const rates = createRates({ test: createTestSource(clock), live: sourceOf(''), now: clock });
  const price = fc.bigInt({ min: 1n, max: 10n ** 15n });
  const fiat = fc.constantFrom('USD', 'EUR', 'GBP', 'KRW', 'KWD', 'VND', 'CLP');
  const coin = fc.constantFrom('BTC', 'LTC', 'ETH', 'USDT');
  fc.assert(
    fc.property(price, fiat, coin, (units, asset, paid) => {
      const rate = rates.quote('test', asset, paid)?.rate;
      if (rate === undefined) throw new Error(`no rate for ${asset}/${paid}`);
      const asked = convert({ units, asset }, rate, decimalsOf, 'up');
      expect(convert(asked, rate, decimalsOf, 'down').units >= units).toBe(true);
    }),
    { numRuns: 10_000 },
  );
});

describe('exchanges', () => {
  test('test mode has its sandbox, live mode the house that has a table', () => {
    const rates = createRates({ test: createTestSource(clock), live: sourceOf(''), now: clock });
    expect(rates.exchanges('test')).toEqual([{ id: 1, name: 'sandbox', ready: true }]);
    expect(rates.exchanges('live')).toEqual([{ id: 1, name: 'house', ready: false }]);
    expect(tableRates().exchanges('live')).toEqual([{ id: 1, name: 'house', ready: true }]);
  });

  test('their number is all that is known of them without a market', () => {
    const rates = tableRates();
    for (const mode of ['test', 'live'] as const) {
      expect(rates.quote(mode, 'LTC', 'USD', { exchange: 1 })).not.toBeNull();
      expect(rates.quote(mode, 'LTC', 'USD', { exchange: 2 })).toBeNull();
      expect(rates.whyNot(mode, 'LTC', 'USD', { exchange: 2 })).toContain('the number 2');
    }
    expect(rates.whyNot('live', 'LTC', 'XYZ')).toContain('XYZ is no known asset');
    expect(rates.whyNot('live', 'LTC', 'JPY')).toContain('LTC/JPY: RATES does not lead');
  });
});

const now = new Date('2026-01-02T03:04:05Z');

function clock(): Date {
  return now;
}

function sourceOf(text: string): RateSource {
  return createTableSource(parseRateTable(text), { name: 'settings', testOnly: false, now: clock });
}

function tableRates(): Rates {
  const source = sourceOf(
    '{"LTC/USD": "85.20", "LTC/EUR": "79", "USD/KRW": "1350", "EUR/USD": "1.1"}',
  );
  return createRates({ test: source, live: source, now: clock });
}
