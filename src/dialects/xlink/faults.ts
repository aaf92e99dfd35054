// What a value may be wrong in: the checks that bodies, queries and paths share.

import { uuidPattern } from '../../merchants/ids.ts';
import { decimalsOf, isPayableFiat } from '../../money/assets.ts';
import { decimalOfJsonNumber, parseDecimal } from '../../money/decimal.ts';
import { isObject } from '../body.ts';
import type { Fault } from './errors.ts';

/** What a value means, or what is wrong with it. */
export type Read<T> = { readonly value: T } | { readonly fault: Fault };

const MAX_WHOLE_DIGITS = 15;
const MAX_URL = 2_048;
const MAX_DECIMALS = 18;
const wholeNumber = /^-?\d{1,18}$/;
const controls = /\p{Cc}/u;
const httpUrl = /^https?:\/\/[^\s\p{Cc}]+$/iu;
const currencyCode = /^[A-Z]{3}$/;

export const missing: Fault = { type: 'missing', msg: 'Field required' };
const notText: Fault = { type: 'string_type', msg: 'Input should be a valid string' };
const notWhole: Fault = { type: 'int_parsing', msg: 'Input should be a valid integer' };
const notUuid: Fault = { type: 'uuid_parsing', msg: 'Input should be a valid UUID' };
export const notObject: Fault = {
  type: 'dict_type',
  msg: 'Input should be a valid dictionary',
};
const notPositive: Fault = { type: 'greater_than', msg: 'Input should be greater than 0' };
const notDecimal = refused('Input should be a plain decimal number without exponent');
const tooLong = refused(`Input should have at most ${MAX_WHOLE_DIGITS} digits before the point`);
const unstorable = refused('Input should not contain characters that cannot be stored');
export const notEncoded = refused('Input should be percent-encoded UTF-8');
const notUrl: Fault = {
  type: 'url_parsing',
  msg: `Input should be an absolute http or https URL of at most ${MAX_URL} characters`,
};
const unknownCurrency: Fault = {
  type: 'enum',
  msg: 'Input should be a currency code of ISO 4217',
};

export function refused(msg: string): Fault {
  return { type: 'value_error', msg };
}

/** A whole number above 0, or the same as text. */
export function positive(value: unknown): Read<number> {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !wholeNumber.test(text)) return { fault: notWhole };
  const found = Number(text);
  return found > 0 ? { value: found } : { fault: notPositive };
}

export function uuid(value: unknown): Read<string> {
  const found = typeof value === 'string' && uuidPattern.test(value);
  return found ? { value: value.toLowerCase() } : { fault: notUuid };
}

/** One of the words, in any case; answered as it stands in the list. */
export function word<W extends string>(words: readonly W[]): (value: unknown) => Read<W> {
  const list = words.map((one) => `'${one}'`);
  const msg = `Input should be ${list.slice(0, -1).join(', ')} or ${list.at(-1)}`;
  return (value) => {
    if (typeof value !== 'string') return { fault: notText };
    const found = words.find((one) => one.toLowerCase() === value.toLowerCase());
    return found === undefined ? { fault: { type: 'enum', msg } } : { value: found };
  };
}

/** A text of 1 to `longest` characters without control characters. */
export function name(longest: number): (value: unknown) => Read<string> {
  const least = refused('Input should have at least 1 character');
  const plain = refused('Input should not contain control characters');
  const readText = text(longest);
  return (value) => {
    const read = readText(value);
    if ('fault' in read) return read;
    if (read.value === '') return { fault: least };
    return controls.test(read.value) ? { fault: plain } : read;
  };
}

export function text(longest: number): (value: unknown) => Read<string> {
  const msg = `Input should have at most ${longest} characters`;
  return (value) => {
    if (typeof value !== 'string') return { fault: notText };
    if (!isWithin(value, longest)) return { fault: { type: 'string_too_long', msg } };
    // PostgreSQL's text holds no NUL, and half a surrogate pair has no UTF-8.
    const storable = !value.includes('\0') && value.isWellFormed();
    return storable ? { value } : { fault: unstorable };
  };
}

// Characters as people count them; the quick count is enough for nearly every text.
function isWithin(value: string, longest: number): boolean {
  return value.length <= longest || (value.length <= 2 * longest && [...value].length <= longest);
}

export function url(value: unknown): Read<string> {
  if (typeof value !== 'string') return { fault: notText };
  const found = value.length <= MAX_URL && httpUrl.test(value) && value.isWellFormed();
  const parsed = found ? URL.parse(value) : null;
  // Nobody is called by a name and a password that stand in an address.
  const open = parsed !== null && parsed.username === '' && parsed.password === '';
  return open ? { value } : { fault: notUrl };
}

/** A code of ISO 4217 in any case. */
export function currency(value: unknown): Read<string> {
  if (typeof value !== 'string') return { fault: notText };
  const code = value.toUpperCase();
  const found = currencyCode.test(code) && isPayableFiat(code);
  return found ? { value: code } : { fault: unknownCurrency };
}

/** Three letters in any case, known or not: a filter for a strange currency finds nothing. */
export function currencyFilter(value: unknown): Read<string> {
  const code = typeof value === 'string' ? value.toUpperCase() : '';
  return currencyCode.test(code) ? { value: code } : { fault: unknownCurrency };
}

/**
 * An amount above 0 in the smallest units of a currency; null: the currency is not known, so that
 * only what is wrong in any currency is found, and the units say nothing.
 */
export function units(value: unknown, code: string | null): Read<bigint> {
  const plain = typeof value === 'number' ? decimalOfJsonNumber(value) : value;
  if (plain === null) return { fault: tooLong };
  if (typeof plain !== 'string') return { fault: notText };
  if (plain.startsWith('-') && typeof parseDecimal(plain, MAX_DECIMALS) === 'bigint') {
    return { fault: notPositive };
  }
  const decimals = code === null ? MAX_DECIMALS : decimalsOf(code);
  const found = parseDecimal(plain, decimals);
  if (found === 'not_a_number') return { fault: notDecimal };
  if (found === 'too_many_decimals') return { fault: tooFine(decimals) };
  if (found <= 0n) return { fault: notPositive };
  const whole = plain.split('.', 1)[0] ?? '';
  return whole.replace(/^0+/, '').length > MAX_WHOLE_DIGITS ? { fault: tooLong } : { value: found };
}

function tooFine(decimals: number): Fault {
  const msg = `Input should have no more than ${decimals} decimal places`;
  return { type: 'decimal_max_places', msg };
}

/** An object of at most `longest` bytes when it is printed. */
export function object(
  longest: number,
): (value: unknown) => Read<Readonly<Record<string, unknown>>> {
  const large = refused(`Input should have at most ${longest} bytes when serialised`);
  return (value) => {
    if (!isObject(value)) return { fault: notObject };
    return Buffer.byteLength(JSON.stringify(value)) > longest ? { fault: large } : { value };
  };
}
