// What the hosted page needs from the rest of the house.

import type { Payments } from '../payments/payments.ts';
import type { LiveLimits } from './live.ts';

export type CheckoutDeps = {
  readonly payments: Pick<Payments, 'findForPage' | 'methods' | 'choose' | 'play' | 'facts'>;
  /** Calls the listener on every change, made by whichever process, until the answer is called. */
  readonly onChange: (paymentId: string, listener: () => void) => () => void;
  readonly merchantName: (merchantId: string) => Promise<string>;
  readonly now: () => Date;
  /** Whether test-mode pages carry the sandbox's buttons. */
  readonly testButtons: boolean;
  readonly limits?: Partial<LiveLimits>;
};
