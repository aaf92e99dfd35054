// SWIFT MT940, customer statement message: Standards MT, category 9, field by field.

import { isValidIBAN } from 'ibantools';
import type { Amount } from '../../money/amount.ts';
import { findAsset } from '../../money/assets.ts';
import { parseDecimal } from '../../money/decimal.ts';
import { instantOf } from '../wall-time.ts';
import { createIdentities } from './identity.ts';
import { type Narrative, readNarrative } from './mt940-narrative.ts';
import {
  type Balance,
  type Entry,
  type RawEntry,
  type Statement,
  StatementFault,
  cleanAccount,
  cleanReference,
  cleanText,
  maxEntriesPerFile,
} from './statement.ts';

type Field = { readonly tag: string; readonly line: number; readonly lines: readonly string[] };

/** The standard knows 390 in field 86; some banks write more. */
const MAX_FIELD_CHARACTERS = 4_000;
// In place of a reference: it stands in field 86 behind this code.
const pointers = /^(EREF|KREF|MREF|MARF|PREF)\+?$/;
const fieldForm = /^:(\d\d[A-Z]?|NS):(.*)$/;
const balanceForm = /^([CD])(\d{6})([A-Z]{3})(\d{1,15},\d*)$/;
// 6!n[4!n]2a[1!a]15d1!a3!c16x[//16x]: value date, entry date, mark, funds code, amount, kind,
// the owner's reference, the bank's. Some banks leave spaces where the entry date would be, or
// the comma out.
const entryForm =
  /^(\d{6})(\d{4}| {4})?(R?[CD]|E[CD])([A-Z])?(\d{1,15}(?:,\d*)?)([A-Z][A-Z0-9 ]{3})(.*)$/;

/**
 * Reads every statement message of a file: bare, or inside the blocks of SWIFT FIN. Lines before
 * the first `:20:` and tags that banks add are passed over. Throws `StatementFault`.
 */
export function parseMt940(text: string): Statement[] {
  const identify = createIdentities();
  const messages = messagesOf(fieldsOf(text));
  if (messages.length === 0) throw new StatementFault(1, 'file', 'there is no tag :20: in it');
  const statements = messages.map((fields) => readMessage(fields, identify));
  const count = statements.reduce((sum, { entries }) => sum + entries.length, 0);
  if (count > maxEntriesPerFile) {
    throw new StatementFault(1, 'file', `more than ${maxEntriesPerFile} entries`);
  }
  return statements;
}

