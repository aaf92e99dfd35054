// Play: a person, a test or a magic amount tells the sandbox what should happen to a test payment.

import { divideUp } from '../money/amount.ts';
import type { Database, Tx } from '../db/database.ts';
import type { Enqueue } from '../jobs/jobs.ts';
import type { Observation, PlayRequest, Rail } from '../rails/rail.ts';
import type { Apply } from './apply.ts';
import type { Choose } from './choose.ts';
import { changesFrom } from './ingest.ts';
import type { Instruction, Payment, PaymentView, Script, Sighting } from './nouns.ts';
import type { Command } from './outcome.ts';
import { Refusal } from './refusals.ts';
import { type PaymentKey, readViews } from './rows.ts';

export const sandboxEvents = [
  'pay',
  'underpay',
  'overpay',
  'confirm',
  'fail',
  'reverse',
  'expire',
] as const;
export type SandboxEvent = (typeof sandboxEvents)[number];

/** A step that happens by itself after a while: the job `rehearse` carries it. */
export type RehearsedStep = PaymentKey & {
  readonly event: SandboxEvent;
  readonly next?: SandboxEvent;
};

export const rehearseJob = 'payments.rehearse';

export type PlayDeps = {
  readonly db: Database;
  readonly apply: Apply;
  readonly choose: Choose;
  readonly rails: readonly Rail[];
  readonly enqueue: Enqueue;
  readonly now: () => Date;
  readonly sandboxDelayMs: number;
};

export type Play = {
  /**
   * Makes it happen and answers the payment after it. `priceUnits` are of the price. Money that was
   * played confirms by itself after the sandbox's delay; `confirm` does it at once. Throws
   * `not_a_test_payment`, `payment_not_open` or `status_conflict`.
   */
  play(payment: Payment, event: SandboxEvent, priceUnits?: bigint): Promise<PaymentView>;
  rehearse(tx: Tx, payments: readonly Payment[]): Promise<void>;
  step(step: RehearsedStep): Promise<void>;
};

/** What each script does by itself after the delay, and what may follow after another. */
const scripted: Readonly<Record<Script, readonly SandboxEvent[]>> = {
  completes: ['pay', 'confirm'],
  fails: ['fail'],
  stays: [],
  // Its money is seen after one delay and confirms after another.
  late: ['pay'],
  expires: ['expire'],
};

/** `pay` takes it; more or less than it says cannot be sent. */
const playedPayout: Readonly<Record<SandboxEvent, Command>> = {
  pay: { kind: 'payout', step: 'take' },
  underpay: { kind: 'clock' },
  overpay: { kind: 'clock' },
  confirm: { kind: 'payout', step: 'confirm' },
  fail: { kind: 'payout', step: 'fail' },
  reverse: { kind: 'payout', step: 'reverse' },
  expire: { kind: 'input', input: 'expire' },
};

