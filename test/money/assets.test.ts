// Assets: all of ISO 4217, which of it can be a price, and the coins.

import { data as isoCurrencies } from 'currency-codes';
import { describe, expect, test } from 'vitest';
import {
  assetOf,
  decimalsOf,
  findAsset,
  isPayableFiat,
  listAssets,
} from '../../src/money/assets.ts';

describe('currencies', () => {
  test('every code of the standard is known with its minor units', () => {
    for (const { code, digits } of isoCurrencies) {
      expect(assetOf(code)).toMatchObject({ code, kind: 'fiat', decimals: digits });
    }
  });

  test.each([
    ['KRW', 0],
    ['JPY', 0],
    ['VND', 0],
    ['CLP', 0],
    ['USD', 2],
    ['COP', 2],
    ['VES', 2],
    ['ARS', 2],
    ['KWD', 3],
    ['TND', 3],
    ['CLF', 4],
    ['XCG', 2],
    ['XAD', 2],
  ])('%s has %i decimals and can be a price', (code, decimals) => {
    expect(decimalsOf(code)).toBe(decimals);
    expect(isPayableFiat(code)).toBe(true);
  });

  test('codes without minor units are known, but no price', () => {
    const found = isoCurrencies.map(({ code }) => code).filter((code) => !isPayableFiat(code));
    expect(found.filter((code) => !withdrawnSince.includes(code))).toEqual(withoutMinorUnits);
    for (const code of withoutMinorUnits) expect(assetOf(code).kind).toBe('fiat');
  });

  test('codes that were withdrawn since are known, but no price', () => {
    for (const code of withdrawnSince) {
      expect(findAsset(code)).toBeDefined();
      expect(isPayableFiat(code)).toBe(false);
    }
  });

  test('the runtime, whose list is newer, knows no current currency that we do not', () => {
    const missing = Intl.supportedValuesOf('currency').filter((code) => !findAsset(code));
    expect(missing.filter((code) => !withdrawnBefore.includes(code))).toEqual([]);
  });

  test('symbols are what people write', () => {
    expect(assetOf('USD').symbol).toBe('$');
    expect(assetOf('KRW').symbol).toBe('₩');
    expect(assetOf('KWD').symbol).toBeUndefined();
  });
});

describe('play money', () => {
  test('COC is counted like COP, and can be a price in test mode only', () => {
    expect(assetOf('COC')).toMatchObject({ kind: 'fiat', decimals: decimalsOf('COP') });
    expect(isPayableFiat('COC')).toBe(false);
    expect(isPayableFiat('COC', { test: false })).toBe(false);
    expect(isPayableFiat('COC', { test: true })).toBe(true);
  });

  test('test mode makes nothing else payable', () => {
    const differing = listAssets().filter(
      ({ code }) => isPayableFiat(code) !== isPayableFiat(code, { test: true }),
    );
    expect(differing.map(({ code, testOnly }) => [code, testOnly])).toEqual([['COC', true]]);
  });

  test('its letters belong to no real currency', () => {
    expect(isoCurrencies.map(({ code }) => code)).not.toContain('COC');
    expect(Intl.supportedValuesOf('currency')).not.toContain('COC');
  });
});

describe('crypto assets', () => {
  test.each([
    ['BTC', 8],
    ['LTC', 8],
    ['BCH', 8],
    ['ETH', 18],
    ['USDT', 6],
    ['USDC', 6],
    ['DAI', 18],
    ['DOGE', 8],
    ['DASH', 8],
    ['ZEC', 8],
    ['XMR', 12],
    ['SOL', 9],
    ['XRP', 6],
    ['TRX', 6],
    ['ADA', 6],
    ['POL', 18],
    ['BNB', 18],
  ])('%s has %i decimals and is no fiat price', (code, decimals) => {
    expect(assetOf(code)).toMatchObject({ kind: 'crypto', decimals });
    expect(isPayableFiat(code)).toBe(false);
  });
});

test.each([
  ['lower case', 'usd'],
  ['mixed case', 'Usd'],
  ['leading space', ' USD'],
  ['trailing space', 'USD '],
  ['empty', ''],
  ['short', 'US'],
  ['long', 'USDD'],
  ['never given out', 'ABC'],
  ['long withdrawn', 'HRK'],
  ['a property of objects', '__proto__'],
  ['another', 'constructor'],
  ['full-width', '\uff35\uff33\uff24'],
])('%s: %j is no asset', (_, code) => {
  expect(findAsset(code)).toBeUndefined();
  expect(isPayableFiat(code)).toBe(false);
  expect(() => assetOf(code)).toThrow('unknown asset');
});

test('no code is listed twice', () => {
  const codes = listAssets().map((asset) => asset.code);
  expect(new Set(codes).size).toBe(codes.length);
});

// Withdrawn before the package's list was made; the runtime still names them for old documents.
const withdrawnBefore = ['HRK', 'SLL', 'ZWL'];
const withdrawnSince = ['ANG', 'BGN', 'CUC'];
const withoutMinorUnits = 'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' ');
