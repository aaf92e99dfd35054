// Statements as CSV, read by a mapping that says what stands in which column.

import { CsvError, parse } from 'csv-parse/sync';
import type { Amount } from '../../money/amount.ts';
import { readPrinted } from '../printed-amount.ts';
import { createDateReader } from './csv-date.ts';
import { type CsvMapping, csvMappingFault } from './csv-mapping.ts';
import { createIdentities } from './identity.ts';
import {
  type Direction,
  type Entry,
  type RawEntry,
  type Statement,
  StatementFault,
  cleanAccount,
  cleanReference,
  cleanText,
  maxEntriesPerFile,
} from './statement.ts';

const MAX_RECORD_CHARACTERS = 64_000;

type Column = keyof Omit<CsvMapping['columns'], 'text'>;
type Row = { readonly line: number; readonly cells: readonly string[] };
/** Finds the cell of a column in a row; null where it is not mapped or empty. */
type Read = (row: Row, column: Column) => string | null;

/**
 * Reads the rows as entries, one statement per account and currency. A row whose mapped cells are
 * all empty is passed over (totals, blank lines). Throws `StatementFault` with the line and column.
 */
export function parseCsv(text: string, mapping: CsvMapping): Statement[] {
  const wrong = csvMappingFault(mapping);
  if (wrong !== null) throw new StatementFault(1, 'mapping', wrong);
  const rows = rowsOf(text, mapping);
  const headings = mapping.headings === false ? null : rows.shift();
  const find = createFinder(mapping, headings ?? null);
  const readDate = createDateReader(mapping.dateFormat, mapping.timeZone ?? 'UTC');
  const identify = createIdentities();
  const statements = new Map<string, Statement & { entries: Entry[] }>();
  for (const row of rows) {
    const { read, words } = find;
    const booked = read(row, 'bookedAt');
    if (booked === null && moved(read, row) === null) continue;
    const account = cleanAccount(read(row, 'account') ?? mapping.account);
    if (account === null) throw new StatementFault(row.line, 'account', 'it is empty');
    const raw = entryOf({ row, read, text: words(row), mapping, readDate });
    const entry = { ...raw, id: identify(account, raw, null) };
    const key = `${account} ${raw.amount.asset}`;
    const known = statements.get(key);
    if (known) known.entries.push(entry);
    else {
      const currency = raw.amount.asset;
      statements.set(key, { account, currency, entries: [entry], balances: [] });
    }
  }
  return [...statements.values()];
}

