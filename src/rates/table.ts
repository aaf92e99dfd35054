// A fixed table of rates, written by the operator as settings text: {"LTC/USD": "85.20"}.

import { findAsset } from '../money/assets.ts';
import { parseDecimal } from '../money/decimal.ts';
import { lowestTerms, type Rate } from '../money/rate.ts';
import type { RateSource } from './source.ts';

/** By pair, `LTC/USD`: how many dollars one litecoin costs. */
export type RateTable = ReadonlyMap<string, Rate>;

/** A settings text that cannot be used; the message has one sentence per bad entry. */
export class RateTableError extends Error {
  override name = 'RateTableError';
}

// Enough for the cheapest coin in the dearest one.
const rateDecimals = 30;
const maxEntries = 10_000;
const maxShownLength = 60;

/**
 * Reads settings text; empty text is an empty table. Every entry is a pair of two known assets and
 * a positive decimal in quotes. Refuses the whole text, naming every bad entry: a shop whose one
 * misspelt rate was skipped in silence would find out from its customers.
 */
export function parseRateTable(text: string): RateTable {
  const table = new Map<string, Rate>();
  const faults: string[] = [];
  for (const [pair, value] of readEntries(text)) {
    const rate = readRate(pair, value);
    if (typeof rate === 'string') faults.push(`${shown(pair)}: ${rate}`);
    else if (table.has(`${rate.quote}/${rate.base}`)) {
      faults.push(`${shown(pair)}: the same pair is given the other way round`);
    } else table.set(pair, rate);
  }
  if (faults.length > 0) throw new RateTableError(`rates: ${faults.join('; ')}`);
  return table;
}

/** A table as a source. Its rates stand for as long as the process runs: each is as new as now. */
export function createTableSource(
  table: RateTable,
  options: { readonly name: string; readonly testOnly: boolean; readonly now: () => Date },
): RateSource {
  return {
    name: options.name,
    testOnly: options.testOnly,
    knowsAny: table.size > 0,
    find(base, quote) {
      const rate = table.get(`${base}/${quote}`);
      return rate === undefined ? null : { rate, at: options.now() };
    },
  };
}

function readEntries(text: string): [string, unknown][] {
  if (text.trim() === '') return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new RateTableError('rates: not JSON; expected {"LTC/USD": "85.20"}');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new RateTableError('rates: not a JSON object; expected {"LTC/USD": "85.20"}');
  }
  const entries = Object.entries(parsed);
  if (entries.length > maxEntries) {
    throw new RateTableError(`rates: more than ${maxEntries} entries`);
  }
  return entries;
}

function readRate(pair: string, value: unknown): Rate | string {
  const [base, quote, ...rest] = pair.split('/');
  if (base === undefined || quote === undefined || rest.length > 0) {
    return 'a pair is two codes with a slash, such as "LTC/USD"';
  }
  for (const code of [base, quote]) {
    if (findAsset(code) === undefined) return `unknown asset ${shown(code)}`;
  }
  if (base === quote) return 'an asset has no rate to itself';
  if (typeof value !== 'string') return 'the rate must be decimal text in quotes, such as "85.20"';
  const numerator = parseDecimal(value, rateDecimals);
  if (numerator === 'not_a_number') return `${shown(value)} is not a plain decimal`;
  if (numerator === 'too_many_decimals') return `more than ${rateDecimals} decimals`;
  if (numerator <= 0n) return 'the rate must be greater than zero';
  return lowestTerms({ base, quote, numerator, denominator: 10n ** BigInt(rateDecimals) });
}

function shown(text: string): string {
  const cut = text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text;
  return JSON.stringify(cut);
}