function fieldsOf(text: string): Field[] {
  const fields: (Field & { lines: string[]; length: number })[] = [];
  let open = false;
  for (const [at, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = raw.replace(/^\{1:.*?\{4:/, '');
    const match = fieldForm.exec(line);
    const [, tag, value] = match ?? [];
    if (tag !== undefined) fields.push({ tag, line: at + 1, lines: [], length: 0 });
    open = tag !== undefined || (open && !/^-(\}|$)/.test(line));
    const field = fields.at(-1);
    const part = value ?? line;
    if (!open || field === undefined || part === '') continue;
    field.lines.push(part);
    field.length += part.length;
    if (field.length > MAX_FIELD_CHARACTERS) {
      throw new StatementFault(at + 1, `:${field.tag}:`, 'it is too long');
    }
  }
  return fields;
}

function messagesOf(fields: readonly Field[]): Field[][] {
  const messages: Field[][] = [];
  for (const field of fields) {
    if (field.tag === '20') messages.push([]);
    messages.at(-1)?.push(field);
  }
  return messages;
}

type Identify = ReturnType<typeof createIdentities>;

function readMessage(fields: readonly Field[], identify: Identify): Statement {
  const account = accountOf(fields);
  const opening = fields.find(({ tag }) => tag === '60F' || tag === '60M');
  if (opening === undefined) {
    throw new StatementFault(fields[0]?.line ?? 1, ':20:', 'the statement has no tag :60F:');
  }
  const currency = balanceOf(opening).amount.asset;
  const entries: Entry[] = [];
  for (const [at, field] of fields.entries()) {
    if (field.tag !== '61') continue;
    const entry = readEntry(field, narrativeAfter(fields, at), currency);
    entries.push({ ...entry, id: identify(account, entry, null) });
  }
  const balances = fields.filter(({ tag }) => tag in kinds).map(balanceOf);
  return { account, currency, entries, balances };
}

function accountOf(fields: readonly Field[]): string {
  const field = fields.find(({ tag }) => tag === '25' || tag === '25P');
  const account = cleanAccount(field?.lines[0]);
  if (account === null) {
    throw new StatementFault(fields[0]?.line ?? 1, ':20:', 'the statement has no tag :25:');
  }
  if (isValidIBAN(account)) return account;
  // Some banks write the currency behind the number, others after a stroke: it is no part of it.
  const [, number = account] = /^(.*[0-9])\/?[A-Z]{3}$/.exec(account) ?? [];
  return number;
}

const kinds: Readonly<Record<string, Balance['kind']>> = {
  '60F': 'opening',
  '60M': 'opening',
  '62F': 'closing',
  '62M': 'closing',
  '64': 'available',
};

function balanceOf(field: Field): Balance {
  const place = `:${field.tag}:`;
  const match = balanceForm.exec(field.lines[0]?.trim() ?? '');
  if (match === null) {
    throw new StatementFault(field.line, place, 'it is not C or D, date, currency and amount');
  }
  const [, mark = '', date = '', asset = '', text = ''] = match;
  const { units } = amountOf(field, text, asset);
  const amount = { units: mark === 'D' ? -units : units, asset };
  // A balance without a day (000000 at some banks) is a balance all the same.
  return { kind: kinds[field.tag] ?? 'other', amount, at: dateOf(date) };
}

function readEntry(field: Field, narrative: Narrative | null, currency: string): RawEntry {
  const [first = '', supplement = ''] = field.lines;
  const match = entryForm.exec(first);
  if (match === null) {
    const shown = first.slice(0, 60);
    throw new StatementFault(field.line, ':61:', `“${shown}” is not a statement line`);
  }
  const [, value = '', entryDate, mark = '', , amount = '', , references = ''] = match;
  const valueAt = dateOf(value);
  if (valueAt === null) throw new StatementFault(field.line, ':61:', `“${value}” is no date`);
  const [own = '', bank] = references.split('//', 2);
  // RC and RD take an entry back: the reversal of a credit lowers the balance. EC and ED are only
  // expected.
  const credit = mark.endsWith('C') !== mark.startsWith('R');
  const account = narrative?.account || [supplement, own].find(isIban);
  const words = [supplement, own].filter((said) => !isIban(said) && !pointers.test(said));
  return {
    amount: amountOf(field, amount, currency),
    direction: credit ? 'in' : 'out',
    reversal: mark.startsWith('R'),
    status: mark.startsWith('E') ? 'pending' : 'booked',
    bookedAt: bookedOn(valueAt, entryDate),
    valueAt,
    timed: false,
    counterpartyName: cleanText(narrative?.name),
    counterpartyAccount: cleanAccount(account),
    text: cleanText([narrative?.text ?? '', ...words.map(cleanReference)].join(' ')) ?? '',
    endToEndId: cleanReference(narrative?.endToEndId),
    bankReference: cleanReference(bank),
  };
}

function isIban(text: string): boolean {
  return isValidIBAN(text.trim());
}

/** The :86: that follows an entry, before the next one or the closing balance. */
function narrativeAfter(fields: readonly Field[], at: number): Narrative | null {
  for (const { tag, lines } of fields.slice(at + 1, at + 4)) {
    if (tag === '86') return readNarrative(lines);
    if (tag !== 'NS') return null;
  }
  return null;
}

/** The entry date has no year: it is the one that brings it closest to the value date. */
function bookedOn(valueAt: Date, entryDate: string | undefined): Date {
  if (entryDate === undefined || entryDate.trim() === '') return valueAt;
  const [month, day] = [parseInt(entryDate.slice(0, 2), 10), parseInt(entryDate.slice(2), 10)];
  const distance = (date: Date): number => Math.abs(date.getTime() - valueAt.getTime());
  const candidates = [-1, 0, 1].flatMap((shift) => {
    const year = valueAt.getUTCFullYear() + shift;
    return instantOf({ year, month, day, hour: null, minute: 0, second: 0 }, 'UTC') ?? [];
  });
  return candidates.sort((one, other) => distance(one) - distance(other))[0] ?? valueAt;
}

/** YYMMDD; 80 and later were the last century. */
function dateOf(text: string): Date | null {
  const [yy, month, day] = [0, 2, 4].map((at) => parseInt(text.slice(at, at + 2), 10));
  const year = (yy ?? 0) + ((yy ?? 0) < 80 ? 2000 : 1900);
  const wall = { year, month: month ?? 0, day: day ?? 0, hour: null, minute: 0, second: 0 };
  return instantOf(wall, 'UTC');
}

/** The comma is always there, the decimals behind it may be missing: `15,`. */
function amountOf({ line, tag }: Field, text: string, asset: string): Amount {
  const known = findAsset(asset);
  const fault = (what: string): StatementFault => new StatementFault(line, `:${tag}:`, what);
  if (known?.kind !== 'fiat') throw fault(`the currency “${asset}” is unknown`);
  const [whole = '', fraction = ''] = text.split(',');
  const units = parseDecimal(fraction === '' ? whole : `${whole}.${fraction}`, known.decimals);
  if (typeof units === 'bigint') return { units, asset };
  throw fault(
    units === 'not_a_number' ? `“${text}” is no amount` : `“${text}” is finer than ${asset}`,
  );
}
