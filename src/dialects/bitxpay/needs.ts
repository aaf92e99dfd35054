// What this dialect is handed: the parts of the house it talks to, and the deployment's settings.

import type { Rate } from '../../money/rate.ts';
import type { Caller, MerchantSettings, Mode } from '../../merchants/settings.ts';
import type { Payment } from '../../payments/nouns.ts';
import type { Payments } from '../../payments/payments.ts';
import type { Limiter } from '../limiter.ts';

export type BitxpayNeeds = {
  readonly payments: Pick<Payments, 'create' | 'repeated' | 'find' | 'list' | 'close' | 'facts'>;
  readonly credentials: {
    identify(dialect: string | null, secret: string): Promise<Caller | null>;
  };
  /** The merchant's settings for the caller's mode; cached by whoever hands this in. */
  settingsOf(caller: Caller): Promise<MerchantSettings>;
  readonly limiter: Limiter;
  readonly rates: {
    quote(mode: Mode, base: string, quote: string): { readonly rate: Rate } | null;
  };
  /** The link's webhook key in the clear; null when the payment has none. */
  openSecret(payment: Pick<Payment, 'id' | 'callbackSecret'>): string | null;
  readonly now: () => Date;
  readonly config: {
    /** Origin of the payer's pages; null: the origin under which the request came. */
    readonly checkoutOrigin: string | null;
    /** Also serve the links under `/v1`. */
    readonly shortPrefix: boolean;
    /** The amounts 1 to 4 act in the sandbox as well. */
    readonly extraMagic: boolean;
  };
};
