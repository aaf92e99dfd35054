// The one function that changes a payment: lock, decide, post to the ledger, append the events.
// All of it commits together, for one payment or for all that a block touches.

import { amount } from '../money/amount.ts';
import type { Tx } from '../db/database.ts';
import { type NewTransfer, post } from '../ledger/post.ts';
import type { Merchants } from '../merchants/merchants.ts';
import type { ConfirmationTable, Observation } from '../rails/rail.ts';
import { type EventListener, type Happening, appendEvents, numbered } from './events.ts';
import { deriveFacts, placesOf, statusByFacts } from './facts.ts';
import { type Input, decide } from './machine.ts';
import type { EventOfPayment, Payment, PaymentView, Sighting } from './nouns.ts';
import { type Policy, defaultPolicy } from './policy.ts';
import { postingsFor } from './postings.ts';
import { Refusal } from './refusals.ts';
import { type PaymentKey, readViews } from './rows.ts';
import { writePayments, writeSightings } from './writes.ts';

/** What is to be done to one payment. `pause` closes it to new payers; `clock` only looks again. */
export type Command =
  | { readonly kind: 'observe'; readonly rail: string; readonly observations: Observation[] }
  | { readonly kind: 'input'; readonly input: Extract<Input, 'expire' | 'cancel' | 'fail'> }
  | { readonly kind: 'pause' }
  | { readonly kind: 'clock' };

export type Change = { readonly key: PaymentKey; readonly command: Command };

export type ApplyDeps = {
  readonly merchants: Merchants;
  readonly now: () => Date;
  readonly listener: EventListener;
  /** How deep a sighting must be, by its rail and method. */
  readonly confirmations: (rail: string, method: string) => ConfirmationTable;
};

export type Apply = (
  tx: Tx,
  changes: readonly Change[],
  onRefusal?: 'throw' | 'skip',
) => Promise<PaymentView[]>;

/**
 * Applies at most one change to each payment, in the caller's transaction. A command that the
 * machine refuses throws `Refusal('status_conflict')`, or leaves that payment alone with `skip`.
 */
export function createApply(deps: ApplyDeps): Apply {
  return async (tx, changes, onRefusal = 'throw') => {
    const views = await readViews(
      tx,
      changes.map((change) => change.key),
      'for update',
    );
    const commands = new Map(changes.map(({ key, command }) => [key.id, command]));
    const now = deps.now();
    const outcomes: Outcome[] = [];
    for (const view of views) {
      const command = commands.get(view.payment.id);
      if (!command) continue;
      const policy = await policyOf(tx, deps.merchants, view.payment);
      const outcome = outcomeOf(deps, view, command, policy, now);
      if (outcome !== 'refuse') outcomes.push(outcome);
      else if (onRefusal === 'throw') throw new Refusal('status_conflict', view.payment.status);
    }
    await write(tx, outcomes, deps.listener, now);
    return outcomes.map((outcome) => outcome.after);
  };
}

/** The merchant's policy, with what was overridden for this one payment. */
export async function policyOf(
  tx: Tx,
  merchants: Merchants,
  payment: Payment,
): Promise<Policy> {
  const merchant = await merchants.load(tx, payment.merchantId);
  const own = merchant.settings[payment.mode].policy as Partial<Policy> | undefined;
  return { ...defaultPolicy, ...own, ...payment.policy };
}

type Outcome = {
  readonly before: PaymentView;
  readonly after: PaymentView;
  readonly happenings: readonly Happening[];
  readonly policy: Policy;
};

function outcomeOf(
  deps: ApplyDeps,
  before: PaymentView,
  command: Command,
  policy: Policy,
  now: Date,
): Outcome | 'refuse' {
  const sightings = sightingsAfter(deps, before, command, policy, now);
  const looked = { ...before, sightings };
  const commanded = commandedPayment(looked, command, now);
  if (commanded === 'refuse') return 'refuse';
  const seen = { ...looked, payment: commanded };
  const facts = deriveFacts(seen, policy, now);
  const payment = {
    ...commanded,
    status: statusByFacts(seen, facts, now),
    uses: facts.usesSettled,
  };
  const happenings = happeningsBetween(before, { ...seen, payment });
  const eventSeq = payment.eventSeq + happenings.length;
  return { before, after: { ...seen, payment: { ...payment, eventSeq } }, happenings, policy };
}

