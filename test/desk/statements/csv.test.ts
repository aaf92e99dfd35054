// CSV by mappings such as banks need them, and every way in which file and mapping disagree.

import { describe, expect, test } from 'vitest';
import type { CsvMapping } from '../../../src/desk/statements/csv-mapping.ts';
import { readStatements } from '../../../src/desk/statements/read.ts';

const german: CsvMapping = {
  delimiter: ';',
  account: 'DE89 3704 0044 0532 0130 00',
  currency: 'EUR',
  dateFormat: 'DD.MM.YYYY',
  decimal: ',',
  thousands: '.',
  skipLines: 2,
  columns: {
    bookedAt: 'Buchungstag',
    valueAt: 'Wertstellung',
    amount: 'Betrag (EUR)',
    counterpartyName: 'Name',
    counterpartyAccount: 'Kontonummer',
    text: ['Verwendungszweck'],
    endToEndId: 'Kundenreferenz',
  },
};
const rows = [
  '"Kontonummer:";"DE89370400440532013000"',
  '',
  'Buchungstag;Wertstellung;Name;Verwendungszweck;Kontonummer;Betrag (EUR);Kundenreferenz',
  '02.01.2024;03.01.2024;Müller & Söhne;"Order ""7""; bitte ',
  'rasch";DE02 1005 0000 0054 5404 02;1.234,50;NOTPROVIDED',
  '02.01.2024;02.01.2024;Strom AG;Abschlag;DE12500105170648489890;-60,00;E-1',
  '',
];
const german1 = rows.join('\r\n');

const read = (text: string | Uint8Array, mapping: CsvMapping) =>
  readStatements(typeof text === 'string' ? Buffer.from(text) : text, mapping).statements;
const entries = (text: string | Uint8Array, mapping: CsvMapping) =>
  read(text, mapping).flatMap((statement) => statement.entries);

describe('mappings', () => {
  test('quoted lines, German dates and amounts', () => {
    const [statement] = read(german1, german);
    expect(statement).toMatchObject({ account: 'DE89370400440532013000', currency: 'EUR' });
    expect(statement?.entries).toMatchObject([
      {
        amount: { units: 123_450n, asset: 'EUR' },
        direction: 'in',
        bookedAt: new Date('2024-01-02T00:00:00Z'),
        valueAt: new Date('2024-01-03T00:00:00Z'),
        timed: false,
        counterpartyName: 'Müller & Söhne',
        counterpartyAccount: 'DE02100500000054540402',
        text: 'Order "7"; bitte rasch',
        endToEndId: null,
      },
      { amount: { units: 6000n }, direction: 'out', endToEndId: 'E-1' },
    ]);
  });

  test('letters of one byte, with and without being named', () => {
    const bytes = Buffer.from(german1, 'latin1');
    for (const mapping of [german, { ...german, encoding: 'iso-8859-1' }]) {
      expect(entries(bytes, mapping)[0]?.counterpartyName).toBe('Müller & Söhne');
    }
    expect(() => entries(bytes, { ...german, encoding: 'utf-8' })).toThrow(/letters are not utf-8/);
  });

  test('credit and debit in columns by number, times of a zone, several accounts', () => {
    const mapping: CsvMapping = {
      delimiter: ',',
      headings: false,
      dateFormat: 'YYYY-MM-DD HH:mm:ss',
      decimal: '.',
      thousands: ',',
      timeZone: 'Asia/Kolkata',
      currency: 'INR',
      columns: {
        account: 1,
        bookedAt: 2,
        credit: 3,
        debit: 4,
        text: [5, 6],
      },
    };
    const text = [
      'A1,2024-01-02 10:30:00,"1,00,000.50",,UPI,ref 1',
      'A2,2024-01-02 10:31:00,,25.00,ATM,',
    ].join('\n');
    expect(read(text, mapping)).toMatchObject([
      {
        account: 'A1',
        entries: [
          {
            amount: { units: 10_000_050n, asset: 'INR' },
            direction: 'in',
            text: 'UPI ref 1',
            bookedAt: new Date('2024-01-02T05:00:00Z'),
            timed: true,
          },
        ],
      },
      { account: 'A2', entries: [{ direction: 'out', amount: { units: 2500n } }] },
    ]);
  });

  test('a direction in words, a status, and a currency of each row', () => {
    const mapping: CsvMapping = {
      delimiter: '	',
      account: 'X',
      dateFormat: 'YYYYMMDD',
      decimal: '.',
      inWords: ['C'],
      outWords: ['D'],
      pendingWords: ['Pending'],
      columns: {
        bookedAt: 'd',
        amount: 'a',
        direction: 'x',
        currency: 'c',
        status: 's',
      },
    };
    const head = 'd\ta\tx\tc\ts\n';
    expect(
      read(`${head}20240102\t5\tC\tUSD\tPENDING\n20240102\t7\tD\tJPY\t\n`, mapping),
    ).toMatchObject([
      { currency: 'USD', entries: [{ direction: 'in', status: 'pending' }] },
      { currency: 'JPY', entries: [{ direction: 'out', amount: { units: 7n } }] },
    ]);
    expect(() => read(`${head}20240102\t5\t?\tUSD\t\n`, mapping)).toThrow(
      /line 2, direction: “\?” is no known word/,
    );
  });

  test('signs behind, brackets, and banks whose plus is money out', () => {
    const mapping: CsvMapping = {
      delimiter: ';',
      account: 'X',
      currency: 'EUR',
      dateFormat: 'YYYY-MM-DD',
      decimal: ',',
      columns: {
        bookedAt: 'd',
        amount: 'a',
      },
    };
    const text = 'd;a\n2024-01-02;5,00-\n2024-01-02;(6,00)\n2024-01-02;\u22127,00\n2024-01-02;+8\n';
    const directions = (plusIs: 'in' | 'out') =>
      entries(text, { ...mapping, plusIs }).map(({ direction }) => direction);
    expect(directions('in')).toEqual(['out', 'out', 'out', 'in']);
    expect(directions('out')).toEqual(['in', 'in', 'in', 'out']);
  });
});

