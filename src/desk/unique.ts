// Unique amounts: equal amounts that are open on one requisite are told apart by a small addition.

import { decimalsOf } from '../money/assets.ts';

/** `whole` adds whole units of the currency, `decimals` its smallest. */
export const uniqueModes = ['none', 'whole', 'decimals'] as const;
export type UniqueMode = (typeof uniqueModes)[number];

/** From what was asked for to the largest, by steps; the payer pays it all. */
export type AmountsToTry = { readonly step: bigint; readonly largest: bigint };

/** At most `bound` steps are added. */
export function amountsToTry(
  units: bigint,
  currency: string,
  { mode, bound }: { readonly mode: UniqueMode; readonly bound: number },
): AmountsToTry {
  if (mode === 'none') return { step: 1n, largest: units };
  const step = mode === 'whole' ? 10n ** BigInt(decimalsOf(currency)) : 1n;
  return { step, largest: units + BigInt(bound) * step };
}
