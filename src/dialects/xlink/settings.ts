// A merchant's X-Link settings, one set per mode: read from the bag, wrong values made safe.

import type { MerchantSettings, Mode } from '../../merchants/settings.ts';
import { type MethodType, readMethods } from './methods.ts';

export type XlinkSettings = {
  /** By name, then id: the order in which they are listed. */
  readonly methods: readonly MethodType[];
  /** Where webhooks go when a request does not say. */
  readonly callbackUrl: string | null;
  /** Where payers go when a request does not say. */
  readonly returnUrl: string | null;
  /** Sealed for `webhookSecretContext`; null: webhooks cannot be signed, so none is sent. */
  readonly webhookSecret: Buffer | null;
  /** `EXPIRED` instead of `CANCELLED` when the deadline has passed. */
  readonly reportExpired: boolean;
  /** Sessions are made and read without a key. */
  readonly allowKeylessSessions: boolean;
  readonly lifetimeMs: number;
};

const DEFAULT_LIFETIME_SECONDS = 900;
const MAX_LIFETIME_SECONDS = 366 * 24 * 60 * 60;
const SECOND_MS = 1_000;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

const known = {
  test: new WeakMap<MerchantSettings, XlinkSettings>(),
  live: new WeakMap<MerchantSettings, XlinkSettings>(),
} satisfies Record<Mode, unknown>;

/** Parsed once for each settings object: it is cached and asked for with every request. */
export function xlinkSettings(settings: MerchantSettings, mode: Mode): XlinkSettings {
  let found = known[mode].get(settings);
  if (found === undefined) {
    found = parse(settings.dialects?.xlink ?? {}, mode);
    known[mode].set(settings, found);
  }
  return found;
}

/** What the sealed webhook secret of a merchant is bound to. */
export function webhookSecretContext(merchantId: string): string {
  return `xlink webhooks of ${merchantId}`;
}

function parse(bag: Readonly<Record<string, unknown>>, mode: Mode): XlinkSettings {
  const { webhookSecret: secret, lifetimeSeconds: lifetime } = bag;
  const usable = Number.isInteger(lifetime) && (lifetime as number) > 0;
  const seconds = usable ? (lifetime as number) : DEFAULT_LIFETIME_SECONDS;
  return {
    methods: readMethods(bag.methods, mode),
    callbackUrl: textOf(bag.callbackUrl),
    returnUrl: textOf(bag.returnUrl),
    webhookSecret:
      typeof secret === 'string' && base64.test(secret) ? Buffer.from(secret, 'base64') : null,
    reportExpired: bag.reportExpired === true,
    allowKeylessSessions: bag.allowKeylessSessions === true,
    lifetimeMs: Math.min(seconds, MAX_LIFETIME_SECONDS) * SECOND_MS,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
