// The outcome of a command: what a payment becomes, what is posted and what is told. Pure.

import { isDeepStrictEqual } from 'node:util';
import { amount, maximum } from '../money/amount.ts';
import type { NewTransfer } from '../ledger/post.ts';
import type { ConfirmationTable, Observation } from '../rails/rail.ts';
import type { Happening } from './events.ts';
import { deriveFacts, nowhere, placesOf, statusByFacts } from './facts.ts';
import { type Input, decide } from './machine.ts';
import type { Moment, Payment, PaymentView, PayoutStep, Sighting } from './nouns.ts';
import type { Policy } from './policy.ts';
import { type Posted, postingsFor } from './postings.ts';

/** What is to be done to one payment. `pause` closes it to new payers; `clock` only looks again. */
export type Command =
  | { readonly kind: 'observe'; readonly rail: string; readonly observations: Observation[] }
  | {
      readonly kind: 'input';
      readonly input: Extract<Input, 'expire' | 'cancel' | 'fail' | 'refund'>;
      /** Refused when money was seen. */
      readonly unlessPaid?: boolean;
    }
  | { readonly kind: 'payout'; readonly step: PayoutStep }
  | { readonly kind: 'pause' }
  | { readonly kind: 'clock' };

/** How deep a sighting must be, by its rail and method. */
export type Confirmations = (rail: string, method: string) => ConfirmationTable;

export type Outcome = {
  readonly before: PaymentView;
  readonly after: PaymentView;
  readonly happenings: readonly Happening[];
  /** The sightings that changed, with the transfers that move their money. */
  readonly posted: readonly Posted[];
  /** Those of a payout, which has no sightings. */
  readonly transfers: readonly NewTransfer[];
  readonly moment: Moment;
};

/** Everything a decision rests on. */
export type Circumstances = {
  readonly policy: Policy;
  readonly confirmations: Confirmations;
  readonly now: Date;
};

/** `refuse` when the machine does not allow the command now. */
export function outcomeOf(
  before: PaymentView,
  command: Command,
  circumstances: Circumstances,
): Outcome | 'refuse' {
  // A step of a payout means nothing to a payment that comes in.
  if (command.kind === 'payout') return 'refuse';
  const { policy, now } = circumstances;
  const sightings = sightingsAfter(before, command, circumstances);
  const looked = { ...before, sightings };
  const commanded = commandedPayment(looked, command, now);
  if (commanded === 'refuse') return 'refuse';
  const seen = { ...looked, payment: commanded };
  const facts = deriveFacts(seen, policy, now);
  // What was given back is not paid once more by being counted.
  const uses = commanded.status === 'refunded' ? commanded.uses : facts.usesSettled;
  const payment = {
    ...commanded,
    status: statusByFacts(seen, facts, now),
    uses,
    // What was told as paid is not un-paid by a policy that is made afterwards.
    policy: uses > commanded.uses ? policy : commanded.policy,
  };
  const happenings = happeningsBetween(before, { ...seen, payment });
  const eventSeq = payment.eventSeq + happenings.length;
  const updatedAt = happenings.length > 0 ? now : payment.updatedAt;
  const touched = somePresent(seen);
  const decided = { ...seen, payment: { ...payment, eventSeq, updatedAt, touched } };
  const posted = postingsOf(decided, returning(before, decided, command), policy, now);
  const after = { ...decided, sightings: posted.map((one) => one.sighting) };
  const old = byName(before.sightings);
  const news = posted.filter(
    ({ sighting }) => !isDeepStrictEqual(old.get(nameOf(sighting)), sighting),
  );
  const moment = {
    instructions: after.instructions,
    sightings: after.sightings,
    facts: deriveFacts(after, policy, now),
    before: deriveFacts(before, policy, now),
  };
  return { before, after, happenings, posted: news, transfers: [], moment };
}

/** Whether this very change gives the money back: for the first time, or what came since. */
function returning(before: PaymentView, after: PaymentView, command: Command): boolean {
  if (after.payment.status !== 'refunded') return false;
  const asked = command.kind === 'input' && command.input === 'refund';
  return asked || before.payment.status !== 'refunded';
}

function postingsOf(view: PaymentView, returned: boolean, policy: Policy, now: Date): Posted[] {
  const places = returned
    ? view.sightings.map(() => nowhere)
    : placesOf(view, view.payment.status, policy, now);
  return view.sightings.map((sighting, at) => {
    const place = places[at];
    if (!place) throw new Error('a sighting has no place');
    const given = {
      ...sighting,
      returned: sighting.returned || (returned && holdsMoney(sighting)),
    };
    return postingsFor(view.payment, given, place);
  });
}

function commandedPayment(view: PaymentView, command: Command, now: Date): Payment | 'refuse' {
  const { payment } = view;
  if (command.kind === 'pause') {
    return payment.status === 'awaiting' ? { ...payment, paused: true } : 'refuse';
  }
  if (command.kind !== 'input') return payment;
  if (command.unlessPaid && view.sightings.length > 0) return 'refuse';
  // Only what has arrived for good can be given back.
  if (command.input === 'refund' && payment.status !== 'refunded' && !isBooked(view)) {
    return 'refuse';
  }
  const status = decide(payment.status, command.input);
  if (status === 'refuse') return 'refuse';
  // Expired by a person before its time: the deadline is now.
  const early = status === 'expired' && payment.status !== 'expired' && payment.expiresAt > now;
  return { ...payment, status, expiresAt: early ? endOf(view, now) : payment.expiresAt };
}

