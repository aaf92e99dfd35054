// Decimal text: what is an amount, what is not, and that nothing is lost on the way (QUALITY C1).

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decimalOfJsonNumber,
  formatDecimal,
  parseDecimal,
  trimDecimal,
} from '../../src/money/decimal.ts';

type Expected = ReturnType<typeof parseDecimal>;
type Case = [name: string, text: string, decimals: number, expected: Expected];

const refused = 'not_a_number';
const excess = 'too_many_decimals';

const amounts: Case[] = [
  ['zero', '0', 2, 0n],
  ['zero with decimals', '0.00', 2, 0n],
  ['zero with many decimals', '0.0000000000000000000', 2, 0n],
  ['minus zero', '-0', 2, 0n],
  ['minus zero with decimals', '-0.00', 2, 0n],
  ['one', '1', 2, 100n],
  ['one cent', '0.01', 2, 1n],
  ['one decimal of two', '12.5', 2, 1250n],
  ['both decimals', '12.50', 2, 1250n],
  ['excess zeros', '12.50000', 2, 1250n],
  ['excess zeros without minor units', '5000.00', 0, 5000n],
  ['negative', '-12.34', 2, -1234n],
  ['negative below one', '-0.05', 2, -5n],
  ['leading zero', '012.50', 2, 1250n],
  ['many leading zeros', '00000000000000000000012.50', 2, 1250n],
  ['no minor units', '1000', 0, 1000n],
  ['three decimals', '1.234', 3, 1234n],
  ['satoshi', '0.00000001', 8, 1n],
  ['wei', '0.000000000000000001', 18, 1n],
  ['18 decimals in full', '123.123456789012345678', 18, 123_123_456_789_012_345_678n],
  ['2^53', '9007199254740992', 0, 2n ** 53n],
  ['2^53 + 1, unknown to a double', '9007199254740993', 0, 2n ** 53n + 1n],
  ['2^53 + 1 cents', '90071992547409.93', 2, 2n ** 53n + 1n],
  ['2^64', '18446744073709551616', 0, 2n ** 64n],
  ['a tenth, inexact in binary', '0.1', 18, 10n ** 17n],
  ['0.1 + 0.2 as a double prints it', '0.30000000000000004', 2, excess],
  ['one decimal too many', '12.345', 2, excess],
  ['a decimal without minor units', '100.5', 0, excess],
  ['half a cent', '0.005', 2, excess],
  ['half a satoshi', '0.000000005', 8, excess],
  ['19 decimals', '0.0000000000000000001', 18, excess],
  ['negative excess', '-1.001', 2, excess],
  ['zeros, then excess', '1.0000000000000001', 2, excess],
  ['the largest amount', '9'.repeat(60), 0, 10n ** 60n - 1n],
  ['one more than the largest amount', `1${'0'.repeat(60)}`, 0, refused],
  ['too large by its decimals', '9'.repeat(59), 2, refused],
  ['80 characters of zeros and a one', '1'.padStart(80, '0'), 0, 1n],
  ['81 characters', '1'.padStart(81, '0'), 0, refused],
  ['a million digits', '9'.repeat(1_000_000), 0, refused],
  ['empty', '', 2, refused],
  ['a space', ' ', 2, refused],
  ['leading space', ' 1', 2, refused],
  ['trailing space', '1 ', 2, refused],
  ['inner space', '1 000', 2, refused],
  ['no-break space', '1\u00a0000', 2, refused],
  ['trailing line break', '1\n', 2, refused],
  ['a second line', '1\n2', 2, refused],
  ['tab', '\t1', 2, refused],
  ['NUL', '1\0', 2, refused],
  ['byte order mark', '\ufeff1', 2, refused],
  ['zero-width space', '1\u200b', 2, refused],
  ['plus', '+1', 2, refused],
  ['two signs', '--1', 2, refused],
  ['sign after', '1-', 2, refused],
  ['sign alone', '-', 2, refused],
  ['space after the sign', '- 1', 2, refused],
  ['minus sign of typography', '\u22121', 2, refused],
  ['accounting negative', '(1)', 2, refused],
  ['exponent', '1e3', 2, refused],
  ['upper-case exponent', '1E3', 2, refused],
  ['negative exponent', '1e-2', 2, refused],
  ['1e400', '1e400', 2, refused],
  ['exponent of zero', '1e0', 2, refused],
  ['NaN', 'NaN', 2, refused],
  ['Infinity', 'Infinity', 2, refused],
  ['minus Infinity', '-Infinity', 2, refused],
  ['null', 'null', 2, refused],
  ['undefined', 'undefined', 2, refused],
  ['true', 'true', 2, refused],
  ['an object', '[object Object]', 2, refused],
  ['hexadecimal', '0x10', 2, refused],
  ['octal', '0o17', 2, refused],
  ['binary', '0b11', 2, refused],
  ['bigint literal', '10n', 2, refused],
  ['digit separator', '1_000', 2, refused],
  ['decimal comma', '12,50', 2, refused],
  ['thousands comma', '1,000.00', 2, refused],
  ['thousands apostrophe', "1'000", 2, refused],
  ['two points', '1.2.3', 2, refused],
  ['no digit before the point', '.5', 2, refused],
  ['no digit after the point', '5.', 2, refused],
  ['a point alone', '.', 2, refused],
  ['full-width digits', '\uff11\uff12', 2, refused],
  ['full-width point', '1\uff0e5', 2, refused],
  ['Arabic digits', '\u0661\u0662', 2, refused],
  ['Devanagari digits', '\u0967\u0968', 2, refused],
  ['mathematical digits', '\u{1d7d9}', 2, refused],
  ['superscript', '1\u00b2', 2, refused],
  ['fraction character', '\u00bd', 2, refused],
  ['fraction', '1/2', 2, refused],
  ['percent', '50%', 2, refused],
  ['currency sign', '$5', 2, refused],
  ['currency code', '5 USD', 2, refused],
  ['statement', "1'; drop table payments; --", 2, refused],
  ['lone surrogate', '1\ud800', 2, refused],
];

