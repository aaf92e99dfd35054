// What can be owned: every code of ISO 4217, from the standard's own list, and some crypto assets.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { data as isoCurrencies } from 'currency-codes';

/** `decimals`: digits of the smallest unit after the point; `symbol` where people know one. */
export type Asset = {
  readonly code: string;
  readonly name: string;
  readonly kind: 'fiat' | 'crypto';
  readonly decimals: number;
  readonly symbol?: string;
  /** Play money: nothing in live mode may be priced in it. */
  readonly testOnly?: true;
};

const cryptoAssets: readonly Asset[] = [
  { code: 'BTC', name: 'Bitcoin', kind: 'crypto', decimals: 8, symbol: '₿' },
  { code: 'LTC', name: 'Litecoin', kind: 'crypto', decimals: 8, symbol: 'Ł' },
  { code: 'BCH', name: 'Bitcoin Cash', kind: 'crypto', decimals: 8 },
  { code: 'ETH', name: 'Ether', kind: 'crypto', decimals: 18, symbol: 'Ξ' },
  { code: 'USDT', name: 'Tether USD', kind: 'crypto', decimals: 6, symbol: '₮' },
  { code: 'USDC', name: 'USD Coin', kind: 'crypto', decimals: 6 },
  { code: 'DAI', name: 'Dai', kind: 'crypto', decimals: 18 },
  { code: 'DOGE', name: 'Dogecoin', kind: 'crypto', decimals: 8, symbol: 'Ð' },
  { code: 'DASH', name: 'Dash', kind: 'crypto', decimals: 8 },
  { code: 'ZEC', name: 'Zcash', kind: 'crypto', decimals: 8 },
  { code: 'XMR', name: 'Monero', kind: 'crypto', decimals: 12 },
  { code: 'SOL', name: 'Solana', kind: 'crypto', decimals: 9 },
  { code: 'XRP', name: 'XRP', kind: 'crypto', decimals: 6 },
  { code: 'TRX', name: 'TRON', kind: 'crypto', decimals: 6 },
  { code: 'ADA', name: 'Cardano', kind: 'crypto', decimals: 6, symbol: '₳' },
  { code: 'POL', name: 'Polygon Ecosystem Token', kind: 'crypto', decimals: 18 },
  { code: 'BNB', name: 'BNB', kind: 'crypto', decimals: 18 },
];

// What xpay's sandbox calls its pesos; the letters belong to no currency of the standard.
const playMoney: readonly Asset[] = [
  { code: 'COC', name: 'Test pesos', kind: 'fiat', decimals: 2, testOnly: true },
];

// ISO 4217 amendments 176 to 180, newer than the package's list (2024-06-25). Delete a line when
// the package brings it. Withdrawn codes stay readable, because old payments are.
const introduced: readonly Asset[] = [
  { code: 'XCG', name: 'Caribbean Guilder', kind: 'fiat', decimals: 2 },
  { code: 'XAD', name: 'Arab Accounting Dinar', kind: 'fiat', decimals: 2 },
];
const withdrawn: ReadonlySet<string> = new Set(['ANG', 'BGN', 'CUC']);

const withoutMinorUnits = readWithoutMinorUnits();
const assets = buildAssets();

/** The asset of an exact code (upper case), or undefined. */
export function findAsset(code: string): Asset | undefined {
  return assets.get(code);
}

/** The asset of a code that was checked at the edge; an unknown one is a bug and throws. */
export function assetOf(code: string): Asset {
  const asset = assets.get(code);
  if (asset === undefined) throw new Error(`unknown asset ${JSON.stringify(code)}`);
  return asset;
}

export function decimalsOf(code: string): number {
  return assetOf(code).decimals;
}

/**
 * Whether a price may be in this currency: a code of ISO 4217, not withdrawn, with minor units.
 * Gold (XAU), special drawing rights (XDR), tests (XTS) and no currency (XXX) have none.
 * With `test`, for prices that only sandbox money can pay, play money counts too.
 */
export function isPayableFiat(code: string, { test } = { test: false }): boolean {
  const asset = assets.get(code);
  if (asset?.kind !== 'fiat' || (asset.testOnly && !test)) return false;
  return !withoutMinorUnits.has(code) && !withdrawn.has(code);
}

/** Every known asset by code: fiat first, then crypto. */
export function listAssets(): readonly Asset[] {
  return [...assets.values()];
}

function buildAssets(): ReadonlyMap<string, Asset> {
  const found = new Map<string, Asset>();
  for (const { code, digits, currency } of isoCurrencies) {
    found.set(code, withSymbol({ code, name: currency.trim(), kind: 'fiat', decimals: digits }));
  }
  for (const asset of introduced) if (!found.has(asset.code)) found.set(asset.code, asset);
  for (const asset of playMoney) found.set(asset.code, asset);
  for (const asset of cryptoAssets) found.set(asset.code, asset);
  return found;
}

// The package's parsed data turns the standard's minor units "N.A." into 0, which would make gold
// look like yen; only the original list beside it still tells them apart.
function readWithoutMinorUnits(): ReadonlySet<string> {
  const require = createRequire(import.meta.url);
  const list = readFileSync(require.resolve('currency-codes/iso-4217-list-one.xml'), 'utf8');
  const entry = /<Ccy>([A-Z]{3})<\/Ccy>\s*<CcyNbr>\d+<\/CcyNbr>\s*<CcyMnrUnts>N\.A\.</g;
  const codes = new Set([...list.matchAll(entry)].map((match) => match[1] as string));
  if (!codes.has('XXX')) throw new Error('the list of currency-codes has changed its form');
  return codes;
}

// The runtime's own language data (CLDR) knows symbols, ISO 4217 does not.
function withSymbol(asset: Asset): Asset {
  const parts = new Intl.NumberFormat('en', {
    style: 'currency',
    currency: asset.code,
    currencyDisplay: 'narrowSymbol',
  }).formatToParts(1);
  const symbol = parts.find((part) => part.type === 'currency')?.value;
  return symbol === undefined || symbol === asset.code ? asset : { ...asset, symbol };
}
