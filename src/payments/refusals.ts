// Refusals: every expected "no" of the core, a closed list, said by each dialect in its own words.

/** Code and meaning; the key order is that of `docs/refusals.md`. */
export const refusals = {
  payment_not_found: 'No payment of this merchant and mode has this id or reference.',
  merchant_inactive: 'The merchant may take no payments at present.',
  asset_not_supported: 'No rail can settle this currency, or no rate is known for it.',
  rate_not_available: 'No rate is known well enough for this amount now.',
  method_not_available: 'The way to pay that was chosen is not offered for this payment.',
  payment_not_open: 'The payment takes no money now: it is closed, paused or past its deadline.',
  status_conflict: 'The payment is in a status in which this cannot be done.',
  idempotency_mismatch: 'The idempotency key was used before with a different request.',
  insufficient_balance: 'The merchant has less available in this currency than is to be paid out.',
  no_requisites: 'No account or card can take a transfer of this amount now.',
  no_address_available: 'The rail has no free address left; the pool is being refilled.',
  not_a_test_payment: 'Only a test-mode payment can be driven by hand.',
  overloaded: 'Too many requests wait already; come back in a moment.',
} as const;

export type RefusalCode = keyof typeof refusals;

/** Thrown for an expected "no". `status` is the payment's present status where that explains it. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: RefusalCode;
  readonly status: string | null;

  constructor(code: RefusalCode, status: string | null = null) {
    super(refusals[code]);
    this.code = code;
    this.status = status;
  }
}
