// What this dialect is handed: the parts of the house it talks to, and the deployment's settings.

import type { Caller, Merchant } from '../../merchants/settings.ts';
import type { Vault } from '../../merchants/vault.ts';
import type { AskedKey } from '../../payments/idempotency.ts';
import type { Payments } from '../../payments/payments.ts';
import type { Refusal } from '../../payments/refusals.ts';
import type { Limiter } from '../limiter.ts';

export type XlinkNeeds = {
  readonly payments: Pick<
    Payments,
    | 'create'
    | 'createPayout'
    | 'findOperation'
    | 'findByMerchantReference'
    | 'findForPayer'
    | 'operations'
    | 'annotate'
    | 'facts'
    | 'offered'
    | 'ask'
  >;
  /** What a key was answered before: for requests that cannot be tried, let alone made. */
  remembered(asked: Omit<AskedKey, 'paymentId'>): Promise<string | Refusal | null>;
  readonly credentials: {
    identify(dialect: string | null, secret: string): Promise<Caller | null>;
    wasIssued(dialect: string, secret: string): Promise<boolean>;
  };
  /** Cached by whoever hands this in. */
  merchantOf(merchantId: string): Promise<Merchant>;
  merchantByShop(shopId: number): Promise<Merchant | null>;
  /** Counts minutes. */
  readonly limiter: Limiter;
  /** Counts seconds. */
  readonly burst: Limiter;
  readonly vault: Pick<Vault, 'seal' | 'open'>;
  readonly now: () => Date;
  readonly config: {
    /** Origin of the payer's pages; null: the origin under which the request came. */
    readonly checkoutOrigin: string | null;
  };
};
