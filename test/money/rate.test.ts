// Conversion: the rounding that was asked for, never more than one unit, and exact cross rates.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chainRates, convert, invertRate, lowestTerms, type Rate } from '../../src/money/rate.ts';

describe('convert', () => {
  test.each([
    ['up', 100n, 'USD', 'LTC', 1_176_471n],
    ['down', 100n, 'USD', 'LTC', 1_176_470n],
    ['up', 100_000_000n, 'LTC', 'USD', 8500n],
    ['down', 100_000_000n, 'LTC', 'USD', 8500n],
    ['up', 1n, 'LTC', 'USD', 1n],
    ['down', 1n, 'LTC', 'USD', 0n],
    ['up', 0n, 'USD', 'LTC', 0n],
  ] as const)('rounded %s, %s units of %s', (rounding, units, asset, to, expected) => {
    const converted = convert({ units, asset }, litecoin, decimalsOf, rounding);
    expect(converted).toEqual({ units: expected, asset: to });
  });

  test('refuses an asset the rate does not name', () => {
    expect(() => convert({ units: 1n, asset: 'BTC' }, litecoin, decimalsOf, 'up')).toThrow('BTC');
  });

  test('up is never below the exact value, down never above, both within one unit', () => {
    fc.assert(
      fc.property(anyUnits, anyRate, anyDecimals, anyDecimals, (units, rate, from, to) => {
        const decimals = (asset: string): number => (asset === 'A' ? from : to);
        const source = { units, asset: 'A' };
        const up = convert(source, rate, decimals, 'up').units;
        const down = convert(source, rate, decimals, 'down').units;
        const exactTop = units * rate.numerator * 10n ** BigInt(to);
        const exactBottom = rate.denominator * 10n ** BigInt(from);
        expect(up * exactBottom >= exactTop && (up - 1n) * exactBottom < exactTop).toBe(true);
        expect(down * exactBottom <= exactTop && (down + 1n) * exactBottom > exactTop).toBe(true);
        expect(up - down <= 1n).toBe(true);
      }),
      { numRuns },
    );
  });

  test('an amount that was rounded up covers the price when it is converted back', () => {
    fc.assert(
      fc.property(anyUnits, anyRate, anyDecimals, anyDecimals, (units, rate, from, to) => {
        const decimals = (asset: string): number => (asset === 'A' ? from : to);
        const asked = convert({ units, asset: 'A' }, rate, decimals, 'up');
        expect(convert(asked, rate, decimals, 'down').units >= units).toBe(true);
      }),
      { numRuns },
    );
  });

  test('more money never converts to less', () => {
    const anyRounding = fc.constantFrom('up', 'down');
    fc.assert(
      fc.property(anyUnits, anyUnits, anyRate, anyRounding, (a, b, rate, rounding) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        const of = (units: bigint): bigint =>
          convert({ units, asset: 'A' }, rate, () => 2, rounding).units;
        expect(of(less) <= of(more)).toBe(true);
      }),
      { numRuns },
    );
  });
});

describe('fractions', () => {
  test('an inverse of an inverse is the rate, and both convert alike', () => {
    fc.assert(
      fc.property(anyUnits, anyRate, (units, rate) => {
        expect(invertRate(invertRate(rate))).toEqual(rate);
        const source = { units, asset: 'A' };
        expect(convert(source, invertRate(rate), () => 8, 'up')).toEqual(
          convert(source, rate, () => 8, 'up'),
        );
      }),
      { numRuns },
    );
  });

  test('a chain of a rate and its inverse is exactly one', () => {
    fc.assert(
      fc.property(anyRate, (rate) => {
        const one = { base: 'A', quote: 'A', numerator: 1n, denominator: 1n };
        expect(chainRates(rate, invertRate(rate))).toEqual(one);
      }),
      { numRuns },
    );
  });

  test('lowest terms keep the value', () => {
    expect(lowestTerms({ base: 'A', quote: 'B', numerator: 8500n, denominator: 100n })).toEqual({
      base: 'A',
      quote: 'B',
      numerator: 85n,
      denominator: 1n,
    });
  });

  test('rates that do not meet are not chained', () => {
    expect(() => chainRates(litecoin, litecoin)).toThrow('do not meet');
  });
});

const numRuns = 10_000;
const litecoin: Rate = { base: 'LTC', quote: 'USD', numerator: 85n, denominator: 1n };
const anyUnits = fc.bigInt({ min: 0n, max: 10n ** 40n });
const anyDecimals = fc.nat({ max: 18 });
const anyRate = fc.record({
  base: fc.constant('A'),
  quote: fc.constant('B'),
  numerator: fc.bigInt({ min: 1n, max: 10n ** 30n }),
  denominator: fc.bigInt({ min: 1n, max: 10n ** 30n }),
});

function decimalsOf(asset: string): number {
  return asset === 'USD' ? 2 : 8;
}