function rowsOf(text: string, { delimiter, skipLines = 0 }: CsvMapping): Row[] {
  const limit = skipLines + maxEntriesPerFile + 2;
  try {
    // Line ends inside of quotes would be counted twice with their carriage returns.
    const records = parse(text.replaceAll('\r\n', '\n'), {
      delimiter,
      info: true,
      from_line: skipLines + 1,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: MAX_RECORD_CHARACTERS,
      to: limit,
    }) as unknown as readonly { record: string[]; info: { lines: number } }[];
    if (records.length === limit) {
      throw new StatementFault(limit, 'file', `more than ${maxEntriesPerFile} entries`);
    }
    return records.map(({ record, info }) => ({ line: info.lines, cells: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    throw new StatementFault(line, 'row', error.message.slice(0, 200));
  }
}

type Finder = { readonly read: Read; readonly words: (row: Row) => string };

function createFinder({ columns }: CsvMapping, headings: Row | null): Finder {
  const width = headings?.cells.length ?? 0;
  const indexOf = (column: string | number): number => {
    if (typeof column === 'number') return column - 1;
    const name = column.trim().toLowerCase();
    const at = headings?.cells.findIndex((cell) => cell.trim().toLowerCase() === name) ?? -1;
    if (at >= 0) return at;
    throw new StatementFault(headings?.line ?? 1, 'headings', `there is no column “${column}”`);
  };
  const { text = [], ...single } = columns;
  const places = new Map(
    Object.entries(single).map(([name, column]) => [name, indexOf(column)] as const),
  );
  const textPlaces = text.map(indexOf);
  const furthest = Math.max(...places.values(), ...textPlaces);
  return {
    read: (row, column) => {
      const at = places.get(column);
      // A row that is cut off would read an amount as empty: money that came in must not vanish.
      if (row.cells.length <= furthest && row.cells.length > 1) {
        const most = Math.max(furthest + 1, width);
        throw new StatementFault(row.line, 'row', `${row.cells.length} columns instead of ${most}`);
      }
      return at === undefined ? null : cleanText(row.cells[at]);
    },
    words: (row) => cleanText(textPlaces.map((at) => row.cells[at] ?? '').join(' ')) ?? '',
  };
}

/** The cells of money, empty ones as null; null when all of them are. */
function moved(
  read: Read,
  row: Row,
): Partial<Record<'amount' | 'credit' | 'debit', string>> | null {
  const [amount, credit, debit] = [read(row, 'amount'), read(row, 'credit'), read(row, 'debit')];
  if (amount === null && credit === null && debit === null) return null;
  return { ...(amount && { amount }), ...(credit && { credit }), ...(debit && { debit }) };
}

type Rowed = {
  readonly row: Row;
  readonly read: Read;
  readonly text: string;
  readonly mapping: CsvMapping;
  readonly readDate: ReturnType<typeof createDateReader>;
};

function entryOf({ row, read, text, mapping, readDate }: Rowed): RawEntry {
  const date = (column: 'bookedAt' | 'valueAt') => {
    const cell = read(row, column);
    if (cell === null) return null;
    const dated = readDate(cell);
    if (dated !== null) return dated;
    const what = `“${cell.slice(0, 40)}” is no date of the form ${mapping.dateFormat}`;
    throw new StatementFault(row.line, column, what);
  };
  const booked = date('bookedAt');
  const status = read(row, 'status')?.toLowerCase();
  return {
    ...movementOf(row, read, mapping),
    reversal: false,
    status: mapping.pendingWords?.some((word) => word.toLowerCase() === status)
      ? 'pending'
      : 'booked',
    bookedAt: booked?.at ?? null,
    valueAt: date('valueAt')?.at ?? null,
    timed: booked?.timed ?? false,
    counterpartyName: read(row, 'counterpartyName'),
    counterpartyAccount: cleanAccount(read(row, 'counterpartyAccount')),
    text,
    endToEndId: cleanReference(read(row, 'endToEndId')),
    bankReference: cleanReference(read(row, 'bankReference')),
  };
}

type Movement = { readonly amount: Amount; readonly direction: Direction };

function movementOf(row: Row, read: Read, mapping: CsvMapping): Movement {
  const asset = (read(row, 'currency') ?? mapping.currency ?? '').toUpperCase();
  const print = { decimal: mapping.decimal, thousands: mapping.thousands ?? '' } as const;
  const number = (column: 'amount' | 'credit' | 'debit', cell: string): bigint => {
    const amount = readPrinted(cell, asset, print);
    if (typeof amount === 'string') throw new StatementFault(row.line, column, amount);
    return amount.units;
  };
  const cells = moved(read, row);
  const [credit, debit] = [cells?.credit, cells?.debit].map((cell, at) =>
    cell === undefined ? 0n : number(at === 0 ? 'credit' : 'debit', cell),
  ) as [bigint, bigint];
  // Some banks print debits with a minus in their column, others without: both mean money out.
  const both = credit - (debit < 0n ? -debit : debit);
  const signed = cells?.amount === undefined ? both : number('amount', cells.amount);
  if (cells === null) throw new StatementFault(row.line, 'amount', 'it is empty');
  const units = signed < 0n ? -signed : signed;
  return { amount: { units, asset }, direction: directionOf(row, read, mapping, signed) };
}

function directionOf(row: Row, read: Read, mapping: CsvMapping, signed: bigint): Direction {
  const { plusIs = 'in', inWords = [], outWords = [], columns } = mapping;
  if (columns.direction === undefined) {
    const plus = columns.amount === undefined ? 'in' : plusIs;
    const minus = plus === 'in' ? 'out' : 'in';
    return signed < 0n ? minus : plus;
  }
  const word = read(row, 'direction')?.toLowerCase() ?? '';
  const among = (words: readonly string[]): boolean =>
    words.some((one) => one.trim().toLowerCase() === word);
  if (among(inWords)) return 'in';
  if (among(outWords) || outWords.length === 0) return 'out';
  throw new StatementFault(row.line, 'direction', `“${word.slice(0, 40)}” is no known word`);
}
