// The operator's own table of rates: what is read, and what is refused with which words.

import { describe, expect, test } from 'vitest';
import { createTableSource, parseRateTable, RateTableError } from '../../src/rates/table.ts';

describe('parseRateTable', () => {
  test('reads decimals as exact fractions in lowest terms', () => {
    const table = parseRateTable('{"LTC/USD": "85.20", "USD/KRW": "1350", "USDT/USD": "0.9995"}');
    expect([...table.values()]).toEqual([
      { base: 'LTC', quote: 'USD', numerator: 426n, denominator: 5n },
      { base: 'USD', quote: 'KRW', numerator: 1350n, denominator: 1n },
      { base: 'USDT', quote: 'USD', numerator: 1999n, denominator: 2000n },
    ]);
  });

  test.each(['', '  \n', '{}'])('%j is an empty table', (text) => {
    expect(parseRateTable(text).size).toBe(0);
  });

  test.each([
    ['{"LTC/USD": 85.2', 'not JSON'],
    ['[]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['"LTC/USD"', 'not a JSON object'],
    ['{"LTCUSD": "1"}', '"LTCUSD": a pair is two codes with a slash'],
    ['{"LTC/USD/EUR": "1"}', '"LTC/USD/EUR": a pair is two codes with a slash'],
    ['{"": "1"}', '"": a pair is two codes with a slash'],
    ['{"LTC/XYZ": "1"}', '"LTC/XYZ": unknown asset "XYZ"'],
    ['{"ltc/USD": "1"}', '"ltc/USD": unknown asset "ltc"'],
    ['{"/USD": "1"}', '"/USD": unknown asset ""'],
    ['{"__proto__/USD": "1"}', 'unknown asset "__proto__"'],
    ['{"USD/USD": "1"}', '"USD/USD": an asset has no rate to itself'],
    ['{"LTC/USD": 85.2}', '"LTC/USD": the rate must be decimal text in quotes'],
    ['{"LTC/USD": null}', '"LTC/USD": the rate must be decimal text in quotes'],
    ['{"LTC/USD": "85,20"}', '"LTC/USD": "85,20" is not a plain decimal'],
    ['{"LTC/USD": "1e2"}', '"LTC/USD": "1e2" is not a plain decimal'],
    ['{"LTC/USD": ""}', '"LTC/USD": "" is not a plain decimal'],
    ['{"LTC/USD": "0"}', '"LTC/USD": the rate must be greater than zero'],
    ['{"LTC/USD": "-1"}', '"LTC/USD": the rate must be greater than zero'],
    [`{"LTC/USD": "0.${'1'.repeat(31)}"}`, '"LTC/USD": more than 30 decimals'],
    ['{"LTC/USD": "80", "USD/LTC": "1"}', '"USD/LTC": the same pair is given the other way'],
  ])('refuses %s', (text, words) => {
    expect(() => parseRateTable(text)).toThrow(RateTableError);
    expect(() => parseRateTable(text)).toThrow(words);
  });

  test('names every bad entry at once and cuts long ones short', () => {
    const text = JSON.stringify({ 'LTC/USD': '80', 'A/USD': '1', 'BTC/USD': 'x'.repeat(1000) });
    expect(() => parseRateTable(text)).toThrow(/"A\/USD": .*; "BTC\/USD": "x{60}…" is not/);
  });
});

test('a source finds exactly the pair it was given, in that direction', () => {
  const at = new Date('2026-01-02T03:04:05Z');
  const table = parseRateTable('{"LTC/USD": "85.20"}');
  const source = createTableSource(table, { name: 'settings', testOnly: false, now: () => at });
  expect(source.find('LTC', 'USD')).toEqual({ rate: table.get('LTC/USD'), at });
  expect(source.find('USD', 'LTC')).toBeNull();
  expect(source.find('LTC', 'EUR')).toBeNull();
});
