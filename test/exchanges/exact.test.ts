// Decimals of exchanges, and how far an order may be from what was wanted.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { draftOrder } from '../../src/exchanges/draft.ts';
import {
  compare,
  exact,
  minus,
  plus,
  priceOnStep,
  unitsDown,
  unitsOnStep,
  unitsUp,
} from '../../src/exchanges/exact.ts';

test.each([
  ['1.5', 2, 150n, 150n],
  ['1.505', 2, 150n, 151n],
  ['0.001', 2, 0n, 1n],
  ['12', 0, 12n, 12n],
  ['-3', 2, 0n, 0n],
])('%s with %i decimals', (text, decimals, down, up) => {
  expect(unitsDown(exact(text), decimals)).toBe(down);
  expect(unitsUp(exact(text), decimals)).toBe(up);
});

test.each(['', '1e5', '1,5', 'NaN', '.5', '1.2.3', '1'.repeat(61)])('%j is no decimal', (text) => {
  expect(() => exact(text)).toThrow('is no decimal');
});

test('sums and comparisons are exact', () => {
  expect(compare(plus(exact('0.1'), exact('0.20')), exact('0.3'))).toBe(0);
  expect(compare(minus(exact('1'), exact('1.0000000001')), exact('0'))).toBe(-1);
});

test.each([
  ['0.001', 8, 123_456_789n, 123_400_000n],
  ['0.00000001', 8, 123_456_789n, 123_456_789n],
  ['10', 8, 2_999_999_999n, 2_000_000_000n],
  // Finer than our smallest unit: whole units of ours that are whole steps of theirs.
  ['0.0000000003', 8, 100n, 99n],
])('on a step of %s', (step, decimals, units, expected) => {
  expect(unitsOnStep(units, decimals, exact(step))).toBe(expected);
});

test('a limit is never below the rate less the basis points', () => {
  const rate = { base: 'LTC', quote: 'USDT', numerator: 8_123n, denominator: 100n };
  expect(priceOnStep(rate, 0, exact('0.01'))).toBe('81.23');
  expect(priceOnStep(rate, 100, exact('0.01'))).toBe('80.42');
  expect(priceOnStep(rate, 100, exact('0.5'))).toBe('80.5');
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 10n ** 12n }),
      fc.integer({ min: 0, max: 9_999 }),
      (top, points) => {
        const price = exact(priceOnStep({ ...rate, numerator: top }, points, exact('0.01')));
        const least = top * BigInt(10_000 - points);
        expect(price.digits * 1_000_000n >= least * 10n ** BigInt(price.scale)).toBe(true);
      },
    ),
  );
});

const market = {
  id: 'LTC/USDT',
  asset: 'LTC',
  quote: 'USDT',
  amountStep: '0.001',
  priceStep: '0.01',
  leastAmount: '0.01',
  mostAmount: '10',
  leastCost: null,
};
const terms = {
  orderType: 'market',
  limitBasisPoints: 0,
  ownRate: null,
  presentRate: null,
} as const;

test.each([
  ['999999', {}, "0.00999999 LTC is below the exchange's minimum of 0.01 LTC"],
  ['99', { leastAmount: null }, 'minimum of 0.001 LTC'],
  ['99', { leastAmount: '0' }, 'minimum of 0.001 LTC'],
  ['2000000000', {}, "20 LTC is above the exchange's maximum of 10 LTC"],
])('%s units on %j are refused', (units, change, reason) => {
  const part = { asset: 'LTC', units: BigInt(units) };
  const draft = draftOrder(part, { ...market, ...change }, terms);
  expect(draft).toMatchObject({ kind: 'refused', reason: expect.stringContaining(reason) });
});

test('a limit order without any rate is refused; a market order needs none', () => {
  const part = { asset: 'LTC', units: 123_456_789n };
  expect(draftOrder(part, market, { ...terms, orderType: 'limit' })).toMatchObject({
    kind: 'refused',
  });
  expect(draftOrder(part, market, terms)).toEqual({
    kind: 'draft',
    orderedUnits: 123_400_000n,
    amount: '1.234',
    orderType: 'market',
    limitPrice: null,
  });
});
