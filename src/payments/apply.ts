// The one function that changes a payment: lock, decide, post to the ledger, append the events.
// All of it commits together, for one payment or for all that a block touches.

import type { Tx } from '../db/database.ts';
import { post } from '../ledger/post.ts';
import type { Merchants } from '../merchants/merchants.ts';
import { type EventListener, announce, appendEvents, numbered } from './events.ts';
import type { EventOfPayment, Payment, PaymentView } from './nouns.ts';
import { type Command, type Confirmations, type Outcome, outcomeOf } from './outcome.ts';
import { payoutOutcomeOf } from './payout-outcome.ts';
import { type Policy, defaultPolicy, usablePolicy } from './policy.ts';
import { Refusal } from './refusals.ts';
import { type PaymentKey, readViews } from './rows.ts';
import { writePayments, writeSightings } from './writes.ts';

export type Change = { readonly key: PaymentKey; readonly command: Command };

export type ApplyDeps = {
  readonly merchants: Merchants;
  readonly now: () => Date;
  readonly listener: EventListener;
  readonly confirmations: Confirmations;
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
      const circumstances = { policy, confirmations: deps.confirmations, now };
      const decideOn = view.payment.direction === 'out' ? payoutOutcomeOf : outcomeOf;
      const outcome = decideOn(view, command, circumstances);
      if (outcome !== 'refuse') outcomes.push(outcome);
      else if (onRefusal === 'throw') throw new Refusal('status_conflict', view.payment.status);
    }
    await write(tx, outcomes, deps.listener, now);
    return outcomes.map((outcome) => outcome.after);
  };
}

/** The merchant's policy, with what was overridden for this one payment. */
export async function policyOf(tx: Tx, merchants: Merchants, payment: Payment): Promise<Policy> {
  const merchant = await merchants.load(tx, payment.merchantId);
  const own = usablePolicy(merchant.settings[payment.mode].policy);
  return { ...defaultPolicy, ...own, ...payment.policy };
}

async function write(
  tx: Tx,
  outcomes: readonly Outcome[],
  listener: EventListener,
  now: Date,
): Promise<void> {
  const moved = outcomes.filter(paymentMoved).map(({ after }) => after.payment);
  const posted = outcomes.flatMap(({ after, posted: list }) =>
    list.map((one) => ({ payment: after.payment, ...one })),
  );
  const transfers = [...posted, ...outcomes].flatMap((one) => one.transfers);
  await writePayments(tx, moved);
  await writeSightings(tx, posted);
  if (transfers.length > 0) await post(tx, transfers, now);
  await appendEvents(
    tx,
    outcomes.flatMap((outcome) => eventsOf(outcome, now)),
    listener,
  );
  const changed = [...moved, ...posted.map(({ payment }) => payment)];
  await announce(tx, [...new Set(changed.map((payment) => payment.id))]);
}

function paymentMoved({ before, after }: Outcome): boolean {
  const [old, now] = [before.payment, after.payment];
  return (
    old.status !== now.status ||
    old.paused !== now.paused ||
    old.uses !== now.uses ||
    old.touched !== now.touched ||
    old.eventSeq !== now.eventSeq ||
    old.expiresAt.getTime() !== now.expiresAt.getTime()
  );
}

function eventsOf({ before, after, happenings, moment }: Outcome, now: Date): EventOfPayment[] {
  const { payment } = after;
  const events = numbered(payment, before.payment, happenings, now);
  return events.map((event) => ({ event, payment, moment }));
}
