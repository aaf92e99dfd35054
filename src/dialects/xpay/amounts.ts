// Prices from the wire. Shops multiply a total by a rate and send what comes out, so this is the
// one place where excess decimals are rounded instead of refused (wire/xpay.md D38).

import { decimalsOf } from '../../money/assets.ts';
import { isRawNumber } from '../body.ts';

const WIRE_DECIMALS = 2;
/** Digits before the point: more than all the world's money in any currency. */
const MAX_WHOLE_DIGITS = 15;
const MAX_LENGTH = 1_000;
const plainDecimal = /^(\d+)(?:\.(\d+))?$/;

/**
 * Smallest units of the currency, rounded half up to two decimals, or to as many as the currency
 * has if it has fewer. Null when it is no plain decimal number, or 0 after rounding; `too_large`
 * when nothing could ever be paid with so much.
 */
export function readAmount(value: unknown, currency: string): bigint | 'too_large' | null {
  const match = plainDecimal.exec(textOf(value));
  if (match === null) return null;
  const [, whole = '', fraction = ''] = match;
  const digits = whole.replace(/^0+/, '');
  if (digits.length > MAX_WHOLE_DIGITS) return 'too_large';
  const decimals = decimalsOf(currency);
  const kept = decimals < WIRE_DECIMALS ? decimals : WIRE_DECIMALS;
  const cut = BigInt(digits + fraction.slice(0, kept).padEnd(kept, '0'));
  const rounded = (fraction[kept] ?? '0') >= '5' ? cut + 1n : cut;
  return rounded === 0n ? null : rounded * 10n ** BigInt(decimals - kept);
}

// The shortest text of a JSON number has an exponent only where it is 0 after rounding or too
// large, which its being no plain decimal then says; a number of too many digits comes as a text.
function textOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (isRawNumber(value)) return JSON.stringify(value);
  return typeof value === 'string' && value.length <= MAX_LENGTH ? value : '';
}
