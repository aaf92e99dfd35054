// Amounts, names and links as a payer sees them.

import { describe, expect, test } from 'vitest';
import {
  addressGroups,
  digitGroups,
  durationText,
  moneyOf,
  moneyText,
  nameText,
  timeText,
  walletUri,
  webUrl,
} from '../../src/checkout/display.ts';
import { rateText } from '../../src/checkout/rate-text.ts';
import { amount } from '../../src/money/amount.ts';

describe('amounts', () => {
  test.each([
    [amount(24_999n, 'GBP'), '249.99 GBP'],
    [amount(123_456_789_012_345_678n, 'USD'), '1,234,567,890,123,456.78 USD'],
    [amount(5_000n, 'JPY'), '5,000 JPY'],
    [amount(1_234_567n, 'BHD'), '1,234.567 BHD'],
    [amount(12_000_000n, 'LTC'), '0.12 LTC'],
    [amount(123_456_700_000_000n, 'BTC'), '1234567 BTC'],
    [amount(123_456_789_012_345_678_901n, 'ETH'), '123.456789012345678901 ETH'],
  ])('%o is %s', (units, text) => {
    expect(moneyText(moneyOf(units))).toBe(text);
  });

  test.each([
    ['2.9723811', ['2.972', '381', '1']],
    ['1234567', ['1', '234', '567']],
    ['1234.56789', ['1', '234.567', '89']],
    ['0.00000001', ['0.000', '000', '01']],
    ['7', ['7']],
  ])('%s groups without losing a digit', (exact, groups) => {
    expect(digitGroups(exact)).toEqual(groups);
    expect(digitGroups(exact).join('')).toBe(exact);
  });

  test('an address in fours joins to itself', () => {
    expect(addressGroups('ltc1qabcdef')).toEqual(['ltc1', 'qabc', 'def']);
    expect(addressGroups('bitcoincash:qpm2qsz')).toEqual(['bitcoincash:qpm2', 'qsz']);
    expect(addressGroups('')).toEqual([]);
  });

  test.each([
    ['LTC', 'GBP', '841043', '10000', '1 LTC = 84.1043 GBP'],
    ['USD', 'BTC', '1', '50000', '1 BTC = 50,000 USD'],
    ['ETH', 'BTC', '1', '30', '1 ETH = 0.03333333 BTC'],
  ])('rate %s/%s', (base, quote, numerator, denominator, text) => {
    const at = '2026-01-31T12:00:00Z';
    expect(rateText({ base, quote, numerator, denominator, source: 'x', at })).toBe(text);
  });

  test('one to one is no rate', () => {
    const same = { base: 'USD', quote: 'USD', numerator: '1', denominator: '1' };
    expect(rateText({ ...same, source: 'x', at: '' })).toBeNull();
  });
});

describe('times', () => {
  test.each([
    [0, 'less than a minute'],
    [59_999, 'less than a minute'],
    [60_000, '1 min'],
    [3_599_999, '59 min'],
    [3_900_000, '1 h 05 min'],
    [47 * 3_600_000, '47 h 00 min'],
    [49 * 3_600_000, '2 days'],
    // More than setTimeout can count.
    [30 * 86_400_000, '30 days'],
  ])('%i ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  test('a time is in UTC and says so', () => {
    expect(timeText(new Date('2026-03-01T09:05:59Z'))).toBe('1 Mar 2026, 09:05 UTC');
  });
});

describe('what strangers wrote', () => {
  test.each([
    ['Shop\r\nSet-Cookie: a=b', 'Shop  Set-Cookie: a=b'],
    ['abc\u202egpj.exe', 'abc gpj.exe'],
    ['\u2066hidden\u2069 \u0000nul', 'hidden   nul'],
    ['Łódź 東京 🛒', 'Łódź 東京 🛒'],
    ['lone \ud800 surrogate', 'lone   surrogate'],
  ])('%j is shown as %j', (text, shown) => {
    expect(nameText(text)).toBe(shown);
  });

  test.each([
    'https://shop.example/thanks?order=1&x=%20',
    'http://127.0.0.1:8080/',
    'https://shop.example',
  ])('%s is a way back, byte for byte', (url) => {
    expect(webUrl(url)).toBe(url);
  });

  test.each([
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'JaVaScRiPt:alert(1)//https://shop.example',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'ftp://shop.example/',
    '//shop.example/',
    '/local',
    'shop.example',
    'https://shop.example@evil.example/',
    'https://user:pass@shop.example/',
    '',
    null,
  ])('%j is no way back', (url) => {
    expect(webUrl(url)).toBeNull();
  });

  test.each(['bitcoin:bc1q?amount=0.1&label=A%20B', 'litecoin:ltc1q', 'web-wallet:x'])(
    '%s opens a wallet',
    (uri) => {
      expect(walletUri(uri)).toBe(uri);
    },
  );

  test.each([
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'data:text/html,x',
    'blob:https://x',
    'bitcoin:a b',
    'bitcoin:a\nb',
    ' bitcoin:x',
    'bitcoin',
    '',
    null,
  ])('%j opens nothing', (uri) => {
    expect(walletUri(uri)).toBeNull();
  });
});
