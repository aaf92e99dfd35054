// The facts of a payment: what its money amounts to, from what was seen, the policy and the clock.

import { divideDown, divideUp, minimum } from '../money/amount.ts';
import { type Input, type Status, decide } from './machine.ts';
import type { Facts, Instruction, Payment, PaymentView, Sighting } from './nouns.ts';

export type { Facts };
import { type Policy, required } from './policy.ts';

/** Where one sighting's money belongs in the ledger, in units of its own asset. */
export type Place = {
  readonly suspenseUnits: bigint;
  readonly availableUnits: bigint;
  readonly feesUnits: bigint;
};

export const nowhere: Place = { suspenseUnits: 0n, availableUnits: 0n, feesUnits: 0n };

const closedByPerson: readonly Status[] = ['cancelled', 'failed'];

/** Nothing here depends on the order in which money came. */
export function deriveFacts(view: PaymentView, policy: Policy, now: Date): Facts {
  const { payment } = view;
  if (payment.direction === 'out') return factsOfPayout(payment);
  const counted = view.sightings.filter((sighting) => counts(view, sighting, policy));
  const measure = measureOf(view, policy, now);
  const seen = tally(view, counted, measure);
  const settled = tally(
    view,
    counted.filter((sighting) => sighting.final),
    measure,
  );
  const total = payment.price.units * BigInt(payment.maxUses);
  const held = view.sightings.filter((one) => one.present && !counts(view, one, policy));
  const usesSeen = smaller(seen.uses, payment.maxUses);
  return {
    requiredUnits: measure.restCounts ? 1n : measure.requiredUnits,
    seenUnits: seen.total,
    settledUnits: settled.total,
    remainingUnits: usesSeen >= payment.maxUses ? 0n : payment.price.units - seen.rest,
    overUnits: seen.total > total ? seen.total - total : 0n,
    heldUnits: tally(view, held, measure).total,
    usesSeen,
    usesSettled: smaller(settled.uses, payment.maxUses),
  };
}

/** What has been taken is as good as seen, and what was confirmed is settled. */
function factsOfPayout({ status, price }: Payment): Facts {
  const settled = status === 'completed';
  const seen = settled || status === 'confirming';
  return {
    requiredUnits: price.units,
    seenUnits: seen ? price.units : 0n,
    settledUnits: settled ? price.units : 0n,
    remainingUnits: seen ? 0n : price.units,
    overUnits: 0n,
    heldUnits: 0n,
    usesSeen: seen ? 1 : 0,
    usesSettled: settled ? 1 : 0,
  };
}

/** The status that the money and the clock call for, given where the payment stands. */
export function statusByFacts(view: PaymentView, facts: Facts, now: Date): Status {
  const { payment } = view;
  const next = decide(payment.status, inputOf(facts, payment.maxUses));
  if (next === 'refuse') return payment.status;
  // Un-paid after the deadline: nobody may pay it any more, so it does not linger.
  const lapsed = next === 'awaiting' && now >= payment.expiresAt;
  return lapsed ? lapse() : next;
}

function lapse(): Status {
  const next = decide('awaiting', 'expire');
  return next === 'refuse' ? 'awaiting' : next;
}

function inputOf(facts: Facts, maxUses: number): Input {
  if (facts.usesSettled >= maxUses) return 'settled';
  return facts.usesSeen >= maxUses ? 'covered' : 'short';
}

/** Where the ledger should hold each sighting's money, by its place in `view.sightings`. */
export function placesOf(
  view: PaymentView,
  status: Status,
  policy: Policy,
  now: Date,
): readonly Place[] {
  const measure = measureOf(view, policy, now);
  const final = view.sightings.filter((one) => one.final && counts(view, one, policy));
  if (status === 'refunded') return view.sightings.map(placeOfReturned);
  const whole = status === 'completed';
  const paid = paidInstructions(view, final, measure);
  const { price, maxUses } = view.payment;
  const uses = whole ? maxUses : smaller(tally(view, final, measure).uses, maxUses);
  // What an excess is measured against: the uses that were paid, not those still to come.
  let room = price.units * BigInt(uses);
  const places = new Map<Sighting, Place>();
  for (const sighting of final.toSorted(bySeen)) {
    const worth = valueOf(view, sighting);
    const mine = whole || paid.has(sighting.instructionId);
    const fits = policy.over === 'accept' || worth <= room;
    const units = mine ? (fits ? sighting.amount.units : unitsWorth(view, sighting, room)) : 0n;
    room = worth >= room ? 0n : room - worth;
    const feesUnits = feesOf(view.payment, units);
    places.set(sighting, {
      availableUnits: units - feesUnits,
      feesUnits,
      suspenseUnits: sighting.amount.units - units,
    });
  }
  return view.sightings.map((sighting) => places.get(sighting) ?? restingPlace(sighting));
}

