// MT940: SWIFT's example, the German, Dutch and plain ways of field 86, and what is malformed.

import { describe, expect, test } from 'vitest';
import { entriesOf, fixture, read } from './documents.ts';

describe('SWIFT Standards MT, category 9, example 1 of MT940', () => {
  const [statement] = read(fixture('swift-mt940-example-1.sta'));

  test('entries lead from the opening to the closing balance', () => {
    const spent = statement?.entries.map(({ amount }) => amount.units) ?? [];
    expect(spent).toEqual([
      120n,
      3020n,
      25000n,
      45000n,
      50000n,
      105847n,
      250000n,
      384000n,
      500000n,
    ]);
    expect(statement?.balances).toMatchObject([
      { kind: 'opening', amount: { units: 372_349_500n, asset: 'EUR' } },
      { kind: 'closing', amount: { units: 370_986_513n, asset: 'EUR' } },
    ]);
    expect(372_349_500n - spent.reduce((sum, units) => sum + units, 0n)).toBe(370_986_513n);
  });

  test('references of both sides, and the text around them', () => {
    expect(statement?.account).toBe('123-304958');
    expect(statement?.entries[0]).toMatchObject({
      direction: 'out',
      bankReference: '67914',
      text: 'DIVIDEND LORAL CORP PREFERRED STOCK 1ST QUARTER 2009 494935/DEV',
      valueAt: new Date('2009-05-28T00:00:00Z'),
    });
    expect(statement?.entries[3]).toMatchObject({
      bankReference: 'PO64118',
      text: 'FAVOUR K. DESMID 494933/DEV',
    });
  });
});

describe('DFÜ-Abkommen, annex 3: numbered subfields', () => {
  const entries = entriesOf(fixture('dfue-abkommen-anlage-3-mt940.sta'));

  test('a SEPA credit: text, payer and end-to-end id out of their pieces', () => {
    expect(entries[0]).toMatchObject({
      amount: { units: 4990n, asset: 'EUR' },
      direction: 'in',
      counterpartyName: 'Erika Mustermann und Max Mustermann',
      counterpartyAccount: 'DE02100500000054540402',
      text: 'Rechnung DRG7K2P9Q vom 28.12.2023 vielen Dank',
      endToEndId: 'ORDER-2024-0001',
      bankReference: '2301021234567890',
    });
  });

  test('booked in January what was valued in December', () => {
    expect(entries[0]?.valueAt).toEqual(new Date('2023-12-29T00:00:00Z'));
    expect(entries[0]?.bookedAt).toEqual(new Date('2024-01-02T00:00:00Z'));
  });

  test('a reversed credit lowers the balance and says so', () => {
    expect(entries.map(({ direction, reversal }) => [direction, reversal])).toEqual([
      ['in', false],
      ['in', false],
      ['out', false],
      ['out', true],
    ]);
  });
});

describe('codes between strokes', () => {
  test('as Rabobank and ING write them', () => {
    const [statement] = read(fixture('rabobank-mt940-structured.sta'));
    expect(statement?.account).toBe('NL91ABNA0417164300');
    expect(statement?.entries).toMatchObject([
      {
        amount: { units: 2500n },
        counterpartyName: 'J. DE VRIES EN ZN',
        counterpartyAccount: 'NL20INGB0001234567',
        text: 'DRGNL77X ORDER 12/3',
        endToEndId: 'NL-2024-77',
      },
      {
        amount: { units: 750n },
        counterpartyName: 'P. Jansen',
        counterpartyAccount: 'NL20INGB0001234567',
        text: 'order 4711',
        bankReference: 'INGREF1',
      },
    ]);
  });
});

describe('lines', () => {
  const message = (lines: string) => `:20:X\n:25:1234567\n:28C:1\n:60F:C240101EUR0,\n${lines}\n`;
  const one = (line: string, currency = 'EUR') =>
    entriesOf(message(line).replace('EUR', currency))[0];

  test('a line of 65 characters goes on without a space', () => {
    const first = 'x'.repeat(60) + 'REF12';
    expect(one(`:61:2401020102C1,NTRFNONREF\n:86:${first}\n345 end`)).toMatchObject({
      text: `${first}345 end`,
    });
  });

  test.each([
    ['2401020102C5,NTRFNONREF', 500n],
    ['2401020102C,5NTRFNONREF', null],
    ['240102    C0,01NTRFNONREF', 1n],
    ['240102CN12,3NTRFNONREF', 1230n],
    ['2401020102C500NTRFNONREF', 50_000n],
  ])('the amount of %s', (line, units) => {
    if (units === null) expect(() => one(`:61:${line}`)).toThrow(/line 5, :61:/);
    else expect(one(`:61:${line}`)?.amount.units).toBe(units);
  });

  test('the marks of what is only expected', () => {
    expect(one(':61:2401020102EC5,NTRFNONREF')).toMatchObject({
      status: 'pending',
      direction: 'in',
    });
  });

  test.each([
    ['no account', ':20:X\n:60F:C240101EUR0,\n', /line 1, :20:: the statement has no tag :25:/],
    ['no opening balance', ':20:X\n:25:1\n', /line 1, :20:: .*:60F:/],
    ['a bad balance', ':20:X\n:25:1\n:60F:EUR0,\n', /line 3, :60F:/],
    ['an unknown currency', ':20:X\n:25:1\n:60F:C240101DEM0,\n', /line 3, :60F:: .*“DEM”/],
    ['30 February', message(':61:240230C1,NTRFNONREF'), /line 5, :61:: “240230” is no date/],
    ['finer than cents', message(':61:240102C1,005NTRFNONREF'), /line 5, :61:: .*finer than EUR/],
    ['a field without end', message(`:86:${'x'.repeat(5000)}`), /line 5, :86:: it is too long/],
  ])('refuses %s', (_, text, why) => {
    expect(() => read(text)).toThrow(why);
  });
});
