// Currencies as this vendor's clients name them: fiat to price in, crypto to pay with.

import type { Mode } from '../../merchants/settings.ts';
import { decimalsOf, findAsset, isPayableFiat } from '../../money/assets.ts';
import { formatDecimal } from '../../money/decimal.ts';
import type { XpayNeeds } from './needs.ts';

/** A coin that the mode's rails take, by the first method that takes it. */
export type Coin = {
  readonly code: string;
  readonly name: string;
  readonly method: string;
};

const FIAT_DECIMALS = 2;
const CRYPTO_DECIMALS = 8;
const MAX_CODE = 16;

/** A code as it was sent, in upper case; null for what is no code at all. */
export function readCode(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > MAX_CODE) return null;
  const code = value.toUpperCase();
  return findAsset(code) === undefined ? null : code;
}

export function isFiat(mode: Mode, code: string): boolean {
  return isPayableFiat(code, { test: mode === 'test' });
}

export function isCrypto(code: string): boolean {
  return findAsset(code)?.kind === 'crypto';
}

/** What a price in this currency can be paid with, in the order in which the rails offer it. */
export function coinsFor(
  needs: Pick<XpayNeeds, 'payments'>,
  mode: Mode,
  fiat: string,
): readonly Coin[] {
  const coins = new Map<string, Coin>();
  for (const { id: method, asset: code } of needs.payments.offered(mode, fiat)) {
    const asset = findAsset(code);
    if (asset?.kind !== 'crypto' || coins.has(code)) continue;
    coins.set(code, { code, name: asset.name, method });
  }
  return [...coins.values()];
}

/** As many decimals as every amount of the asset has on this wire: at least 2, of coins 8. */
export function wireAmount(units: bigint, asset: string): string {
  const decimals = decimalsOf(asset);
  const least = isCrypto(asset) ? CRYPTO_DECIMALS : FIAT_DECIMALS;
  return decimals >= least
    ? formatDecimal(units, decimals)
    : formatDecimal(units * 10n ** BigInt(least - decimals), least);
}
