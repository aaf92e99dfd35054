// What a new credential looks like in each dialect, and what else its user must be told.

import { randomBytes, randomInt } from 'node:crypto';
import { webhookSecretContext, xlinkSettings } from '../dialects/xlink/settings.ts';
import type { Merchants } from '../merchants/merchants.ts';
import type { Merchant, Mode } from '../merchants/settings.ts';
import type { Vault } from '../merchants/vault.ts';

export type KeyForm = {
  newSecret(mode: Mode): string;
  /** What its user calls the secret; left out: `api_key`. */
  readonly secretName?: string;
  /** What is hashed, where the secret alone does not say whose it is; left out: the secret. */
  credential?(merchant: Merchant, secret: string): string;
  /** Makes what the key needs beside itself and answers it, by the name its user knows. */
  prepare(merchants: Merchants, merchant: Merchant, mode: Mode): Promise<Record<string, string>>;
  /** The same for what is kept sealed: made when there is none yet. */
  prepareSealed?(
    merchants: Merchants,
    merchant: Merchant,
    mode: Mode,
    vault: Vault,
  ): Promise<Record<string, string>>;
};

const alphanumerics = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const testKeyLength = 24;
const liveKeyBytes = 24;
const merchantKeyLength = 25;
const sharedSecretLength = 32;

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

// HTTP Basic: both halves of the pair are needed, so both are hashed.
const xbillion: KeyForm = {
  newSecret: () => letters(sharedSecretLength),
  secretName: 'secret',
  credential: ({ id }, secret) => `${id}:${secret}`,
  prepare: async (_merchants, { id }) => ({ merchant_id: id }),
};

const xlink: KeyForm = {
  newSecret: (mode) => `xlk_${mode}_${letters(sharedSecretLength)}`,
  prepare: async (_merchants, { shopId }) => ({ shop_id: String(shopId) }),
  async prepareSealed(merchants, { id }, mode, vault) {
    const context = webhookSecretContext(id);
    const fresh = vault.seal(letters(sharedSecretLength), context).toString('base64');
    const changed = await merchants.updateSettings(id, mode, (settings) => {
      if (xlinkSettings(settings, mode).webhookSecret !== null) return settings;
      const bag = { ...settings.dialects?.xlink, webhookSecret: fresh };
      return { ...settings, dialects: { ...settings.dialects, xlink: bag } };
    });
    const sealed = xlinkSettings(changed.settings[mode], mode).webhookSecret;
    if (sealed === null) throw new Error('the webhook secret was not kept');
    return { webhook_secret: vault.open(sealed, context) };
  },
};

export const keyForms: ReadonlyMap<string, KeyForm> = new Map([
  ['bitxpay', bitxpay],
  ['xbillion', xbillion],
  ['xlink', xlink],
]);

function letters(count: number): string {
  const letter = (): string => alphanumerics.charAt(randomInt(alphanumerics.length));
  return Array.from({ length: count }, letter).join('');
}
