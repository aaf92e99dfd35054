// The nouns of a payout at the desk: its order, what the desk decides for it, and who acts.

import type { Tx } from '../../db/database.ts';
import type { Mode } from '../../db/mode.ts';
import type { Actor } from '../../merchants/staff-log.ts';
import type { Amount } from '../../money/amount.ts';
import type { DestinationWay } from './destination.ts';

/**
 * `waiting` for somebody; `taken` by one person; `completed`: it was sent; `rejected`: it will not
 * be; `closed`: nobody came in time, or the merchant took it back; `reversed`: it came back.
 */
export const payoutStatuses = [
  'waiting',
  'taken',
  'completed',
  'rejected',
  'closed',
  'reversed',
] as const;
export type PayoutStatus = (typeof payoutStatuses)[number];

export type PayoutKey = { readonly merchantId: string; readonly id: string };

/** What shows that the money was sent. */
export type Proof = {
  /** The bank's. */
  readonly reference: string;
  /** SHA-256 of a stored file, in hexadecimal. */
  readonly file: string | null;
  readonly at: Date;
};

export type PayoutOrder = PayoutKey & {
  readonly mode: Mode;
  readonly reference: string;
  readonly way: DestinationWay;
  readonly amount: Amount;
  /** Where it goes, for those who may read it: see `openDestination`. */
  readonly sealed: Buffer;
  readonly lastFour: string;
  readonly status: PayoutStatus;
  /** Who has it, or had it when it ended. */
  readonly takenBy: string | null;
  /** The same where the taker is a trader: his deposit moves with it. */
  readonly traderId: string | null;
  readonly takenAt: Date | null;
  readonly dueAt: Date | null;
  readonly pledged: boolean;
  readonly proof: Proof | null;
  readonly reason: string | null;
  readonly endedBy: string | null;
  readonly endedAt: Date | null;
  readonly witness: string | null;
  readonly housePays: boolean;
  /** What the trader's deposit has for it: still reserved, and earned by it. */
  readonly reservedUnits: bigint;
  readonly earnedUnits: bigint;
  readonly postings: number;
  readonly createdAt: Date;
};

/** What a merchant decides for its payouts in one mode. */
export type PayoutTerms = {
  readonly tradersConfirm: boolean;
  readonly pledged: boolean;
  readonly openLimit: number;
  readonly takeMinutes: number;
};

/** Somebody at the desk of one merchant in one mode. Operators look after it, and take nothing. */
export type DeskPerson = Actor & {
  readonly role: 'trader' | 'manager' | 'operator';
  readonly merchantId: string;
  readonly mode: Mode;
};

/** What the core does with the payment behind an order, in the caller's transaction. */
export type MovePayout = (
  tx: Tx,
  key: PayoutKey,
  step: 'take' | 'release' | 'confirm' | 'decline' | 'fail' | 'reverse',
) => Promise<unknown>;
