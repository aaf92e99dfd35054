// A merchant's BitXPay settings, one set per mode: read from the bag, wrong values made safe.

import type { KeyObject } from 'node:crypto';
import type { MerchantSettings } from '../../merchants/settings.ts';
import { readPublicKey } from './signature.ts';

export type BitxpaySettings = {
  /** Must stand in the body of every create; null: this merchant can create nothing. */
  readonly merchantKey: string | null;
  /** The word for a link that awaits payment. */
  readonly initialStatus: 'processing' | 'pending';
  readonly lifetimeMs: number;
  readonly webhookUrl: string | null;
  /** Takes a member `webhook_url` on create, which then wins over the setting. */
  readonly acceptWebhookUrl: boolean;
  /** Also sends `payment.created`. */
  readonly createdEvent: boolean;
  /** Adds the members of the vendor's generic webhook form. */
  readonly genericForm: boolean;
  readonly requireSignature: boolean;
  /** Any key is registered, readable or not: an unreadable one must not switch checking off. */
  readonly hasPublicKeys: boolean;
  readonly publicKeys: readonly KeyObject[];
};

const DEFAULT_LIFETIME_SECONDS = 1_500;
const MAX_LIFETIME_SECONDS = 366 * 24 * 60 * 60;
const SECOND_MS = 1_000;
/** Each key costs a verification per spelling of the signed text. */
const MAX_PUBLIC_KEYS = 5;

const known = new WeakMap<MerchantSettings, BitxpaySettings>();

/** Parsed once for each settings object: keys are costly to read, and the object is cached. */
export function bitxpaySettings(settings: MerchantSettings): BitxpaySettings {
  let found = known.get(settings);
  if (found === undefined) {
    found = parse(settings.dialects?.bitxpay ?? {});
    known.set(settings, found);
  }
  return found;
}

function parse(bag: Readonly<Record<string, unknown>>): BitxpaySettings {
  const keys = (Array.isArray(bag.publicKeys) ? bag.publicKeys : []).filter(isText);
  return {
    merchantKey: isText(bag.merchantKey) ? bag.merchantKey : null,
    initialStatus: bag.initialStatus === 'pending' ? 'pending' : 'processing',
    lifetimeMs: lifetimeSeconds(bag.lifetimeSeconds) * SECOND_MS,
    webhookUrl: isText(bag.webhookUrl) ? bag.webhookUrl : null,
    acceptWebhookUrl: bag.acceptWebhookUrl === true,
    createdEvent: bag.createdEvent === true,
    genericForm: bag.genericForm === true,
    // Anything but a plain "no" asks for signatures: a misspelt switch must not open the door.
    requireSignature: (bag.requireSignature ?? false) !== false,
    hasPublicKeys: keys.length > 0,
    publicKeys: keys
      .slice(0, MAX_PUBLIC_KEYS)
      .map(readPublicKey)
      .filter((key) => key !== null),
  };
}

function lifetimeSeconds(value: unknown): number {
  const usable = Number.isInteger(value) && (value as number) > 0;
  return usable ? Math.min(value as number, MAX_LIFETIME_SECONDS) : DEFAULT_LIFETIME_SECONDS;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