describe('refusals name the line and the column', () => {
  const change = (from: string, to: string) => german1.replace(from, to);
  test.each<[string, string, RegExp]>([
    ['an amount of another print', change('-60,00', '-60.00'), /line 6, amount: .*1\.234,56/],
    ['an amount finer than cents', change('-60,00', '-60,001'), /line 6, amount: EUR has no 3/],
    ['a date of another form', change('02.01.2024;02', '2024-01-02;02'), /line 6, bookedAt/],
    ['a day that does not exist', change('02.01.2024;02', '30.02.2024;02'), /line 6, bookedAt/],
    ['an empty amount', change('-60,00', ''), /line 6, amount: it is empty/],
    ['a row that is cut off', change(';-60,00;E-1', ''), /line 6, row: 5 columns instead of 7/],
    ['a missing column', change('Betrag (EUR)', 'Betrag'), /line 3, headings: .*“Betrag \(EUR\)”/],
    ['a quote without end', change('E-1', '"E-1'), /row: /],
  ])('%s', (_, text, why) => {
    expect(() => read(text, german)).toThrow(why);
  });

  const columns = german.columns;
  test.each<[string, CsvMapping, RegExp]>([
    ['no amount', { ...german, columns: { bookedAt: 1 } }, /either the column of the amount/],
    ['credit alone', { ...german, columns: { bookedAt: 1, credit: 2 } }, /both the columns/],
    ['no words', { ...german, columns: { ...columns, direction: 1 } }, /name the words/],
    ['one sign for both', { ...german, thousands: ',' }, /divided by the same sign/],
    ['half a date', { ...german, dateFormat: 'DD.MM.' }, /lacks year/],
    ['a date that repeats', { ...german, dateFormat: 'DD.MM.YY DD' }, /twice/],
    ['no zone', { ...german, timeZone: 'Mars/Base' }, /time zone/],
    ['no account', without('account'), /name the account/],
    ['no currency', without('currency'), /name the currency/],
  ])('a mapping with %s', (_, mapping, why) => {
    expect(() => read(german1, mapping)).toThrow(why);
  });
});

function without(member: 'account' | 'currency'): CsvMapping {
  const { [member]: _, ...rest } = german;
  return rest;
}
