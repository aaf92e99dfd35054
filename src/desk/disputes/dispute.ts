// The nouns of a dispute: what is said about a transfer, by whom, and what has been done about it.

import type { Mode } from '../../db/mode.ts';
import type { Role } from '../../merchants/roles.ts';
import type { Actor } from '../../merchants/staff-log.ts';
import type { Amount } from '../../money/amount.ts';
import type { DisputeAct, DisputeStatus } from './machine.ts';

/**
 * `payment_not_received`: the payer says that he paid, and nothing was confirmed; `wrong_amount`:
 * not what was confirmed; `duplicate`: he paid a second time; `payout_not_received`: what a trader
 * confirmed as sent has not arrived.
 */
export const disputeKinds = [
  'payment_not_received',
  'wrong_amount',
  'duplicate',
  'payout_not_received',
] as const;
export type DisputeKind = (typeof disputeKinds)[number];

/** `clock`: nobody, a deadline passed. */
export type Party = 'merchant' | 'trader' | 'operator' | 'clock';

/** Whoever acts; operators act for any merchant, others for their own. */
export type DisputePerson = Actor & {
  readonly role: Role;
  /** Null: of an operator who asks across all merchants. */
  readonly merchantId: string | null;
  /** Null: an operator's, who asks in both worlds. */
  readonly mode: Mode | null;
};

export type DisputeKey = { readonly merchantId: string; readonly id: string };

export type Dispute = DisputeKey & {
  readonly mode: Mode;
  readonly kind: DisputeKind;
  readonly status: DisputeStatus;
  readonly paymentId: string;
  /** The lease in question; null for a payout, which is its payment. */
  readonly leaseId: string | null;
  /** Whose deposit is at stake; null where the merchant is its own desk. */
  readonly traderId: string | null;
  readonly asset: string;
  /**
   * Of a lease: all that has come in for it, as the opener says. Of a payout: what has not arrived.
   */
  readonly claimedUnits: bigint;
  /** The opener says that less came in for a lease than is booked: the trader wants it back. */
  readonly less: boolean;
  /** By how much the claim differed from what was booked; in the end what was shared out. */
  readonly contestedUnits: bigint;
  /** When the payer paid, as far as somebody said so. */
  readonly paidAt: Date | null;
  readonly openedBy: string | null;
  readonly opener: Party;
  readonly respondent: Party;
  /** Until when `open` or `contested` waits. */
  readonly dueAt: Date | null;
  /** How many acts there are: each has the next number. */
  readonly acts: number;
  /** What a payout's dispute holds of the trader's deposit, and how many transfers it has made. */
  readonly heldUnits: bigint;
  readonly postings: number;
  /** What was accepted or decided; null until then. Together what was contested. */
  readonly shares: Shares | null;
  /** What a trader should have given and his deposit did not have: somebody must ask him for it. */
  readonly missingUnits: bigint;
  readonly openedAt: Date;
  readonly changedAt: Date;
};

/** How much of what is contested goes to whom. */
export type Shares = { readonly merchantUnits: bigint; readonly traderUnits: bigint };

/** One line of the timeline; never changed once written. */
export type ActRow = {
  readonly seq: number;
  readonly at: Date;
  readonly act: DisputeAct | 'open';
  readonly party: Party;
  readonly userId: string | null;
  readonly note: string | null;
  /** What the dispute was right after it. */
  readonly status: DisputeStatus;
  readonly shares: Shares | null;
  /** SHA-256 of a file, in hexadecimal, and the name it was given. */
  readonly file: { readonly hash: string; readonly name: string } | null;
};

export type EvidenceRow = {
  readonly hash: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly at: Date;
  readonly userId: string | null;
  readonly party: Party;
  /** Other disputes of the merchant in which the very same file was shown. */
  readonly alsoIn: readonly string[];
};

export type DisputeView = {
  readonly dispute: Dispute;
  /** What is contested now: money may have been confirmed by another way since it was opened. */
  readonly contested: Amount;
  /** What is held of the trader's deposit because of it. */
  readonly held: Amount;
  readonly timeline: readonly ActRow[];
  readonly evidence: readonly EvidenceRow[];
};
