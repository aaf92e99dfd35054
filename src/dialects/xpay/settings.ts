// A commerce's xpay settings, one set per mode: read from the bag, wrong values made safe.

import type { MerchantSettings } from '../../merchants/settings.ts';

export type Spelling = 'canceled' | 'cancelled';

export type XpaySettings = {
  /** Null: the path by which a transaction was created decides. */
  readonly cancelledSpelling: Spelling | null;
  /** Answers for an id of somebody else's what it answers for one that does not exist. */
  readonly hideForeignTransactions: boolean;
  /** Honours `limit` and `offset` in the list. */
  readonly listPaging: boolean;
  readonly waitingTimeSeconds: number;
  /** Sealed for `callbackSecretContext`; null: callbacks are not signed. */
  readonly callbackSecret: Buffer | null;
};

const DEFAULT_WAITING_SECONDS = 1_200;
const MAX_WAITING_SECONDS = 366 * 24 * 60 * 60;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

const known = new WeakMap<MerchantSettings, XpaySettings>();

/** Parsed once for each settings object: it is cached and asked for with every request. */
export function xpaySettings(settings: MerchantSettings): XpaySettings {
  let found = known.get(settings);
  if (found === undefined) {
    found = parse(settings.dialects?.xpay ?? {});
    known.set(settings, found);
  }
  return found;
}

/** What the sealed callback secret of a merchant is bound to. */
export function callbackSecretContext(merchantId: string): string {
  return `xpay callbacks of ${merchantId}`;
}

function parse(bag: Readonly<Record<string, unknown>>): XpaySettings {
  const { cancelledSpelling: spelling, callbackSecret: secret } = bag;
  return {
    cancelledSpelling: spelling === 'canceled' || spelling === 'cancelled' ? spelling : null,
    // Anything but a plain "no" hides them: a misspelt switch must not give anything away.
    hideForeignTransactions: (bag.hideForeignTransactions ?? false) !== false,
    listPaging: bag.listPaging === true,
    waitingTimeSeconds: waitingSeconds(bag.waitingTimeSeconds),
    callbackSecret:
      typeof secret === 'string' && base64.test(secret) ? Buffer.from(secret, 'base64') : null,
  };
}

function waitingSeconds(value: unknown): number {
  const usable = Number.isInteger(value) && (value as number) > 0;
  return usable ? Math.min(value as number, MAX_WAITING_SECONDS) : DEFAULT_WAITING_SECONDS;
}