function commandedPayment(view: PaymentView, command: Command, now: Date): Payment | 'refuse' {
  const { payment } = view;
  if (command.kind === 'pause') {
    return payment.status === 'awaiting' ? { ...payment, paused: true } : 'refuse';
  }
  if (command.kind !== 'input') return payment;
  const status = decide(payment.status, command.input);
  if (status === 'refuse') return 'refuse';
  // Expired by a person before its time: the deadline is now.
  const early = status === 'expired' && payment.status !== 'expired' && payment.expiresAt > now;
  return { ...payment, status, expiresAt: early ? now : payment.expiresAt };
}

function sightingsAfter(
  deps: ApplyDeps,
  view: PaymentView,
  command: Command,
  policy: Policy,
  now: Date,
): readonly Sighting[] {
  if (command.kind !== 'observe') return view.sightings;
  const sightings = new Map(view.sightings.map((one) => [`${one.rail} ${one.key}`, one]));
  for (const observation of command.observations) {
    const name = `${command.rail} ${observation.key}`;
    const merged = merge(deps, view, command.rail, observation, sightings.get(name), policy, now);
    sightings.set(name, merged);
  }
  return [...sightings.values()];
}

function merge(
  deps: ApplyDeps,
  view: PaymentView,
  rail: string,
  observation: Observation,
  earlier: Sighting | undefined,
  policy: Policy,
  now: Date,
): Sighting {
  const instruction = view.instructions.find((one) => one.id === observation.instructionId);
  if (!instruction) throw new Error(`observation of unknown ${observation.instructionId}`);
  const present = observation.presence === 'present';
  const own = policy.confirmations[instruction.expected.asset];
  const table = own?.map(({ below, needed }) => ({
    below: below === null ? null : BigInt(below),
    needed,
  }));
  const needed = depthFor(
    table ?? deps.confirmations(rail, instruction.method),
    instruction.expected.units,
  );
  const moved =
    !earlier ||
    earlier.present !== present ||
    earlier.confirmations !== observation.confirmations;
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
    postings: earlier?.postings ?? 0,
  };
}

/** Confirmations that an amount needs; an empty table asks for one. */
export function depthFor(table: ConfirmationTable, units: bigint): number {
  const row = table.find(({ below }) => below === null || units < below);
  return row?.needed ?? table.at(-1)?.needed ?? 1;
}

function happeningsBetween(before: PaymentView, after: PaymentView): Happening[] {
  const firstMoney = !before.sightings.some((one) => one.present) && somePresent(after);
  const reversed = before.sightings.some((old) => old.present && !stillPresent(after, old));
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

function somePresent(view: PaymentView): boolean {
  return view.sightings.some((one) => one.present);
}

function stillPresent(view: PaymentView, old: Sighting): boolean {
  return view.sightings.some((one) => same(one, old) && one.present);
}

function same(left: Sighting, right: Sighting): boolean {
  return left.rail === right.rail && left.key === right.key;
}

function moneyMoved(before: PaymentView, after: PaymentView): boolean {
  return after.sightings.some((one) => {
    const old = before.sightings.find((other) => same(other, one));
    return !old || old.present !== one.present || old.final !== one.final;
  });
}

async function write(
  tx: Tx,
  outcomes: Outcome[],
  listener: EventListener,
  now: Date,
): Promise<void> {
  const sightings = new Map<string, { view: PaymentView; sighting: Sighting }>();
  const transfers: NewTransfer[] = [];
  for (const [index, { after, policy }] of outcomes.entries()) {
    const places = placesOf(after, after.payment.status, policy, now);
    const placed = after.sightings.map((sighting, at) => {
      const place = places[at];
      if (!place) throw new Error('a sighting has no place');
      const posted = postingsFor(after.payment, sighting, place);
      transfers.push(...posted.transfers);
      sightings.set(`${sighting.rail} ${sighting.key}`, { view: after, sighting: posted.sighting });
      return posted.sighting;
    });
    outcomes[index] = { ...outcomes[index]!, after: { ...after, sightings: placed } };
  }
  await writePayments(tx, outcomes.filter(paymentMoved).map((outcome) => outcome.after.payment));
  await writeSightings(tx, [...sightings.values()]);
  await post(tx, transfers, now);
  await appendEvents(tx, outcomes.flatMap((outcome) => eventsOf(outcome, now)), listener);
}

function paymentMoved({ before, after }: Outcome): boolean {
  const [old, now] = [before.payment, after.payment];
  return (
    old.status !== now.status ||
    old.paused !== now.paused ||
    old.uses !== now.uses ||
    old.eventSeq !== now.eventSeq ||
    old.expiresAt.getTime() !== now.expiresAt.getTime()
  );
}

function eventsOf({ before, after, happenings }: Outcome, now: Date): EventOfPayment[] {
  const { payment } = after;
  return numbered(payment, before.payment, happenings, now).map((event) => ({ event, payment }));
}
