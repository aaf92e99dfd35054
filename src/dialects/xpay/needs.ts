// What this dialect is handed: the parts of the house it talks to, and the deployment's settings.

import type { Merchant, Mode } from '../../merchants/settings.ts';
import type { Users } from '../../merchants/users.ts';
import type { SignIn } from '../../merchants/sign-in.ts';
import type { Payments } from '../../payments/payments.ts';
import type { AskedKey } from '../../payments/idempotency.ts';
import type { Refusal } from '../../payments/refusals.ts';
import type { Limiter } from '../limiter.ts';

/**
 * What an exchange knows of a pair: a fresh price; a price that is too old to be used; none yet,
 * although it trades it; or that it does not trade it.
 */
export type PairState = 'quoted' | 'stale' | 'unpriced' | 'untraded';

export type XpayNeeds = {
  readonly payments: Pick<
    Payments,
    'create' | 'findByNumber' | 'newest' | 'close' | 'facts' | 'offered' | 'ask'
  >;
  /** What a key was answered before: for requests that cannot be tried any more. */
  remembered(asked: Omit<AskedKey, 'paymentId'>): Promise<string | Refusal | null>;
  readonly users: Pick<Users, 'byToken' | 'byNumber' | 'byId' | 'hasPassword' | 'changePassword'>;
  readonly signIn: SignIn['signIn'];
  /** Cached by whoever hands this in. */
  merchantOf(merchantId: string): Promise<Merchant>;
  readonly rates: {
    exchanges(mode: Mode): readonly { readonly id: number; readonly ready: boolean }[];
    pairState(mode: Mode, base: string, quote: string, exchange: number): PairState;
    /** Another value whenever any price may be another. */
    version(): number;
  };
  readonly limiter: Limiter;
  /** Opens what was sealed with the same context; throws when it was altered. */
  open(sealed: Buffer, context: string): string;
  readonly now: () => Date;
  readonly config: {
    /** Origin of the payer's pages; null: the origin under which the request came. */
    readonly checkoutOrigin: string | null;
  };
};
