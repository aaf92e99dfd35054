// The list's query: wire/bitxpay.md section 3.4.

import { findAsset } from '../../money/assets.ts';
import type { ListFilter } from '../../payments/queries.ts';
import type { Detail } from './errors.ts';
import { readDateFilter } from './times.ts';
import { type InitialWord, clausesOf } from './words.ts';

type Query = Readonly<Record<string, unknown>>;

const DEFAULT_SIZE = 20;
const MAX_SIZE = 100;
/** Far behind the last page of anybody, and still an exact offset. */
const MAX_PAGE = 1_000_000_000;
const wholeNumber = /^\d{1,10}$/;

const issues = {
  statuses:
    'must be a comma-separated list of: pending, processing, completed, failed, expired, ' +
    'cancelled, refunded, active, inactive, all',
  currency: 'must be a valid 3-letter ISO 4217 code (e.g. GBP, USD)',
  date: 'must be a valid ISO 8601 date',
  order: 'must not be after to_date',
};

/** The filter; one sentence when the paging is wrong; details when something else is. */
export function readListQuery(query: Query, initial: InitialWord): ListFilter | string | Detail[] {
  const size = wholeOf(query.page_size, DEFAULT_SIZE);
  if (size === null || size < 1 || size > MAX_SIZE) return 'page_size must be between 1 and 100';
  const page = wholeOf(query.page, 1);
  if (page === null || page < 1) return 'page must be greater than or equal to 1';
  const details: Detail[] = [];
  const states = clausesOf(wordsOf(query.statuses), initial);
  if (states === 'unknown') details.push({ field: 'statuses', issue: issues.statuses });
  const currency = textOf(query.currency)?.trim().toUpperCase() ?? null;
  const asset = currency === null ? undefined : findAsset(currency);
  if (currency !== null && (asset?.kind !== 'fiat' || asset.testOnly)) {
    details.push({ field: 'currency', issue: issues.currency });
  }
  const range = readRange(query, details);
  if (details.length > 0 || states === 'unknown') return details;
  return { states, currency, ...range, page: Math.min(page, MAX_PAGE), size };
}

function readRange(query: Query, details: Detail[]): Pick<ListFilter, 'from' | 'to'> {
  const [from, to] = (['from', 'to'] as const).map((end) => {
    const text = textOf(query[`${end}_date`]);
    if (text === undefined) return null;
    const at = readDateFilter(text, end);
    if (at === null) details.push({ field: `${end}_date`, issue: issues.date });
    return at;
  });
  if (from && to && from > to) details.push({ field: 'from_date', issue: issues.order });
  return { from: from ?? null, to: to ?? null };
}

// An empty parameter is one that a form left out. A repeated one counts as its last value.
function textOf(value: unknown): string | undefined {
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' && last !== '' ? last : undefined;
}

function wordsOf(value: unknown): string[] {
  const text = Array.isArray(value) ? value.join(',') : textOf(value);
  if (text === undefined) return [];
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function wholeOf(value: unknown, otherwise: number): number | null {
  const text = textOf(value);
  if (text === undefined) return otherwise;
  return wholeNumber.test(text) ? Number(text) : null;
}
