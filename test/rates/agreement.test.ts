// The arithmetic of prices: medians, outliers, bridges, inverses and spreads, with any numbers.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agree } from '../../src/rates/agreement.ts';
import { emptyBook, updatedBook } from '../../src/rates/book.ts';
import {
  type Fraction,
  compare,
  isFurther,
  lowered,
  median,
  parsePercent,
  parsePrice,
  priceText,
  product,
} from '../../src/rates/fraction.ts';
import { marketPrice } from '../../src/rates/market-price.ts';
import { createTableSource } from '../../src/rates/table.ts';
import { type Ticker, isKnownMarket, priced } from '../../src/rates/ticker.ts';

describe('agree', () => {
  test.each<[string, string[], string | null, number]>([
    ['nobody', [], null, 0],
    ['one alone', ['100'], '100', 1],
    ['two that agree', ['100', '102'], '101', 2],
    ['two that do not', ['100', '102.01'], null, 0],
    ['three', ['101', '100', '102'], '101', 3],
    ['an outlier above', ['100', '101', '150'], '100.5', 2],
    ['an outlier below', ['100', '101', '1'], '100.5', 2],
    ['an outlier just inside', ['100', '100', '102'], '100', 3],
    ['an outlier just outside', ['100', '100', '102.01'], '100', 2],
    ['three of three minds', ['100', '110', '120'], null, 0],
    ['two against two', ['100', '100', '110', '110'], null, 0],
    ['three against two', ['100', '100', '101', '150', '150'], '100', 3],
    ['four', ['99', '100', '101', '100.5'], '100.25', 4],
  ])('%s', (_, texts, price, used) => {
    const found = agree(texts.map((text) => ({ price: priceOf(text) })));
    expect(found.price && priceText(found.price)).toBe(price);
    expect(found.used).toHaveLength(used);
    expect(found.used.length + found.rejected.length).toBe(texts.length);
  });

  test('what is agreed on lies between the lowest and the highest that were used', () => {
    fc.assert(
      fc.property(fc.array(anyPrice, { minLength: 1, maxLength: 7 }), (prices) => {
        const found = agree(prices.map((price) => ({ price })));
        if (found.price === null) return;
        const sorted = found.used.map(({ price }) => price).toSorted(compare);
        expect(compare(sorted[0] as Fraction, found.price)).toBeLessThanOrEqual(0);
        expect(compare(found.price, sorted.at(-1) as Fraction)).toBeLessThanOrEqual(0);
        expect(found.used.length * 2).toBeGreaterThan(prices.length);
      }),
    );
  });

  test('one liar among three or more moves the price by less than the tolerance', () => {
    const honest = fc.array(fc.bigInt({ min: 10_000n, max: 10_090n }), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(honest, anyPrice, (truths, lie) => {
        const prices = truths.map((numerator) => ({ price: { numerator, denominator: 100n } }));
        const found = agree([...prices, { price: lie }]).price;
        const truth = median(prices.map(({ price }) => price));
        expect(found).not.toBeNull();
        expect(isFurther(found as Fraction, truth, 2n)).toBe(false);
      }),
    );
  });
});

describe('a ticker', () => {
  test.each([
    ['zero', '0', '0'],
    ['half zero', '0', '1'],
    ['negative', '-5', '5'],
    ['not a number', 'NaN', 'NaN'],
    ['infinite', 'Infinity', 'Infinity'],
    ['with exponent', '1e4', '1e4'],
    ['too large', '9'.repeat(17), '9'.repeat(17)],
    ['too long', `0.${'1'.repeat(80)}`, '1'],
    ['crossed', '101', '100'],
    ['far apart', '100', '106'],
    ['empty', '', ''],
  ])('that is %s is no price', (_, bid, ask) => {
    expect(typeof priced(tickerOf('a', 'BTC/USD', bid, ask))).toBe('string');
  });

  test('counts by its middle', () => {
    expect(priced(tickerOf('a', 'BTC/USD', '100.0', '100.5'))).toMatchObject({
      price: { numerator: 401n, denominator: 4n },
    });
  });

  test.each([
    ['BTC', 'USD', true],
    ['EUR', 'USD', true],
    ['USDT', 'COP', true],
    ['RON', 'USDT', false],
    ['MNT', 'USDT', false],
    ['BTC', 'MNT', false],
    ['DOGE2', 'USD', false],
    ['BTC', 'BTC', false],
    ['', '', false],
  ])('%s/%s is believed: %s', (base, quote, believed) => {
    expect(isKnownMarket(base, quote)).toBe(believed);
  });
});

