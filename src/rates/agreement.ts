// What several sources agree on: the median of those that are near it, or nothing.

import { type Fraction, compare, isFurther, median } from './fraction.ts';

/** `price` is null when there were no opinions, or none that enough others share. */
export type Agreement<T> = {
  readonly price: Fraction | null;
  readonly used: readonly T[];
  readonly rejected: readonly T[];
};

/** How far from the others a price may be, in percent. */
export const tolerancePercent = 2n;

/**
 * One opinion stands alone. Two that differ by more than the tolerance (of the lower) are both
 * dropped: nothing tells which of them is wrong. From three on, those further from the median than
 * the tolerance are dropped, and the median of the rest counts if they are more than half.
 */
export function agree<T extends { readonly price: Fraction }>(
  opinions: readonly T[],
): Agreement<T> {
  if (opinions.length === 0) return { price: null, used: [], rejected: [] };
  const reference = opinions.length === 2 ? lowest(opinions) : medianOf(opinions);
  const isNear = ({ price }: T): boolean => !isFurther(price, reference, tolerancePercent);
  const used = opinions.filter(isNear);
  const rejected = opinions.filter((opinion) => !isNear(opinion));
  if (used.length * 2 <= opinions.length) return { price: null, used: [], rejected: opinions };
  return { price: medianOf(used), used, rejected };
}

function medianOf(opinions: readonly { readonly price: Fraction }[]): Fraction {
  return median(opinions.map(({ price }) => price));
}

function lowest(opinions: readonly { readonly price: Fraction }[]): Fraction {
  return opinions.map(({ price }) => price).reduce((a, b) => (compare(b, a) < 0 ? b : a));
}
