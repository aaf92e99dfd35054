// Unique amounts: equal amounts that are open on one requisite are told apart by a small addition.

import { decimalsOf } from '../money/assets.ts';

/** `whole` adds whole units of the currency, `decimals` its smallest. */
export const uniqueModes = ['none', 'whole', 'decimals'] as const;
export type UniqueMode = (typeof uniqueModes)[number];

/** The amounts to try, from what was asked for up to `bound` steps more; the payer pays it all. */
export function* amountsToTry(
  units: bigint,
  currency: string,
  { mode, bound }: { readonly mode: UniqueMode; readonly bound: number },
): Generator<bigint> {
  const step = mode === 'whole' ? 10n ** BigInt(decimalsOf(currency)) : 1n;
  const last = mode === 'none' ? 0n : BigInt(bound);
  for (let count = 0n; count <= last; count += 1n) yield units + count * step;
}
