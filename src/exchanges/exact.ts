// Exact decimals of any length, for the edge where exchanges speak in decimal text of their own.

import { divideUp } from '../money/amount.ts';
import { formatDecimal, trimDecimal } from '../money/decimal.ts';
import type { Rate } from '../money/rate.ts';

/** `digits / 10 ** scale`. */
export type Exact = { readonly digits: bigint; readonly scale: number };

export const zero: Exact = { digits: 0n, scale: 0 };

const plainDecimal = /^(-?)(\d{1,60})(?:\.(\d{0,60}))?$/;

/** Throws for what is no plain decimal: whoever asked an exchange takes that for no answer. */
export function exact(text: string): Exact {
  const match = plainDecimal.exec(text);
  if (match === null) throw new Error(`${JSON.stringify(text)} is no decimal`);
  const [, sign = '', whole = '', fraction = ''] = match;
  return { digits: BigInt(`${sign}${whole}${fraction}`), scale: fraction.length };
}

export function plus(left: Exact, right: Exact): Exact {
  const scale = left.scale > right.scale ? left.scale : right.scale;
  return { digits: scaled(left, scale) + scaled(right, scale), scale };
}

export function minus(left: Exact, right: Exact): Exact {
  return plus(left, { ...right, digits: -right.digits });
}

/** Below, at or above zero, as sorting functions answer. */
export function compare(left: Exact, right: Exact): number {
  const { digits } = minus(left, right);
  return digits === 0n ? 0 : digits < 0n ? -1 : 1;
}

/** Whole units of an asset with so many decimals, not more than `value`; below zero is zero. */
export function unitsDown(value: Exact, decimals: number): bigint {
  if (value.digits <= 0n) return 0n;
  if (value.scale <= decimals) return scaled(value, decimals);
  return value.digits / 10n ** BigInt(value.scale - decimals);
}

/** Whole units, not less than `value`; below zero is zero. */
export function unitsUp(value: Exact, decimals: number): bigint {
  if (value.digits <= 0n) return 0n;
  if (value.scale <= decimals) return scaled(value, decimals);
  return divideUp(value.digits, 10n ** BigInt(value.scale - decimals));
}

/** The most units that are a whole multiple of both the smallest unit and `step`. */
export function unitsOnStep(units: bigint, decimals: number, step: Exact): bigint {
  const scale = step.scale > decimals ? step.scale : decimals;
  const unit = 10n ** BigInt(scale - decimals);
  const both = leastCommonMultiple(unit, scaled(step, scale));
  return ((units * unit) / both) * (both / unit);
}

/** The least multiple of `step` that is not below the rate less so many basis points. */
export function priceOnStep(rate: Rate, lessBasisPoints: number, step: Exact): string {
  const whole = 10_000n;
  const top = rate.numerator * (whole - BigInt(lessBasisPoints)) * 10n ** BigInt(step.scale);
  const steps = divideUp(top, rate.denominator * whole * step.digits);
  return trimDecimal(formatDecimal(steps * step.digits, step.scale));
}

function scaled({ digits, scale }: Exact, wanted: number): bigint {
  return digits * 10n ** BigInt(wanted - scale);
}

function leastCommonMultiple(left: bigint, right: bigint): bigint {
  let [larger, smaller] = [left, right];
  while (smaller !== 0n) [larger, smaller] = [smaller, larger % smaller];
  return (left / larger) * right;
}