/** Now; or, when the clock went back, the time of the last money that came before the deadline. */
function endOf({ payment, sightings }: PaymentView, now: Date): Date {
  return sightings
    .map((one) => one.seenAt)
    .filter((at) => at <= payment.expiresAt)
    .reduce((latest, at) => (at > latest ? at : latest), now);
}

function sightingsAfter(
  view: PaymentView,
  command: Command,
  circumstances: Circumstances,
): readonly Sighting[] {
  if (command.kind !== 'observe') return view.sightings;
  const sightings = new Map(byName(view.sightings));
  for (const observation of command.observations) {
    const name = nameOf({ rail: command.rail, key: observation.key });
    const seen = { rail: command.rail, observation, earlier: sightings.get(name) };
    sightings.set(name, merge(view, seen, circumstances));
  }
  return [...sightings.values()];
}

type Seen = {
  readonly rail: string;
  readonly observation: Observation;
  readonly earlier: Sighting | undefined;
};

function merge(
  view: PaymentView,
  { rail, observation, earlier }: Seen,
  { policy, confirmations, now }: Circumstances,
): Sighting {
  const instruction = view.instructions.find((one) => one.id === observation.instructionId);
  if (!instruction) throw new Error(`observation of unknown ${observation.instructionId}`);
  const present = observation.presence === 'present';
  const own = policy.confirmations[instruction.expected.asset];
  const table = own?.map(({ below, needed }) => ({
    below: below === null ? null : BigInt(below),
    needed,
  }));
  // A part counts as the whole it belongs to, and more than was asked for counts as what it is.
  const units = maximum(instruction.expected.units, observation.amount.units);
  // What is final stays so as long as it is as deep, whatever the table says today.
  const needed = earlier?.final
    ? earlier.needed
    : depthFor(table ?? confirmations(rail, instruction.method), units);
  const moved =
    !earlier || earlier.present !== present || earlier.confirmations !== observation.confirmations;
  return {
    rail,
    key: observation.key,
    instructionId: observation.instructionId,
    amount: amount(observation.amount.units, observation.amount.asset),
    present,
    confirmations: observation.confirmations,
    needed,
    final: present && observation.confirmations >= needed,
    transactionId: observation.transactionId,
    // The first sight counts, whatever was seen later: a payer in time stays in time.
    seenAt: earlier && earlier.seenAt < observation.at ? earlier.seenAt : observation.at,
    changedAt: moved ? now : earlier.changedAt,
    suspenseUnits: earlier?.suspenseUnits ?? 0n,
    availableUnits: earlier?.availableUnits ?? 0n,
    feesUnits: earlier?.feesUnits ?? 0n,
    postings: earlier?.postings ?? 0,
    returned: earlier?.returned ?? false,
  };
}

/** Confirmations that an amount needs; an empty table asks for one. */
function depthFor(table: ConfirmationTable, units: bigint): number {
  const row = table.find(({ below }) => below === null || units < below);
  return row?.needed ?? table.at(-1)?.needed ?? 1;
}

function happeningsBetween(before: PaymentView, after: PaymentView): Happening[] {
  const firstMoney = !before.sightings.some((one) => one.present) && somePresent(after);
  const current = byName(after.sightings);
  const reversed = before.sightings.some(
    (old) => old.present && !current.get(nameOf(old))?.present,
  );
  const news = {
    ...(firstMoney && before.sightings.length === 0 ? { firstMoney } : {}),
    ...(reversed ? { reversed } : {}),
  };
  const moved = before.payment.status !== after.payment.status;
  const happenings = usesBetween(before.payment, after.payment, news);
  if (moved) happenings.push({ kind: 'status', data: { ...news, uses: after.payment.uses } });
  if (happenings.length > 0) return happenings;
  if (moneyMoved(before, after)) return [{ kind: 'money', data: news }];
  return before.payment.paused === after.payment.paused ? [] : [{ kind: 'changed', data: {} }];
}

// Each use that was paid is told; the last one is told by the change of status to completed.
function usesBetween(before: Payment, after: Payment, news: Happening['data']): Happening[] {
  const last = after.status === 'completed' && before.status !== 'completed' ? 1 : 0;
  const happenings: Happening[] = [];
  for (let uses = before.uses + 1; uses <= after.uses - last; uses += 1) {
    happenings.push({ kind: 'used', data: { ...news, uses } });
  }
  return happenings;
}

function isBooked({ sightings }: PaymentView): boolean {
  return sightings.some(holdsMoney);
}

function holdsMoney({ suspenseUnits, availableUnits, feesUnits }: Sighting): boolean {
  return suspenseUnits > 0n || availableUnits > 0n || feesUnits > 0n;
}

function somePresent(view: PaymentView): boolean {
  return view.sightings.some((one) => one.present);
}

function moneyMoved(before: PaymentView, after: PaymentView): boolean {
  const earlier = byName(before.sightings);
  return after.sightings.some((one) => {
    const old = earlier.get(nameOf(one));
    return !old || old.present !== one.present || old.final !== one.final;
  });
}

// By name, because anybody can send thousands of tiny outputs to one address: looking each one up
// in a list would keep the whole process busy for as long.
function byName(sightings: readonly Sighting[]): ReadonlyMap<string, Sighting> {
  return new Map(sightings.map((one) => [nameOf(one), one]));
}

function nameOf({ rail, key }: Pick<Sighting, 'rail' | 'key'>): string {
  return `${rail} ${key}`;
}
