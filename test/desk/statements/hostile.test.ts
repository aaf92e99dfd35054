// Files that mean harm, are broken, or are very large.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readStatements } from '../../../src/desk/statements/read.ts';
import { StatementFault, maxFileBytes } from '../../../src/desk/statements/statement.ts';
import { camt, entriesOf, entryXml, fixture, read } from './documents.ts';

describe('XML of strangers', () => {
  const withDoctype = (inside: string) =>
    camt(entryXml({ more: '<AddtlNtryInf>&x;</AddtlNtryInf>' })).replace(
      '<Document',
      `<!DOCTYPE Document [${inside}]>\n<Document`,
    );

  test.each([
    ['billion laughs', '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY x "&b;&b;&b;">'],
    ['a file of the server', '<!ENTITY x SYSTEM "file:///etc/passwd">'],
    ['an address', '<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;'],
    ['nothing', ''],
  ])('a document type with %s is refused', (_, inside) => {
    expect(() => read(withDoctype(inside))).toThrow(/line 2, document: a document type/);
  });

  test.each([
    ['an unknown entity', entryXml({ more: '<AddtlNtryInf>&x;</AddtlNtryInf>' }), /entity/],
    [
      'a tag that is not closed',
      entryXml().replace('</Sts>', ''),
      /line 5, <Ntry>: unexpected close tag/,
    ],
    ['an attribute twice', entryXml().replace('Ccy=', 'Ccy="EUR" Ccy='), /line 4, <Ntry>/],
    ['deep nests', '<a>'.repeat(40) + '</a>'.repeat(40), /more than 32 elements/],
    ['a long text', entryXml({ more: `<X>${'x'.repeat(20_000)}</X>` }), /<X>: the text is too/],
    ['a control character', entryXml({ more: '<X>\u0001</X>' }), /<X>/],
  ])('%s is refused with its line', (_, entries, why) => {
    expect(() => read(camt(entries))).toThrow(why);
  });

  test.each([
    ['an amount that is none', { amount: '1e3' }, /line 4, <Amt>: “1e3” is no amount/],
    ['a negative amount', { amount: '-5.00' }, /<Amt>: “-5\.00” is no amount/],
    ['an amount finer than cents', { amount: '5.001' }, /<Amt>: “5\.001” is finer than EUR/],
    ['a huge amount', { amount: '9'.repeat(61) }, /<Amt>/],
  ])('%s is refused', (_, entry, why) => {
    expect(() => read(camt(entryXml(entry)))).toThrow(why);
  });

  test.each([
    ['Ccy="EUR"', 'Ccy="QQQ"', /<Amt>: the currency “QQQ” is unknown/],
    ['Ccy="EUR"', '', /<Amt>: the currency “” is unknown/],
    ['CRDT', 'CREDIT', /<Ntry>: its <CdtDbtInd> is neither/],
    ['2024-01-02', '2024-02-30', /<Dt>: “2024-02-30” is no date/],
    ['<IBAN>DE89 3704 0044 0532 0130 00</IBAN>', '', /names no account/],
  ])('%s written as %j is refused', (from, to, why) => {
    expect(() => read(camt(entryXml()).replace(from, to))).toThrow(why);
  });
});

describe('files', () => {
  test('of no known format', () => {
    expect(() => read('hello')).toThrow(/line 1, file: it is neither camt nor MT940/);
    expect(() => read('')).toThrow(StatementFault);
    expect(() => read('<html></html>')).toThrow(/its namespace is “”/);
    expect(() => read(Buffer.from([0xff, 0xd8, 0xff, 0xe0]))).toThrow(StatementFault);
  });

  test('in UTF-16, and in what their declaration says', () => {
    const text = camt(entryXml({ more: '<AddtlNtryInf>Größe</AddtlNtryInf>' }));
    const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    const narrow = Buffer.from(text.replace('UTF-8', 'ISO-8859-1'), 'latin1');
    for (const bytes of [wide, narrow]) expect(entriesOf(bytes)[0]?.text).toBe('Größe');
    expect(() => read(Buffer.from(text, 'latin1'))).toThrow(/letters are not UTF-8/);
  });

  test('above the limit', () => {
    expect(() => read(Buffer.alloc(maxFileBytes + 1, ' '))).toThrow(/larger than 32 MiB/);
  });

  test('10,000 lines of each format are read whole', () => {
    const numbers = Array.from({ length: 10_000 }, (_, at) => at);
    const xml = camt(numbers.map((at) => entryXml({ amount: `${at}.01` })).join('\n'));
    expect(entriesOf(xml)).toHaveLength(10_000);
    const lines = numbers.map((at) => `:61:240102C${at},01NTRFNONREF//R${at}\n:86:order ${at}`);
    const mt940 = `:20:X\n:25:1\n:60F:C240101EUR0,\n${lines.join('\n')}\n`;
    expect(new Set(entriesOf(mt940).map(({ id }) => id)).size).toBe(10_000);
  });

  test('damaged anywhere are read or refused, never anything else', () => {
    const files = ['iso20022-mdr-camt.053.001.02.xml', 'dfue-abkommen-anlage-3-mt940.sta'];
    const damage = fc.record({
      file: fc.constantFrom(...files.map(fixture)),
      at: fc.nat(6000),
      length: fc.nat(40),
      bytes: fc.uint8Array({ maxLength: 10 }),
    });
    fc.assert(
      fc.property(damage, ({ file, at, length, bytes }) => {
        const broken = Buffer.concat([file.subarray(0, at), bytes, file.subarray(at + length)]);
        try {
          readStatements(broken, null);
        } catch (error) {
          expect(error).toBeInstanceOf(StatementFault);
        }
      }),
      { numRuns: 500 },
    );
  });
});
