// What a new credential looks like in each dialect, and what else its user must be told.

import { randomBytes, randomInt } from 'node:crypto';
import type { Merchants } from '../merchants/merchants.ts';
import type { Merchant, Mode } from '../merchants/settings.ts';

export type KeyForm = {
  newSecret(mode: Mode): string;
  /** Makes what the key needs beside itself and answers it, by the name its user knows. */
  prepare(merchants: Merchants, merchant: Merchant, mode: Mode): Promise<Record<string, string>>;
};

const alphanumerics = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const testKeyLength = 24;
const liveKeyBytes = 24;
const merchantKeyLength = 25;

const bitxpay: KeyForm = {
  newSecret: (mode) =>
    mode === 'test'
      ? `test_key_${letters(testKeyLength)}`
      : `bknn_${randomBytes(liveKeyBytes).toString('hex')}`,
  async prepare(merchants, merchant, mode) {
    const fresh = `mkey-${letters(merchantKeyLength)}`;
    const changed = await merchants.updateSettings(merchant.id, mode, (settings) => {
      const bag = settings.dialects?.bitxpay ?? {};
      if (typeof bag.merchantKey === 'string') return settings;
      const dialects = { ...settings.dialects, bitxpay: { ...bag, merchantKey: fresh } };
      return { ...settings, dialects };
    });
    return { merchant_key: String(changed.settings[mode].dialects?.bitxpay?.merchantKey) };
  },
};

export const keyForms: ReadonlyMap<string, KeyForm> = new Map([['bitxpay', bitxpay]]);

function letters(count: number): string {
  const letter = (): string => alphanumerics.charAt(randomInt(alphanumerics.length));
  return Array.from({ length: count }, letter).join('');
}
