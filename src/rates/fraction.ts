// Prices as exact fractions: order, middle and distance without rounding, and decimal text of them.

import { parseDecimal, trimDecimal } from '../money/decimal.ts';
import { greatestCommonDivisor, type Rate } from '../money/rate.ts';

/** A positive price; both members are positive. */
export type Fraction = Pick<Rate, 'numerator' | 'denominator'>;

const priceDecimals = 30;
const priceUnit = 10n ** BigInt(priceDecimals);
// Above any price that two assets of this world have to each other.
const largestPrice = 10n ** 15n;
const shownDigits = 15;
const percentDecimals = 6;
const hundredPercent = 100n * 10n ** BigInt(percentDecimals);
const largestPercent = hundredPercent / 2n;

export const one: Fraction = { numerator: 1n, denominator: 1n };

/** Reads a price as decimal text; null for anything but a plausible positive number. */
export function parsePrice(text: string): Fraction | null {
  const units = parseDecimal(text, priceDecimals);
  if (typeof units === 'string' || units <= 0n) return null;
  const price = { numerator: units, denominator: priceUnit };
  return units > largestPrice * priceUnit ? null : reduced(price);
}

/** Percent as decimal text (`'1.5'`), from 0 to 50, in millionths; throws otherwise. */
export function parsePercent(text: string): bigint {
  const parts = parseDecimal(text, percentDecimals);
  if (typeof parts === 'string' || parts < 0n || parts > largestPercent) {
    throw new Error(`${JSON.stringify(text)} is no percentage from 0 to 50`);
  }
  return parts;
}

/** The price lowered by so many millionths of a percent. */
export function lowered(price: Fraction, percent: bigint): Fraction {
  return reduced({
    numerator: price.numerator * (hundredPercent - percent),
    denominator: price.denominator * hundredPercent,
  });
}

export function product(left: Fraction, right: Fraction): Fraction {
  return reduced({
    numerator: left.numerator * right.numerator,
    denominator: left.denominator * right.denominator,
  });
}

export function inverse({ numerator, denominator }: Fraction): Fraction {
  return { numerator: denominator, denominator: numerator };
}

export function mean(left: Fraction, right: Fraction): Fraction {
  return reduced({
    numerator: left.numerator * right.denominator + right.numerator * left.denominator,
    denominator: 2n * left.denominator * right.denominator,
  });
}

/** The middle one, or the mean of the two in the middle. Throws on an empty list. */
export function median(prices: readonly Fraction[]): Fraction {
  const sorted = prices.toSorted(compare);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new Error('there is no median of nothing');
  return upper === lower ? upper : mean(lower, upper);
}

export function compare(left: Fraction, right: Fraction): -1 | 0 | 1 {
  const difference = left.numerator * right.denominator - right.numerator * left.denominator;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

/** Whether `price` is further from `reference` than so many percent of `reference`. */
export function isFurther(price: Fraction, reference: Fraction, percent: bigint): boolean {
  const own = price.numerator * reference.denominator;
  const theirs = reference.numerator * price.denominator;
  const distance = own > theirs ? own - theirs : theirs - own;
  return distance * 100n > theirs * percent;
}

/** Decimal text with at most 15 significant digits, cut off: for people, not for arithmetic. */
export function priceText({ numerator, denominator }: Fraction): string {
  const wholeDigits = (numerator / denominator).toString();
  const isBelowOne = wholeDigits === '0';
  const leadingZeros = isBelowOne ? (denominator / numerator).toString().length - 1 : 0;
  const decimals = isBelowOne ? leadingZeros + shownDigits : shownDigits - wholeDigits.length;
  if (decimals <= 0) return wholeDigits;
  const scaled = ((numerator * 10n ** BigInt(decimals)) / denominator).toString();
  const digits = scaled.padStart(decimals + 1, '0');
  return trimDecimal(`${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`);
}

function reduced({ numerator, denominator }: Fraction): Fraction {
  const divisor = greatestCommonDivisor(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}
