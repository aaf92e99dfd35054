// A merchant's settings, one set per mode: the core's policy and an opaque bag for each dialect.

import type { Mode } from '../db/mode.ts';

export type { Mode };

/** `policy` overrides the default policy; `dialects` is read by the dialect that owns the name. */
export type MerchantSettings = {
  readonly policy?: Readonly<Record<string, unknown>>;
  readonly dialects?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

export type Merchant = {
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