describe('parseDecimal', () => {
  test.each(amounts)('%s', (_, text, decimals, expected) => {
    expect(parseDecimal(text, decimals)).toBe(expected);
  });

  test('every amount is read back as it was printed', () => {
    fc.assert(
      fc.property(anyUnits, anyDecimals, (units, decimals) => {
        expect(parseDecimal(formatDecimal(units, decimals), decimals)).toBe(units);
      }),
      { numRuns },
    );
  });

  test('trailing zeros never matter, on either side', () => {
    fc.assert(
      fc.property(anyUnits, anyDecimals, (units, decimals) => {
        const text = trimDecimal(formatDecimal(units, decimals));
        expect(text).not.toMatch(/\.$|\.\d*0$/);
        expect(parseDecimal(text, decimals)).toBe(units);
      }),
      { numRuns },
    );
  });

  test('any text is an amount that prints as itself, or is refused', () => {
    const unit = fc.constantFrom(...'0123456789.-+eE, _');
    const nearlyDecimal = fc.string({ unit, maxLength: 12 });
    fc.assert(
      fc.property(fc.oneof(nearlyDecimal, fc.string({ unit: 'binary' })), (text) => {
        const units = parseDecimal(text, 8);
        if (typeof units !== 'bigint') return;
        const plain = trimDecimal(text.replace(/^(-?)0+(?=\d)/, '$1'));
        expect(trimDecimal(formatDecimal(units, 8))).toBe(plain === '-0' ? '0' : plain);
      }),
      { numRuns },
    );
  });
});

describe('formatDecimal and trimDecimal', () => {
  test.each([
    [0n, 0, '0', '0'],
    [0n, 2, '0.00', '0'],
    [5n, 2, '0.05', '0.05'],
    [-5n, 2, '-0.05', '-0.05'],
    [1250n, 2, '12.50', '12.5'],
    [100n, 2, '1.00', '1'],
    [100n, 0, '100', '100'],
    [1n, 18, '0.000000000000000001', '0.000000000000000001'],
    [-(10n ** 20n), 8, '-1000000000000.00000000', '-1000000000000'],
  ])('%s units with %i decimals', (units, decimals, printed, trimmed) => {
    expect(formatDecimal(units, decimals)).toBe(printed);
    expect(trimDecimal(printed)).toBe(trimmed);
  });
});

describe('decimalOfJsonNumber', () => {
  test.each([
    ['0', '0'],
    ['-0', '0'],
    ['12.50', '12.5'],
    ['0.1', '0.1'],
    ['-3.25', '-3.25'],
    ['1e3', '1000'],
    ['1e14', '100000000000000'],
    ['1e-7', '0.0000001'],
    ['1.25e-9', '0.00000000125'],
    ['-1.5e-8', '-0.000000015'],
    ['999999999999999', '999999999999999'],
    ['1234567890.12345', '1234567890.12345'],
    ['0.00000000000000000123456789012345', '0.00000000000000000123456789012345'],
    ['1000000000000000', null],
    ['9007199254740993', null],
    ['100000000000000001', null],
    ['1234567890.123456', null],
    ['0.30000000000000004', null],
    ['1e21', null],
    ['1e308', null],
    ['1e400', null],
    ['-1e400', null],
  ])('%s', (json, expected) => {
    expect(decimalOfJsonNumber(JSON.parse(json))).toBe(expected);
  });

  test('not a number', () => {
    expect(decimalOfJsonNumber(NaN)).toBeNull();
  });

  test('every decimal of up to 15 digits comes through JSON unchanged', () => {
    const units = fc.bigInt({ min: -(10n ** 15n) + 1n, max: 10n ** 15n - 1n });
    fc.assert(
      fc.property(units, fc.nat({ max: 18 }), (value, decimals) => {
        const text = trimDecimal(formatDecimal(value, decimals));
        expect(decimalOfJsonNumber(JSON.parse(text))).toBe(text);
      }),
      { numRuns },
    );
  });

  test('what it prints is the number, whatever the number', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const text = decimalOfJsonNumber(value);
        if (text === null) return;
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        expect(JSON.parse(text)).toBe(value === 0 ? 0 : value);
      }),
      { numRuns },
    );
  });
});

const numRuns = 10_000;
const anyUnits = fc.bigInt({ min: -(10n ** 60n) + 1n, max: 10n ** 60n - 1n });
const anyDecimals = fc.nat({ max: 18 });
