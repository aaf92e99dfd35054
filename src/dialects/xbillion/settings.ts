// A merchant's xBillion settings, one set per mode: read from the bag, wrong values made safe.

import { findAsset } from '../../money/assets.ts';
import type { MerchantSettings, Mode } from '../../merchants/settings.ts';
import { type Service, readServices } from './services.ts';

export type XbillionSettings = {
  readonly services: ReadonlyMap<string, Service>;
  /** Where payers go when a request does not say. */
  readonly returnUrls: { readonly success: string | null; readonly fail: string | null };
  /** Where webhooks go when a request does not say. */
  readonly webhookUrl: string | null;
  /** Lets the pair travel over plain http in live mode too. */
  readonly allowInsecureWebhook: boolean;
  /** Sealed for `webhookSecretContext`; null: webhooks show the secret of the API. */
  readonly webhookSecret: Buffer | null;
  readonly webhookOn: 'final' | 'change';
  readonly allowDuplicates: boolean;
  readonly strictEmail: boolean;
  readonly lenientIp: boolean;
  readonly fees: 'array' | 'object' | 'omit';
  /** Amounts are JSON strings instead of numbers. */
  readonly amountsAsText: boolean;
  readonly unknownIdStatus: 403 | 404;
  /** Null: the currency of the request. */
  readonly settlementCurrency: string | null;
  readonly settlementNet: boolean;
};

const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

const known = {
  test: new WeakMap<MerchantSettings, XbillionSettings>(),
  live: new WeakMap<MerchantSettings, XbillionSettings>(),
} satisfies Record<Mode, unknown>;

/** Parsed once for each settings object: it is cached and asked for with every request. */
export function xbillionSettings(settings: MerchantSettings, mode: Mode): XbillionSettings {
  let found = known[mode].get(settings);
  if (found === undefined) {
    found = parse(settings.dialects?.xbillion ?? {}, mode);
    known[mode].set(settings, found);
  }
  return found;
}

/** What the sealed webhook secret of a merchant is bound to. */
export function webhookSecretContext(merchantId: string): string {
  return `xbillion webhooks of ${merchantId}`;
}

function parse(bag: Readonly<Record<string, unknown>>, mode: Mode): XbillionSettings {
  const { webhookSecret: secret, fees } = bag;
  const urls = (bag.returnUrls ?? {}) as Readonly<Record<string, unknown>>;
  return {
    services: readServices(bag, mode),
    returnUrls: { success: textOf(urls.success), fail: textOf(urls.fail) },
    webhookUrl: textOf(bag.webhookUrl),
    allowInsecureWebhook: bag.allowInsecureWebhook === true,
    webhookSecret:
      typeof secret === 'string' && base64.test(secret) ? Buffer.from(secret, 'base64') : null,
    webhookOn: bag.webhookOn === 'change' ? 'change' : 'final',
    allowDuplicates: bag.allowDuplicates === true,
    strictEmail: bag.strictEmail === true,
    lenientIp: bag.lenientIp === true,
    fees: fees === 'object' || fees === 'omit' ? fees : 'array',
    amountsAsText: bag.amountsAsText === true,
    unknownIdStatus: bag.unknownIdStatus === 404 ? 404 : 403,
    settlementCurrency: assetCode(bag.settlementCurrency),
    settlementNet: bag.settlementNet === true,
  };
}

function assetCode(value: unknown): string | null {
  return typeof value === 'string' && findAsset(value) !== undefined ? value : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
