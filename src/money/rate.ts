// What one asset is worth in another, as an exact fraction of smallest units.

import { type Amount, divideDown, divideUp } from './amount.ts';

/** One whole `base` costs `numerator / denominator` whole `quote`; both positive. */
export type Rate = {
  readonly base: string;
  readonly quote: string;
  readonly numerator: bigint;
  readonly denominator: bigint;
};

export type Rounding = 'up' | 'down';

/**
 * Converts an amount of `rate.base` into `rate.quote`, or the other way round.
 * `decimalsOf` gives an asset's minor units. The rounding is named by the caller, who says thereby
 * which side keeps the remainder: `up` when a payer is asked to pay, `down` when a value is shown.
 */
export function convert(
  from: Amount,
  rate: Rate,
  decimalsOf: (asset: string) => number,
  rounding: Rounding,
): Amount {
  const forward = from.asset === rate.base;
  if (!forward && from.asset !== rate.quote) {
    throw new Error(`rate ${rate.base}/${rate.quote} cannot convert ${from.asset}`);
  }
  const to = forward ? rate.quote : rate.base;
  const [top, bottom] = forward
    ? [rate.numerator, rate.denominator]
    : [rate.denominator, rate.numerator];
  const scaledTop = from.units * top * 10n ** BigInt(decimalsOf(to));
  const scaledBottom = bottom * 10n ** BigInt(decimalsOf(from.asset));
  const divide = rounding === 'up' ? divideUp : divideDown;
  return { units: divide(scaledTop, scaledBottom), asset: to };
}

/** The same rate seen from the other side: exact, no division happens. */
export function invertRate(rate: Rate): Rate {
  return {
    base: rate.quote,
    quote: rate.base,
    numerator: rate.denominator,
    denominator: rate.numerator,
  };
}

/** From `first.base` by way of `first.quote`, which is `second.base`, to `second.quote`: exact. */
export function chainRates(first: Rate, second: Rate): Rate {
  if (first.quote !== second.base) {
    throw new Error(`rates do not meet: ${first.quote} is not ${second.base}`);
  }
  return lowestTerms({
    base: first.base,
    quote: second.quote,
    numerator: first.numerator * second.numerator,
    denominator: first.denominator * second.denominator,
  });
}

/** The same fraction with the smallest numbers, so that equal rates print equal evidence. */
export function lowestTerms(rate: Rate): Rate {
  const divisor = greatestCommonDivisor(rate.numerator, rate.denominator);
  return {
    ...rate,
    numerator: rate.numerator / divisor,
    denominator: rate.denominator / divisor,
  };
}

export function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let [larger, smaller] = [left, right];
  while (smaller !== 0n) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
