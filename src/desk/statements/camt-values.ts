// The values of ISO 20022: texts, amounts with their currency, dates with and without a time.

import type { Amount } from '../../money/amount.ts';
import { findAsset } from '../../money/assets.ts';
import { parseDecimal } from '../../money/decimal.ts';
import { instantOf } from '../wall-time.ts';
import { type Direction, StatementFault, cleanText } from './statement.ts';
import { type Element, childAt } from './xml.ts';

/** The text of the element at a path, or null where it is absent or empty. */
export function textAt(of: Element | undefined, ...path: readonly string[]): string | null {
  return cleanText(childAt(of, ...path)?.text);
}

/** The `Amt` of an element: never negative, in a currency of ISO 4217, no finer than that. */
export function amountAt(of: Element): Amount {
  const element = childAt(of, 'Amt');
  if (element === undefined) throw new StatementFault(of.line, `<${of.name}>`, 'has no <Amt>');
  const fault = (what: string): StatementFault => new StatementFault(element.line, '<Amt>', what);
  const asset = element.attributes['Ccy'] ?? '';
  const known = findAsset(asset);
  if (known?.kind !== 'fiat') throw fault(`the currency “${asset}” is unknown`);
  const text = element.text.trim();
  const units = parseDecimal(text, known.decimals);
  if (units === 'too_many_decimals') throw fault(`“${text}” is finer than ${asset} is`);
  if (units === 'not_a_number' || units < 0n) throw fault(`“${text.slice(0, 40)}” is no amount`);
  return { units, asset };
}

export function directionAt(of: Element): Direction {
  const text = textAt(of, 'CdtDbtInd');
  if (text === 'CRDT') return 'in';
  if (text === 'DBIT') return 'out';
  throw new StatementFault(of.line, `<${of.name}>`, 'its <CdtDbtInd> is neither CRDT nor DBIT');
}

export type Dated = { readonly at: Date; readonly timed: boolean };

const dateForm = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * A choice of `Dt` and `DtTm`. Some banks write a time into `Dt`: both are read alike. A time
 * without an offset is the bank's own clock, which nobody knows: only its day counts.
 */
export function dateAt(of: Element | undefined): Dated | null {
  const element = childAt(of, 'Dt') ?? childAt(of, 'DtTm');
  const text = element?.text.trim();
  if (element === undefined || text === undefined || text === '') return null;
  const dated = readDate(text);
  if (dated !== null) return dated;
  throw new StatementFault(element.line, `<${element.name}>`, `“${text.slice(0, 40)}” is no date`);
}

function readDate(text: string): Dated | null {
  const match = dateForm.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((digits) => (digits === undefined ? undefined : parseInt(digits, 10)));
  const zone = match[7];
  const timed = hour !== undefined && zone !== undefined;
  const wall = { year, month, day, hour: timed ? hour : null, minute, second };
  const at = instantOf(timed ? wall : { ...wall, minute: 0, second: 0 }, 'UTC');
  return at === null ? null : { at: timed ? new Date(at.getTime() - offsetMs(zone)) : at, timed };
}

function offsetMs(zone: string): number {
  if (zone === 'Z') return 0;
  const minutes = parseInt(zone.slice(1, 3), 10) * 60 + parseInt(zone.slice(4), 10);
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
