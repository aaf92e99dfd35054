// Consequences: what a dispute holds while it lives, and which money moves when it is resolved.

import type { Tx } from '../../db/database.ts';
import { type Report, createBooking } from '../booking.ts';
import { type PaidLease, type Witness, readLease } from '../moneys.ts';
import type { MovePayout } from '../payouts/order.ts';
import { claimLease } from '../settling.ts';
import { takeBack } from '../taking-back.ts';
import type { Dispute, Shares } from './dispute.ts';
import { holdPayout, releasePayout, sharePayout } from './payout-shares.ts';
import { type Subject, contestedOf } from './subject.ts';

/** What the core does, in the transaction of the act. */
export type Consequences = {
  /** What came in for a payment, or did not; its lease follows in the same transaction. */
  readonly report: Report;
  /** A payout that did not arrive goes back to its merchant; its order and deposit follow. */
  readonly movePayout: MovePayout;
};

/** A dispute that is resolved now, and by whom; null: by nobody, or from the shell. */
export type Resolved = {
  readonly dispute: Dispute;
  readonly subject: Subject;
  readonly shares: Shares;
  readonly userId: string | null;
};

/** The dispute with what it holds now, and what a trader could not give. */
type Carried = Pick<Dispute, 'heldUnits' | 'postings' | 'missingUnits'>;

/**
 * Holds so much of the trader's deposit as is contested and free; said again, it holds what has
 * become free since. The caller holds the payment and the dispute.
 */
export async function hold(
  tx: Tx,
  dispute: Dispute,
  subject: Subject,
  now: Date,
): Promise<Pick<Dispute, 'heldUnits' | 'postings'>> {
  const { leaseId, merchantId, heldUnits, postings } = dispute;
  if (leaseId === null) return holdPayout(tx, dispute, contestedOf(dispute, subject), now);
  // A claim that less came in needs nothing of the trader.
  if (!dispute.less) {
    await claimLease(tx, { merchantId, instructionId: leaseId }, dispute.claimedUnits, now);
  }
  return { heldUnits, postings };
}

/** Lets go of what is held, without any other consequence. */
export async function release(tx: Tx, dispute: Dispute, now: Date): Promise<Carried> {
  const { leaseId, merchantId, heldUnits, postings } = dispute;
  if (leaseId === null) return releasePayout(tx, dispute, now);
  const settled = await claimLease(tx, { merchantId, instructionId: leaseId }, null, now);
  return { heldUnits, postings, missingUnits: settled?.missingUnits ?? 0n };
}

/** Shares out what is contested, and lets go of what was held for it. */
export async function carryOut(
  tx: Tx,
  resolved: Resolved,
  { report, movePayout }: Consequences,
  now: Date,
): Promise<Carried> {
  const { dispute, shares, subject } = resolved;
  const { leaseId, merchantId } = dispute;
  if (leaseId === null) return sharePayout(tx, dispute, shares, movePayout, now);
  const lease = await readLease(tx, { merchantId, id: leaseId });
  if (!lease) throw new Error(`lease ${leaseId} is gone`);
  const witness = witnessOf(resolved, now);
  if (dispute.less) {
    const units = shares.traderUnits;
    if (units > 0n) await takeBack(tx, report, { lease, units, witness }, now);
  } else if (shares.merchantUnits > 0n) {
    await addMoney(tx, report, { lease, witness, shares, at: timeOf(dispute, subject) }, now);
  }
  // Only now: what was held has gone to where the money is booked, never through free hands.
  return release(tx, dispute, now);
}

type Added = {
  readonly lease: PaidLease;
  readonly witness: Witness;
  readonly shares: Shares;
  readonly at: Date;
};

/** As any money that is confirmed: a statement that shows it afterwards is one witness more. */
async function addMoney(
  tx: Tx,
  report: Report,
  { lease, witness, shares, at }: Added,
  now: Date,
): Promise<void> {
  const booking = createBooking(tx, report, now, [lease]);
  booking.add({ lease, units: shares.merchantUnits, at, witness });
  await booking.finish();
}

function witnessOf({ dispute, userId }: Resolved, now: Date): Witness {
  return { source: 'word', userId, at: now, reference: `dispute-${dispute.id}` };
}

/** Whoever was found to have paid has paid in time, unless somebody said when. */
function timeOf({ openedAt, paidAt }: Dispute, { expiresAt }: Subject): Date {
  return paidAt ?? (openedAt < expiresAt ? openedAt : expiresAt);
}
