// A quote's rate as one line a payer can check: `1 LTC = 84.12 USD`.

import { divideDown } from '../money/amount.ts';
import { findAsset } from '../money/assets.ts';
import { formatDecimal, trimDecimal } from '../money/decimal.ts';
import type { Instruction } from '../payments/nouns.ts';
import { withCommas } from './display.ts';

const SHOWN_DECIMALS = 8;
const FIAT_DECIMALS = 4;

/** The coin stands on the left, whichever way it was quoted; rounded down, for reading only. */
export function rateText(quote: Instruction['quote']): string | null {
  if (quote.base === quote.quote) return null;
  const forward = findAsset(quote.base)?.kind === 'crypto';
  const [one, other] = forward ? [quote.base, quote.quote] : [quote.quote, quote.base];
  const [top, bottom] = forward
    ? [BigInt(quote.numerator), BigInt(quote.denominator)]
    : [BigInt(quote.denominator), BigInt(quote.numerator)];
  const decimals = findAsset(other)?.kind === 'fiat' ? FIAT_DECIMALS : SHOWN_DECIMALS;
  const units = divideDown(top * 10n ** BigInt(decimals), bottom);
  if (units === 0n) return null;
  return `1 ${one} = ${withCommas(trimDecimal(formatDecimal(units, decimals)))} ${other}`;
}
