// How amounts, names, times and links look to a payer. Text in, text out; no number holds money.

import type { Amount } from '../money/amount.ts';
import { assetOf } from '../money/assets.ts';
import { formatDecimal, trimDecimal } from '../money/decimal.ts';

/** An amount as printed. `exact` is what a wallet's amount field takes: digits and a point. */
export type Money = { readonly exact: string; readonly asset: string; readonly coin: boolean };

/** Fiat keeps its minor units (12.50); a coin's trailing zeros say nothing and are left out. */
export function moneyOf(amount: Amount): Money {
  const asset = assetOf(amount.asset);
  const coin = asset.kind === 'crypto';
  const text = formatDecimal(amount.units, asset.decimals);
  return { exact: coin ? trimDecimal(text) : text, asset: asset.code, coin };
}

/** `1,234,567.89 USD` for fiat; a coin's digits stay bare, to be typed as they are. */
export function moneyText(money: Money): string {
  const digits = money.coin ? money.exact : withCommas(money.exact);
  return `${digits} ${money.asset}`;
}

export function withCommas(exact: string): string {
  const [whole = '', fraction] = exact.split('.');
  const grouped = fromTheRight(whole).join(',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Groups of three around the point, which stays whole: `1234.56789` is `1`, `234.567`, `89`. */
export function digitGroups(exact: string): readonly string[] {
  const [whole = '', fraction] = exact.split('.');
  const groups = fromTheRight(whole);
  const [first, ...others] = fraction?.match(/.{1,3}/g) ?? [];
  if (first === undefined) return groups;
  return [...groups.slice(0, -1), `${groups.at(-1) ?? ''}.${first}`, ...others];
}

const ADDRESS_GROUP = /^[a-z]+:.{1,4}|.{1,4}/gsu;

/** An address in fours, which is how people compare them; the first keeps a prefix before it. */
export function addressGroups(address: string): readonly string[] {
  return address.match(ADDRESS_GROUP) ?? [];
}

function fromTheRight(digits: string): string[] {
  const head = digits.length % 3;
  const groups = digits.slice(head).match(/.{3}/g) ?? [];
  return head > 0 ? [digits.slice(0, head), ...groups] : groups;
}

// Control characters and the marks that turn the direction of writing can make one name look like
// another, or reach out of their own line.
const invisible = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** A name somebody else wrote, on one line and without characters that deceive the eye. */
export function nameText(text: string): string {
  return text.replace(invisible, ' ').trim();
}

const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
const DAY_HOURS = 24;

/** `3 days`, `2 h 05 min`, `14 min`, `less than a minute`: what is left, rounded down. */
export function durationText(leftMs: number): string {
  const minutes = Math.floor(leftMs / MINUTE_MS);
  if (minutes < 1) return 'less than a minute';
  const hours = Math.floor(minutes / HOUR_MINUTES);
  if (hours < 1) return `${minutes} min`;
  const days = Math.floor(hours / DAY_HOURS);
  if (days >= 2) return `${days} days`;
  return `${hours} h ${String(minutes % HOUR_MINUTES).padStart(2, '0')} min`;
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `31 Jan 2026, 14:05 UTC` */
export function timeText(at: Date): string {
  const clock = at.toISOString().slice(11, 16);
  return `${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${clock} UTC`;
}

/** The link byte for byte, if a browser would take it for http or https; else null. */
export function webUrl(text: string | null): string | null {
  if (text === null || !URL.canParse(text)) return null;
  const { protocol, username, password } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return null;
  // `https://shop.example@evil.example/` reads like the shop and is not.
  return username === '' && password === '' ? text : null;
}

const walletScheme = /^[a-z][a-z0-9-]{1,40}:[^\s\p{Cc}]+$/iu;
const scriptScheme = /^(javascript|data|vbscript|file|blob|about|view-source):/i;

/** A link for a wallet program (BIP 21 and its kin), or null when it is none. */
export function walletUri(uri: string | null): string | null {
  if (uri === null || !walletScheme.test(uri) || scriptScheme.test(uri)) return null;
  return uri;
}