describe('marketPrice', () => {
  test('both ways are each other’s exact inverse, however many say it and over whatever', () => {
    const pairs = fc.constantFrom('BTC/USD', 'USD/BTC', 'BTC/EUR', 'EUR/USD', 'LTC/USD', 'LTC/BTC');
    const said = fc.tuple(fc.constantFrom('a', 'b', 'c'), pairs, fc.integer({ min: 1, max: 200 }));
    const asked = fc.constantFrom(['BTC', 'USD'], ['BTC', 'EUR'], ['LTC', 'EUR'], ['USD', 'EUR']);
    fc.assert(
      fc.property(fc.array(said, { maxLength: 12 }), asked, (rows, [base, quote]) => {
        const deps = depsOf(rows.map(([source, pair, at]) => ticker(source, pair, `${at}`)));
        const there = marketPrice(
          deps,
          { base: base as string, quote: quote as string, nowMs },
          null,
        );
        const back = marketPrice(
          deps,
          { base: quote as string, quote: base as string, nowMs },
          null,
        );
        expect(there === null).toBe(back === null);
        if (there && back) expect(product(there.price, back.price)).toEqual(one);
      }),
    );
  });

  test('a cross is the product of its legs', () => {
    fc.assert(
      fc.property(anyCents, anyCents, (coin, currency) => {
        const deps = depsOf([ticker('a', 'LTC/USD', coin), ticker('a', 'USD/COP', currency)]);
        const found = marketPrice(deps, { base: 'LTC', quote: 'COP', nowMs }, null);
        expect(found?.price).toEqual(product(priceOf(coin), priceOf(currency)));
      }),
    );
  });

  test('two bridges are one too many', () => {
    const deps = depsOf([
      ticker('a', 'LTC/BTC', '0.001'),
      ticker('a', 'BTC/USD', '60000'),
      ticker('a', 'USD/COP', '4000'),
    ]);
    expect(marketPrice(deps, { base: 'LTC', quote: 'COP', nowMs }, null)).toBeNull();
    expect(marketPrice(deps, { base: 'LTC', quote: 'USD', nowMs }, null)).not.toBeNull();
  });

  test('three exchanges, one of them wrong: it is named and not used', () => {
    const deps = depsOf([
      ticker('a', 'BTC/USD', '60000'),
      ticker('b', 'BTC/USD', '60100'),
      ticker('c', 'BTC/USD', '90000'),
    ]);
    const found = marketPrice(deps, { base: 'BTC', quote: 'USD', nowMs }, null);
    expect(found?.price).toEqual({ numerator: 60_050n, denominator: 1n });
    expect(found?.unused).toMatchObject([
      { vote: { source: 'c' }, why: 'further than 2 % from the median' },
    ]);
  });
});

describe('spread', () => {
  test('more of it never makes a rate better for the payer', () => {
    const percent = fc.integer({ min: 0, max: 4_999 }).map((hundredths) => hundredths / 100);
    fc.assert(
      fc.property(anyPrice, percent, percent, (price, left, right) => {
        const [small, large] = [left, right].toSorted((a, b) => a - b);
        const less = lowered(price, parsePercent(`${small}`));
        const more = lowered(price, parsePercent(`${large}`));
        expect(compare(more, less)).toBeLessThanOrEqual(0);
        expect(compare(less, price)).toBeLessThanOrEqual(0);
        expect(more.numerator).toBeGreaterThan(0n);
      }),
    );
  });

  test.each(['-1', '50.1', '100', 'x', '', '1e1', '0.0000001'])('%j is no percentage', (text) => {
    expect(() => parsePercent(text)).toThrow('no percentage');
  });
});

describe('priceText', () => {
  test.each([
    ['60000', '60000'],
    ['0.00000123', '0.00000123'],
    ['1.5', '1.5'],
    ['123456789012345', '123456789012345'],
    ['0.1', '0.1'],
  ])('%s is shown as %s', (text, shown) => {
    expect(priceText(priceOf(text))).toBe(shown);
  });

  test('fifteen digits of what has no end', () => {
    expect(priceText({ numerator: 1n, denominator: 3n })).toBe('0.333333333333333');
    expect(priceText({ numerator: 200_000n, denominator: 3n })).toBe('66666.6666666666');
    expect(priceText({ numerator: 1n, denominator: 30_000n })).toBe('0.0000333333333333333');
  });
});

const at = new Date('2026-03-01T12:00:00.000Z');
const nowMs = at.getTime();
const one = { numerator: 1n, denominator: 1n };
const anyPrice = fc.record({
  numerator: fc.bigInt({ min: 1n, max: 10n ** 12n }),
  denominator: fc.bigInt({ min: 1n, max: 10n ** 12n }),
});
const anyCents = fc
  .integer({ min: 1, max: 10_000_000 })
  .map((cents) => `${Math.trunc(cents / 100)}.${`${cents % 100}`.padStart(2, '0')}`);

function priceOf(text: string): Fraction {
  const price = parsePrice(text);
  if (price === null) throw new Error(`${text} is no price`);
  return price;
}

function ticker(source: string, pair: string, price: string): Ticker {
  return tickerOf(source, pair, price, price);
}

function tickerOf(source: string, pair: string, bid: string, ask: string): Ticker {
  const [base = '', quote = ''] = pair.split('/');
  return { source, base, quote, bid, ask, at };
}

function depsOf(tickers: readonly Ticker[]) {
  const sources = ['a', 'b', 'c'];
  const pages = new Map(
    sources.map((source) => [source, tickers.filter((one) => one.source === source)]),
  );
  const fixed = createTableSource(new Map(), { name: 'settings', testOnly: false, now: () => at });
  return { book: updatedBook(emptyBook(sources), [], pages), fixed };
}
