// Decimal text to units and back, without a JavaScript number in between.

/** Why a text is no amount: not plain decimal notation, or finer than the asset's smallest unit. */
export type DecimalFault = 'not_a_number' | 'too_many_decimals';

const maxLength = 80;
// Amount columns are numeric(78,0): the headroom lets sums of a billion billion amounts fit too.
const unitsLimit = 10n ** 60n;
// Every decimal of up to 15 digits survives the way through a double and back (IEEE 754, DBL_DIG).
const maxJsonDigits = 15;
const plainDecimal = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * Reads plain decimal text as smallest units: `'12.50'` with 2 decimals is `1250n`.
 * Only ASCII digits, one leading `-` and one inner `.` are known: no exponent, comma, `+`, space.
 * Excess precision is refused, never rounded; excess zeros are harmless (`'5000.00'` KRW is 5000).
 */
export function parseDecimal(text: string, decimals: number): bigint | DecimalFault {
  if (text.length > maxLength) return 'not_a_number';
  const match = plainDecimal.exec(text);
  if (match === null) return 'not_a_number';
  const [, sign = '', whole = '', fraction = ''] = match;
  const needed = withoutTrailingZeros(fraction);
  if (needed.length > decimals) return 'too_many_decimals';
  const units = BigInt(whole + needed.padEnd(decimals, '0'));
  if (units >= unitsLimit) return 'not_a_number';
  return sign === '-' ? -units : units;
}

/** Prints smallest units with exactly `decimals` decimals: `1250n` with 2 is `'12.50'`. */
export function formatDecimal(units: bigint, decimals: number): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0');
  if (decimals === 0) return sign + digits;
  const point = digits.length - decimals;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The same decimal without zeros at its end: `'12.50'` is `'12.5'`, `'3.00'` is `'3'`. */
export function trimDecimal(text: string): string {
  const point = text.indexOf('.');
  if (point < 0) return text;
  const fraction = withoutTrailingZeros(text.slice(point + 1));
  return fraction === '' ? text.slice(0, point) : `${text.slice(0, point)}.${fraction}`;
}

/**
 * The shortest decimal text, without exponent, of a number that came in JSON; exact, because such
 * texts of up to 15 digits survive the way through a double. Null for a number which needs more
 * digits than that (zeros before the point count: above them neighbours are no longer told apart),
 * and for one that is not finite (`1e400` is Infinity after parsing).
 */
export function decimalOfJsonNumber(value: number): string | null {
  if (!Number.isFinite(value)) return null;
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  const text = movePoint(mantissa, Number(exponent));
  const digits = text.replace(/[-.]/g, '').replace(/^0+/, '');
  return digits.length > maxJsonDigits ? null : text;
}

function movePoint(mantissa: string, places: number): string {
  if (places === 0) return mantissa;
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.slice(sign.length).split('.');
  if (places > 0) return sign + whole + fraction.padEnd(places, '0');
  return `${sign}0.${'0'.repeat(-places - whole.length)}${whole}${fraction}`;
}

// A loop, not /0+$/: that expression takes quadratic time on a text of many zeros.
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}
