// What becomes of a transfer: a closed list in order of precedence, decided without a database.

import type { Amount } from '../money/amount.ts';
import type { AccountName } from './accounts.ts';

/** One balanced movement between two accounts of one merchant. */
export type NewTransfer = {
  readonly merchantId: string;
  /** Chosen by the caller so that a repetition has the same id; unique within the merchant. */
  readonly id: string;
  /** Account ids: `amount` leaves `debit` and reaches `credit`. */
  readonly debit: string;
  readonly credit: string;
  readonly amount: Amount;
  readonly paymentId: string | null;
  readonly reason: string;
  /** Lets the debited account go below zero: money the outside world takes back is gone anyway. */
  readonly mayOverdraw?: boolean;
};

/** What is compared to tell a harmless repetition from an id used for something else. */
export type TransferContent = Omit<NewTransfer, 'mayOverdraw'>;

/** A transfer with everything its outcome depends on. */
export type Proposal = {
  readonly transfer: NewTransfer;
  /** What was posted before under the same merchant and id. */
  readonly earlier: TransferContent | undefined;
  readonly debit: AccountName;
  readonly credit: AccountName;
  /** Credits less debits of the debited account before this transfer. */
  readonly balance: bigint;
};

/** The first that applies is the outcome. */
export const outcomes = [
  'id_reused',
  'already_posted',
  'same_account',
  'amount_not_positive',
  'mode_mismatch',
  'asset_mismatch',
  'would_overdraw',
  'posted',
] as const;
export type Outcome = (typeof outcomes)[number];

const applies: Record<Outcome, (proposal: Proposal) => boolean> = {
  id_reused: ({ transfer, earlier }) => earlier !== undefined && !sameContent(transfer, earlier),
  already_posted: ({ earlier }) => earlier !== undefined,
  same_account: ({ transfer }) => transfer.debit === transfer.credit,
  amount_not_positive: ({ transfer }) => transfer.amount.units <= 0n,
  mode_mismatch: ({ debit, credit }) => debit.mode !== credit.mode,
  asset_mismatch: ({ transfer, debit, credit }) =>
    debit.asset !== transfer.amount.asset || credit.asset !== transfer.amount.asset,
  would_overdraw: ({ transfer, debit, balance }) =>
    debit.kind !== 'outside' && !transfer.mayOverdraw && balance < transfer.amount.units,
  posted: () => true,
};

export function outcomeOf(proposal: Proposal): Outcome {
  return outcomes.find((outcome) => applies[outcome](proposal)) ?? 'posted';
}

function sameContent(left: TransferContent, right: TransferContent): boolean {
  return (
    left.debit === right.debit &&
    left.credit === right.credit &&
    left.amount.asset === right.amount.asset &&
    left.amount.units === right.amount.units &&
    left.paymentId === right.paymentId &&
    left.reason === right.reason
  );
}