/** What the house keeps of what is credited: the same share of every unit, rounded down. */
function feesOf({ feeUnits, price }: Payment, units: bigint): bigint {
  return feeUnits === null ? 0n : divideDown(units * feeUnits, price.units);
}

/** What was booked has gone back to the payer; what came, or came back, after that is held. */
function placeOfReturned(sighting: Sighting): Place {
  return sighting.returned ? nowhere : restingPlace(sighting);
}

/** Money that is final but not counted is held; what is not final is nowhere yet. */
function restingPlace(sighting: Sighting): Place {
  const held = sighting.final ? sighting.amount.units : 0n;
  return { ...nowhere, suspenseUnits: held };
}

function counts(view: PaymentView, sighting: Sighting, policy: Policy): boolean {
  if (!sighting.present) return false;
  // What had settled a use of several before the rest was closed stays the merchant's.
  if (closedByPerson.includes(view.payment.status))
    return sighting.availableUnits + sighting.feesUnits > 0n;
  return sighting.seenAt <= view.payment.expiresAt || policy.late === 'accept';
}

/** What one use takes, and whether what is left over beside whole uses counts as one more. */
type Measure = { readonly requiredUnits: bigint; readonly restCounts: boolean };

function measureOf(view: PaymentView, policy: Policy, now: Date): Measure {
  const { price, expiresAt } = view.payment;
  const requiredUnits = required(price.units, price.asset, policy);
  return { requiredUnits, restCounts: policy.short === 'accept' && now >= expiresAt };
}

type Tally = { readonly total: bigint; readonly uses: number; readonly rest: bigint };

// An instruction is as many uses as it was paid in full; what came in parts is pooled into more.
function tally(view: PaymentView, sightings: readonly Sighting[], measure: Measure): Tally {
  const { requiredUnits, restCounts } = measure;
  let total = 0n;
  let full = 0n;
  let pool = 0n;
  for (const value of valuesByInstruction(view, sightings).values()) {
    total += value;
    // Two payers of one link may have been shown one address: it can be paid more than once.
    if (value >= requiredUnits) full += value / requiredUnits;
    else pool += value;
  }
  const rest = pool % requiredUnits;
  const uses = full + pool / requiredUnits + (restCounts && rest > 0n ? 1n : 0n);
  return { total, rest, uses: count(uses) };
}

function paidInstructions(
  view: PaymentView,
  final: readonly Sighting[],
  { requiredUnits, restCounts }: Measure,
): Set<string> {
  const values = valuesByInstruction(view, final);
  const parts = [...values].filter(([, value]) => value < requiredUnits);
  const pool = parts.reduce((sum, [, value]) => sum + value, 0n);
  const pooled = restCounts ? pool > 0n : pool >= requiredUnits;
  const paid = [...values].filter(([, value]) => value >= requiredUnits || pooled);
  return new Set(paid.map(([id]) => id));
}

function valuesByInstruction(
  view: PaymentView,
  sightings: readonly Sighting[],
): Map<string, bigint> {
  const units = new Map<string, bigint>();
  for (const { instructionId, amount } of sightings) {
    units.set(instructionId, (units.get(instructionId) ?? 0n) + amount.units);
  }
  const values = new Map<string, bigint>();
  for (const [id, sum] of units) values.set(id, worth(instructionOf(view, id), sum));
  return values;
}

/** The price units that a sighting is worth at its instruction's rate, rounded down. */
export function valueOf(view: PaymentView, sighting: Sighting): bigint {
  return worth(instructionOf(view, sighting.instructionId), sighting.amount.units);
}

function worth(instruction: Instruction, units: bigint): bigint {
  return (units * instruction.priceUnits) / instruction.expected.units;
}

function unitsWorth(view: PaymentView, sighting: Sighting, priceUnits: bigint): bigint {
  const { expected, priceUnits: full } = instructionOf(view, sighting.instructionId);
  return minimum(divideUp(priceUnits * expected.units, full), sighting.amount.units);
}

function instructionOf(view: PaymentView, id: string): Instruction {
  const found = view.instructions.find((one) => one.id === id);
  if (!found) throw new Error(`sighting of an unknown instruction ${id}`);
  return found;
}

function bySeen(left: Sighting, right: Sighting): number {
  const time = left.seenAt.getTime() - right.seenAt.getTime();
  return time !== 0 ? time : left.key < right.key ? -1 : 1;
}

const MANY_USES = 1_000_000n;

function count(uses: bigint): number {
  return parseInt(minimum(uses, MANY_USES).toString(), 10);
}

function smaller(left: number, right: number): number {
  return left < right ? left : right;
}
