// What this dialect is handed: the parts of the house it talks to, and the deployment's settings.

import type { Rate } from '../../money/rate.ts';
import type { Caller, Merchant, Mode } from '../../merchants/settings.ts';
import type { Vault } from '../../merchants/vault.ts';
import type { AskedKey } from '../../payments/idempotency.ts';
import type { Payment } from '../../payments/nouns.ts';
import type { Payments } from '../../payments/payments.ts';
import type { Refusal } from '../../payments/refusals.ts';
import type { Limiter } from '../limiter.ts';

export type XbillionNeeds = {
  readonly payments: Pick<Payments, 'create' | 'find' | 'offered' | 'ask'>;
  /** What a key was answered before: for requests that cannot be tried, let alone made. */
  remembered(asked: Omit<AskedKey, 'paymentId'>): Promise<string | Refusal | null>;
  readonly credentials: {
    identify(dialect: string | null, secret: string): Promise<Caller | null>;
  };
  /** Cached by whoever hands this in. */
  merchantOf(merchantId: string): Promise<Merchant>;
  readonly limiter: Limiter;
  readonly rates: {
    quote(mode: Mode, base: string, quote: string): { readonly rate: Rate } | null;
  };
  readonly vault: Pick<Vault, 'seal' | 'open'>;
  /** The pair that made the payment, `merchant id:secret`; null when the payment has none. */
  openSecret(payment: Payment): string | null;
  readonly now: () => Date;
  readonly config: {
    /** Origin of the payer's pages; null: the origin under which the request came. */
    readonly checkoutOrigin: string | null;
  };
};
