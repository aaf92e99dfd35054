// An amount of money: a whole number of an asset's smallest units, never a JavaScript number.

/** `units` counts the smallest unit (cents, satoshis) of `asset`, a code of `assets.ts`. */
export type Amount = { readonly units: bigint; readonly asset: string };

export function amount(units: bigint, asset: string): Amount {
  return { units, asset };
}

export function minimum(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

export function maximum(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}

/** `ceil(numerator / denominator)` for non-negative operands; the caller keeps the remainder. */
export function divideUp(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

/** `floor(numerator / denominator)` for non-negative operands; the payer keeps the remainder. */
export function divideDown(numerator: bigint, denominator: bigint): bigint {
  return numerator / denominator;
}
