// Amounts as banks print them for people: 1.234,56 or 1,234.56 or 1 234,56 or (12.00).

import { type Amount, amount } from '../money/amount.ts';
import { findAsset } from '../money/assets.ts';
import { parseDecimal } from '../money/decimal.ts';

export type Print = {
  readonly decimal: '.' | ',';
  /** Between groups of digits; a space stands for every kind of space. Empty: no groups. */
  readonly thousands: '' | '.' | ',' | ' ' | "'";
};

/**
 * Reads a printed amount of a currency, or says why not. Groups must have two or three digits
 * (India writes 1,00,000) and the last one three: a point that was meant for decimals is not
 * swallowed. The sign may stand before, behind (`12,00-`) or as brackets.
 */
export function readPrinted(text: string, asset: string, print: Print): Amount | string {
  const known = findAsset(asset);
  if (known === undefined) return `the currency “${asset}” is unknown`;
  const { negative, digits } = unsigned(text.replace(/[\s\u00a0\u202f]+/g, ' ').trim());
  const [whole = '', fraction, ...rest] = digits.split(print.decimal);
  const joined = withoutGroups(whole, print.thousands);
  if (rest.length > 0 || joined === null || !/^\d*$/.test(fraction ?? '')) {
    return `“${text.slice(0, 40)}” is not an amount of the form ${example(print)}`;
  }
  const units = parseDecimal(fraction ? `${joined}.${fraction}` : joined, known.decimals);
  if (units === 'too_many_decimals') return `${asset} has no ${fraction?.length} decimals`;
  if (units === 'not_a_number') return `“${text.slice(0, 40)}” is not an amount`;
  return amount(negative ? -units : units, asset);
}

function unsigned(text: string): { readonly negative: boolean; readonly digits: string } {
  const bracketed = /^\((.*)\)$/.exec(text);
  if (bracketed) return { negative: true, digits: (bracketed[1] ?? '').trim() };
  const minus = /^[-\u2212\u2013]|[-\u2212\u2013]$/.test(text);
  const digits = text.replace(/^[-+\u2212\u2013] ?| ?[-+\u2212\u2013]$/, '');
  return { negative: minus, digits };
}

function withoutGroups(whole: string, thousands: string): string | null {
  if (/^\d+$/.test(whole)) return whole;
  const groups = thousands === '' ? [] : whole.split(thousands);
  const right = groups.every((group, at) =>
    (at === 0 ? /^\d{1,3}$/ : at === groups.length - 1 ? /^\d{3}$/ : /^\d{2,3}$/).test(group),
  );
  return groups.length > 1 && right ? groups.join('') : null;
}

function example({ decimal, thousands }: Print): string {
  return `1${thousands}234${decimal}56`;
}