export function createPlay(deps: PlayDeps): Play {
  async function play(
    payment: Payment,
    event: SandboxEvent,
    priceUnits?: bigint,
  ): Promise<PaymentView> {
    if (payment.mode !== 'test') throw new Refusal('not_a_test_payment', payment.status);
    const events = event === 'pay' && payment.script ? scripted[payment.script] : [event];
    for (const one of events) await perform(payment, one, priceUnits ?? null, 'person');
    // It has happened: a connection that breaks now must not sound like a refusal.
    const [view] = await deps.db.repeatable((tx) => readViews(tx, [keyOf(payment)]));
    if (!view) throw new Refusal('payment_not_found');
    return view;
  }

  async function perform(
    payment: Payment,
    event: SandboxEvent,
    priceUnits: bigint | null,
    by: 'person' | 'script',
  ): Promise<void> {
    const key = keyOf(payment);
    if (payment.direction === 'out') return performOnPayout(key, event);
    if (event === 'fail' || event === 'expire') {
      const command: Command = { kind: 'input', input: event };
      await deps.db.repeatable((tx) => deps.apply(tx, [{ key, command }]));
      return;
    }
    const rail = await railFor(payment);
    if (!rail?.play) throw new Refusal('method_not_available', payment.status);
    if (paying(event)) await ensureInstruction(payment, rail);
    const { play: see, name } = rail;
    const look = (view: PaymentView): readonly Observation[] => {
      const instruction = instructionFor(view, event, name);
      const isPaid = by === 'script' && paying(event) && view.sightings.length > 0;
      const seen =
        instruction && !isPaid
          ? see(requestFor(view, instruction, event, priceUnits, deps.now()))
          : [];
      if (seen.length === 0) throw new Refusal('status_conflict', view.payment.status);
      return seen;
    };
    let observations: readonly Observation[] | null = null;
    await deps.db.repeatable(async (tx) => {
      const [view] = await readViews(tx, [key], 'for update');
      if (!view) throw new Refusal('payment_not_found');
      // Done again after a lost answer, it is the same money and not more of it.
      if (observations && paying(event) && isSeen(view, observations)) return;
      observations ??= look(view);
      await deps.apply(tx, changesFrom(name, observations));
      if (paying(event)) await plan(tx, [{ ...key, event: 'confirm' }]);
    });
  }

  /** That of the newest instruction; else the first that can be played. */
  async function railFor(payment: Payment): Promise<Rail | undefined> {
    const [view] = await readViews(deps.db, [keyOf(payment)]);
    const able = deps.rails.filter((one) => one.mode === payment.mode && one.play);
    return able.find(({ name }) => name === view?.instructions.at(-1)?.rail) ?? able[0];
  }

  /** What the desk would do with it, for those who test without one. */
  async function performOnPayout(key: PaymentKey, event: SandboxEvent): Promise<void> {
    await deps.db.repeatable((tx) => deps.apply(tx, [{ key, command: playedPayout[event] }]));
  }

  // The payer may have chosen already; if not, the first thing the sandbox offers will do.
  async function ensureInstruction(payment: Payment, rail: Rail): Promise<void> {
    const [view] = await readViews(deps.db, [keyOf(payment)]);
    if (!view) throw new Refusal('payment_not_found');
    if (unpaidInstruction(view, rail.name)) return;
    const method = view.instructions.at(-1)?.method ?? rail.methods()[0]?.id ?? '';
    try {
      await deps.choose.choose(view.payment, method);
    } catch (error) {
      // Late or second money may still come to an address that was handed out before.
      if (!(error instanceof Refusal) || view.instructions.length === 0) throw error;
    }
  }

  async function rehearse(tx: Tx, payments: readonly Payment[]): Promise<void> {
    const steps = payments.flatMap((payment): RehearsedStep[] => {
      const [event, next] = payment.script ? scripted[payment.script] : [];
      return event ? [{ ...keyOf(payment), event, ...(next ? { next } : {}) }] : [];
    });
    if (steps.length > 0) await plan(tx, steps);
  }

  async function plan(tx: Tx, steps: readonly RehearsedStep[]): Promise<void> {
    const runAt = new Date(deps.now().getTime() + deps.sandboxDelayMs);
    await deps.enqueue(
      tx,
      steps.map((payload) => ({ name: rehearseJob, payload, runAt })),
    );
  }

  /**
   * A step that has become impossible is no error: a person was quicker, or this very step was,
   * before a crash that made its job run again. A script pays only what nobody has paid.
   */
  async function step({ merchantId, id, event, next }: RehearsedStep): Promise<void> {
    const [view] = await readViews(deps.db, [{ merchantId, id }]);
    if (!view) return;
    for (const one of next ? [event, next] : [event]) {
      try {
        await perform(view.payment, one, null, 'script');
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    }
  }

  return { play, rehearse, step };
}

function isSeen(view: PaymentView, observations: readonly Observation[]): boolean {
  const keys = new Set(view.sightings.map((one) => one.key));
  return observations.every((one) => keys.has(one.key));
}

function paying(event: SandboxEvent): boolean {
  return event === 'pay' || event === 'underpay' || event === 'overpay';
}

function instructionFor(
  view: PaymentView,
  event: SandboxEvent,
  rail: string,
): Instruction | undefined {
  if (paying(event)) return unpaidInstruction(view, rail) ?? view.instructions.at(-1);
  const wanted = view.sightings.findLast(
    (one) => one.rail === rail && one.present && !(event === 'confirm' && one.final),
  );
  return view.instructions.find((one) => one.id === wanted?.instructionId);
}

function unpaidInstruction(view: PaymentView, rail: string): Instruction | undefined {
  const paid = new Set(view.sightings.map((one) => one.instructionId));
  return view.instructions.findLast((one) => one.rail === rail && !paid.has(one.id));
}

function requestFor(
  view: PaymentView,
  instruction: Instruction,
  event: SandboxEvent,
  priceUnits: bigint | null,
  now: Date,
): PlayRequest {
  const { merchantId, id: paymentId } = view.payment;
  const { expected, priceUnits: whole } = instruction;
  const units = priceUnits === null ? null : divideUp(priceUnits * expected.units, whole);
  const seen = view.sightings.filter((one) => one.present);
  return {
    event: event as PlayRequest['event'],
    instruction: { id: instruction.id, merchantId, paymentId, expected },
    seen: seen.map((sighting) => observationOf(view.payment, sighting)),
    units,
    now,
  };
}

function observationOf(payment: Payment, sighting: Sighting) {
  return {
    key: sighting.key,
    merchantId: payment.merchantId,
    paymentId: payment.id,
    instructionId: sighting.instructionId,
    amount: sighting.amount,
    presence: 'present',
    confirmations: sighting.confirmations,
    transactionId: sighting.transactionId,
    at: sighting.seenAt,
  } as const;
}

function keyOf({ merchantId, id }: PaymentKey): PaymentKey {
  return { merchantId, id };
}
