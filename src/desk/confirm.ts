// Confirming: a person says that money came in for a lease.

import type { Database } from '../db/database.ts';
import { record } from '../merchants/staff-log.ts';
import { amountText } from '../money/amount-text.ts';
import { maximum } from '../money/amount.ts';
import { type Booking, type Report, createBooking } from './booking.ts';
import type { Inbox } from './inbox.ts';
import { type PaidLease, holdDesk, readLease, sumOf } from './moneys.ts';
import { type Worker, sees } from './person.ts';
import { DeskRefused } from './refused.ts';

/** A person's word about one money. */
export type Word = {
  readonly leaseId: string;
  /** Null: all that is still missing. */
  readonly units: bigint | null;
  /**
   * The person's own name for it, as the bank prints it. The same one twice is one money; without
   * any, so is the same amount twice.
   */
  readonly reference: string | null;
  /** When it came in; null: now. */
  readonly at: Date | null;
};

export type Confirming = {
  /**
   * Answers the lease after it; null when there is none that this person may see. Throws
   * DeskRefused, and nothing is written, where the word contradicts what is known.
   */
  confirm(worker: Worker, word: Word): Promise<PaidLease | null>;
};

/** A payer who was told by telephone pays before the payment is made. */
const EARLY_MS = 3_600_000;

export function createConfirming(deps: {
  readonly db: Database;
  readonly report: Report;
  readonly inbox: Pick<Inbox, 'rematch'>;
  readonly now: () => Date;
}): Confirming {
  const { db, report, inbox, now } = deps;

  async function confirm(worker: Worker, word: Word): Promise<PaidLease | null> {
    const key = { merchantId: worker.merchantId, id: word.leaseId };
    return db.transaction(async (tx) => {
      const seen = await readLease(tx, key);
      if (!seen || !sees(worker, seen)) return null;
      await holdDesk(tx, seen);
      const lease = await readLease(tx, key);
      if (!lease) return null;
      const at = now();
      const booking = createBooking(tx, report, at, [lease]);
      const booked = book(booking, lease, { ...word, said: at, by: worker.actor.userId });
      if (booked === 'known') return lease;
      const { reference } = word;
      const amount = amountText({ units: booked, asset: lease.currency });
      const details = { amount, reference, traderId: lease.traderId };
      const act = { action: 'lease.confirmed', subject: lease.id, details };
      await record(tx, { ...worker.actor, ...act, at, merchantId: lease.merchantId });
      // What waits in the inbox may have been this very money.
      await inbox.rematch(tx, lease, booking);
      await booking.finish();
      return readLease(tx, key);
    });
  }

  return { confirm };
}

type Saying = Word & { readonly said: Date; readonly by: string | null };

/** Answers the units that were said, or `known` when this person's word was heard before. */
function book(
  booking: Booking,
  lease: PaidLease,
  { units: given, reference, at, said, by }: Saying,
): bigint | 'known' {
  const { moneys } = lease;
  const received = maximum(sumOf(moneys), lease.receivedUnits);
  const witness = { source: 'word', userId: by, at: said, reference } as const;
  const again = moneys.find((one) => reference !== null && one.saidReference === reference);
  if (again) {
    if (given === null || given === again.units) return 'known';
    throw new DeskRefused('this reference was confirmed with another amount');
  }
  const missing = lease.units - received;
  const unsaid = moneys.find(({ sources }) => !sources.includes('word'));
  if (given === null && missing <= 0n) {
    if (!unsaid) return 'known';
    booking.attach(lease, unsaid, witness);
    return unsaid.units;
  }
  const units = given ?? missing;
  const known = booking.open(lease, units, 'word');
  if (known) {
    booking.attach(lease, known, witness);
    return units;
  }
  if (reference === null) {
    if (moneys.some((one) => one.units === units)) return 'known';
    if (received + units > lease.units && received > 0n) {
      throw new DeskRefused(
        'other money was confirmed for this lease: name this one by its reference',
      );
    }
  }
  booking.add({ lease, units, at: timeOf(at, lease, said), witness });
  return units;
}

function timeOf(at: Date | null, { leasedAt }: PaidLease, now: Date): Date {
  if (at === null) return now;
  if (at > now) throw new DeskRefused('the money cannot have come in later than now');
  if (at.getTime() < leasedAt.getTime() - EARLY_MS) {
    throw new DeskRefused('the money cannot have come in before the lease was made');
  }
  return at;
}
