// Opening: whether there is something to dispute, how much, and who has to answer.

import type { Tx } from '../../db/database.ts';
import { maximum } from '../../money/amount.ts';
import { decimalsOf } from '../../money/assets.ts';
import { parseDecimal } from '../../money/decimal.ts';
import { partyOf, sees } from './access.ts';
import type { Dispute, DisputeKind, DisputePerson, Party } from './dispute.ts';
import { DisputeRefused } from './refused.ts';
import { type PaymentKey, type Subject, subjectsOf } from './subject.ts';

export type Claim = {
  readonly kind: DisputeKind;
  /** Id or reference of the payment or payout. */
  readonly payment: string;
  /** Which of its leases; null: it has only one. */
  readonly lease: string | null;
  /**
   * What the payer says he sent; of a wrong amount: all that has come; of a duplicate: what came
   * once more; of a payout: what did not arrive. Decimal text in the currency that was to be paid;
   * null: what was to be paid.
   */
  readonly amount: string | null;
  /** When the payer paid; null: in time. */
  readonly paidAt: Date | null;
  readonly note: string;
};

/** The one that is meant, among those that the person sees. */
export async function subjectFor(
  tx: Tx,
  person: DisputePerson,
  key: PaymentKey | null,
  { kind, lease }: Claim,
): Promise<Subject> {
  const all = key ? await subjectsOf(tx, key, kind) : [];
  const seen = all.filter((one) => sees(person, one));
  const [subject, ...more] = seen.filter(({ leaseId }) => lease === null || leaseId === lease);
  if (!subject) {
    const what = kind === 'payout_not_received' ? 'payout' : 'transfer that was asked for';
    throw new DisputeRefused('not_found', `there is no such ${what} here`);
  }
  if (more.length > 0) {
    throw new DisputeRefused('invalid', 'the payment has several leases: say which one');
  }
  return subject;
}

/** A claim holds a trader's deposit: nobody holds more of it than a mistyped amount explains. */
const MAX_TIMES = 10n;

/** All that came in for a lease, or what did not arrive of a payout, if the opener is right. */
export function claimedUnits(claim: Claim, subject: Subject): bigint {
  const claimed = unitsOfClaim(claim, subject);
  if (claimed <= MAX_TIMES * maximum(subject.units, subject.bookedUnits)) return claimed;
  const message = `nobody pays more than ${MAX_TIMES} times what was asked by mistake`;
  throw new DisputeRefused('invalid', message);
}

function unitsOfClaim(claim: Claim, subject: Subject): bigint {
  const { kind } = claim;
  const { bookedUnits } = subject;
  const units = unitsSaid(claim, subject);
  const said = units ?? subject.units;
  if (kind === 'payment_not_received') {
    if (bookedUnits > 0n) conflict('money was confirmed for it: dispute the amount');
    return atLeastSomething(said);
  }
  if (kind === 'wrong_amount') {
    if (units === null) throw new DisputeRefused('invalid', 'say how much has come in all');
    if (bookedUnits === 0n) conflict('nothing was confirmed for it');
    if (said === bookedUnits) conflict('exactly so much was confirmed for it');
    return said;
  }
  if (kind === 'duplicate') {
    if (bookedUnits === 0n) conflict('nothing was confirmed for it');
    return bookedUnits + atLeastSomething(said);
  }
  if (bookedUnits === 0n) conflict('only a payout that was confirmed as sent can be disputed');
  if (said > subject.units) {
    throw new DisputeRefused('invalid', 'so much was not to be paid out');
  }
  return atLeastSomething(said);
}

function atLeastSomething(units: bigint): bigint {
  if (units > 0n) return units;
  throw new DisputeRefused('invalid', 'what is disputed is more than nothing');
}

function conflict(message: string): never {
  throw new DisputeRefused('conflict', message);
}

/** The other side; where there is no trader, the merchant looks at its own account. */
export function respondentTo(opener: Party, { traderId }: Subject): 'merchant' | 'trader' {
  return traderId === null || opener === 'trader' ? 'merchant' : 'trader';
}

export function openerOf(person: DisputePerson): Exclude<Party, 'clock'> {
  const party = partyOf(person);
  if (party === null) throw new DisputeRefused('forbidden', 'this person opens no disputes');
  return party;
}

/** Whether the same has been opened before, by the same person: then it is a repetition. */
export function isSame(earlier: Dispute, person: DisputePerson, claim: Claim): boolean {
  const units = unitsSaid(claim, earlier);
  return (
    earlier.kind === claim.kind &&
    earlier.openedBy === person.userId &&
    (units === null || unitsSaidIn(earlier) === units)
  );
}

function unitsSaid({ amount }: Claim, { asset }: Pick<Subject, 'asset'>): bigint | null {
  if (amount === null) return null;
  const units = parseDecimal(amount, decimalsOf(asset));
  if (typeof units === 'bigint' && units >= 0n) return units;
  throw new DisputeRefused('invalid', `the amount must be one of ${asset}, as 12.50`);
}

/** What the opener said, from what was made of it. */
function unitsSaidIn({ kind, claimedUnits: claimed, contestedUnits }: Dispute): bigint {
  return kind === 'duplicate' ? contestedUnits : claimed;
}

/** One about the same that lives, or was resolved, stands in the way of another. */
export function assertNoOther(earlier: readonly Dispute[], { kind }: Claim): void {
  const living = earlier.find(({ status }) => status !== 'resolved');
  if (living) conflict(`it is disputed already: ${living.id}`);
  const resolved = earlier.find((one) => one.kind === kind);
  if (resolved) conflict(`that was resolved: ${resolved.id}`);
}
