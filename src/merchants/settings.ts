// A merchant's settings, one set per mode: the core's policy and an opaque bag for each dialect.

import type { Mode } from '../db/mode.ts';

export type { Mode };

/**
 * `policy` overrides the default policy; `dialects` is read by the dialect that owns the name;
 * `spreadPercent` is a decimal text, taken off every market rate.
 */
export type MerchantSettings = {
  readonly policy?: Readonly<Record<string, unknown>>;
  readonly dialects?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly spreadPercent?: string;
};

export const verifications = ['verifying', 'approved', 'rejected'] as const;
export type Verification = (typeof verifications)[number];

/** The paper by which a merchant was identified; `country` is an ISO 3166-1 code of two letters. */
export type IdentityDocument = {
  readonly type: string;
  readonly country: string;
  readonly number: string;
};

/** What the operator decides about a merchant; dialects show it and refuse by it. */
export type Commerce = {
  readonly email: string | null;
  /** May take payments. */
  readonly active: boolean;
  readonly verification: Verification;
  readonly document: IdentityDocument | null;
  readonly fiatWithdraw: boolean;
};

export type Merchant = Commerce & {
  readonly id: string;
  readonly shopId: number;
  readonly name: string;
  readonly settings: Readonly<Record<Mode, MerchantSettings>>;
};

/** Who is calling: what a credential stands for. */
export type Caller = {
  readonly merchantId: string;
  readonly credentialId: string;
  readonly mode: Mode;
};
