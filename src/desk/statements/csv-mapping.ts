// What stands in which column of a bank's CSV: data that a person writes once per bank.

import { type Static, Type } from 'typebox';
import { isTimeZone } from '../zone.ts';

/** A column by its number from 1, or by its heading. Numbers first: a validator that coerces types
 * would make a heading of them. */
const column = Type.Union([
  Type.Integer({ minimum: 1, maximum: 500 }),
  Type.String({ minLength: 1, maxLength: 200 }),
]);
const words = Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 20 });

/** JSON Schema and type of a mapping. Members that are left out have the default that is named. */
export const csvMappingSchema = Type.Object(
  {
    delimiter: Type.Enum([',', ';', '\t', '|']),
    /** Label of the WHATWG encoding standard; UTF-8, or windows-1252 where that cannot be. */
    encoding: Type.Optional(Type.String({ maxLength: 40 })),
    /** Lines above the headings, or above the first entry: none. */
    skipLines: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })),
    /** Whether the first line after those has headings: it has. */
    headings: Type.Optional(Type.Boolean()),
    /** The account and the currency of all entries, where no column says them. */
    account: Type.Optional(Type.String({ minLength: 1, maxLength: 70 })),
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$' })),
    /** YYYY, YY, MM, DD, HH, mm and ss stand for digits, everything else for itself. */
    dateFormat: Type.String({ minLength: 4, maxLength: 40 }),
    /** IANA zone of the times: UTC. */
    timeZone: Type.Optional(Type.String({ maxLength: 60 })),
    decimal: Type.Enum(['.', ',']),
    /** Between groups of digits: nothing. A space stands for every kind of space. */
    thousands: Type.Optional(Type.Enum(['', '.', ',', ' ', "'"])),
    /** What a plus means: money that came in. */
    plusIs: Type.Optional(Type.Enum(['in', 'out'])),
    /** The words of the column `direction`, and those of `status` that mean: not yet booked. */
    inWords: Type.Optional(words),
    outWords: Type.Optional(words),
    pendingWords: Type.Optional(words),
    /** Either `amount`, with its sign or a `direction` beside it, or `credit` and `debit`. */
    columns: Type.Object(
      {
        bookedAt: column,
        valueAt: Type.Optional(column),
        amount: Type.Optional(column),
        credit: Type.Optional(column),
        debit: Type.Optional(column),
        direction: Type.Optional(column),
        currency: Type.Optional(column),
        account: Type.Optional(column),
        counterpartyName: Type.Optional(column),
        counterpartyAccount: Type.Optional(column),
        text: Type.Optional(Type.Array(column, { maxItems: 20 })),
        endToEndId: Type.Optional(column),
        bankReference: Type.Optional(column),
        status: Type.Optional(column),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

export type CsvMapping = Static<typeof csvMappingSchema>;

/** What is wrong with a mapping that the schema cannot see, or null. */
export function csvMappingFault(mapping: CsvMapping): string | null {
  const { columns, dateFormat, timeZone, decimal, thousands } = mapping;
  if ((columns.amount === undefined) === (columns.credit === undefined)) {
    return 'name either the column of the amount or those of credit and debit';
  }
  if ((columns.credit === undefined) !== (columns.debit === undefined)) {
    return 'name both the columns of credit and debit';
  }
  if (columns.direction !== undefined && !mapping.inWords?.length) {
    return 'name the words by which the direction says that money came in';
  }
  if (mapping.account === undefined && columns.account === undefined) return 'name the account';
  if (mapping.currency === undefined && columns.currency === undefined) return 'name the currency';
  if (thousands === decimal) return 'decimals and thousands are divided by the same sign';
  if (!/YY/.test(dateFormat) || !/MM/.test(dateFormat) || !/DD/.test(dateFormat)) {
    return 'the date format lacks year, month or day';
  }
  const written = dateFormat.match(/YYYY|YY|MM|DD|HH|mm|ss/g) ?? [];
  if (new Set(written).size < written.length) return 'the date format says something twice';
  return timeZone === undefined || isTimeZone(timeZone) ? null : 'the time zone is unknown';
}
