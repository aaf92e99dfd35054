// Payouts: payments that go out. What is to be sent is set aside when one is made.

import { findAsset } from '../money/assets.ts';
import type { Database, Tx } from '../db/database.ts';
import { LedgerError, post } from '../ledger/post.ts';
import type { Apply } from './apply.ts';
import {
  type CreateCommand,
  type CreateDeps,
  type Created,
  createdEvent,
  draftOf,
} from './create.ts';
import { recall } from './idempotency.ts';
import { type Draft, insertPayments } from './insert.ts';
import type { Payment, PayoutStep } from './nouns.ts';
import { setAside } from './payout-outcome.ts';
import type { ReferenceNumber } from './references.ts';
import { Refusal } from './refusals.ts';
import { type PaymentKey, readViews } from './rows.ts';

/** To whom a payout goes: numbers and names, for whoever sends it and for nobody else. */
export type Destination = {
  readonly way: 'bank' | 'card' | 'phone' | 'wallet';
  readonly details: Readonly<Record<string, string>>;
};

export type PayoutCommand = Pick<
  CreateCommand,
  | 'merchantId'
  | 'mode'
  | 'dialect'
  | 'price'
  | 'name'
  | 'payer'
  | 'metadata'
  | 'successUrl'
  | 'cancelUrl'
  | 'merchantReference'
  | 'callbackUrl'
  | 'callbackSecret'
  | 'lifetimeMs'
  | 'dialectData'
  | 'idempotency'
> & { readonly destination: Destination };

/** Takes a new payout into the queue, in the transaction that makes it. */
export type PayoutMade = (tx: Tx, payment: Payment, destination: Destination) => Promise<void>;

export type Payouts = {
  /**
   * Sets the amount aside and answers the payout. Throws `merchant_inactive`,
   * `asset_not_supported`, `insufficient_balance` or `idempotency_mismatch`; then nothing is kept.
   */
  createPayout(command: PayoutCommand): Promise<Created>;
  /**
   * One step, in the caller's transaction; a step that was made already changes nothing. Throws
   * `payment_not_found` or `status_conflict` with the present status.
   */
  movePayout(tx: Tx, key: PaymentKey, step: PayoutStep): Promise<Payment>;
};

type PayoutDeps = Pick<
  CreateDeps,
  'vault' | 'references' | 'now' | 'listener' | 'merchants' | 'committed'
> & {
  readonly db: Database;
  readonly apply: Apply;
  readonly payoutMade: PayoutMade;
};

export function createPayouts(deps: PayoutDeps): Payouts {
  async function createPayout(command: PayoutCommand): Promise<Created> {
    if (!findAsset(command.price.asset)) throw new Refusal('asset_not_supported');
    const { active } = await deps.merchants.load(deps.db, command.merchantId);
    if (!active) throw new Refusal('merchant_inactive');
    const name = await deps.references.next();
    try {
      const created = await make(command, name);
      if (created.payment === null) deps.references.giveBack(name.number);
      return created;
    } catch (error) {
      // After anything else than a refusal nobody knows whether the number is taken.
      if (error instanceof Refusal) deps.references.giveBack(name.number);
      throw error;
    }
  }

  async function make(command: PayoutCommand, name: ReferenceNumber): Promise<Created> {
    const { destination, ...rest } = command;
    const draft = draftOf(deps, { ...rest, ...unusedByPayouts }, name, 'out');
    const { created, deliveries } = await deps.db.repeatable((tx) =>
      write(tx, command, draft, destination),
    );
    deps.committed(deliveries);
    return created;
  }

  async function write(
    tx: Tx,
    command: PayoutCommand,
    draft: Draft,
    destination: Destination,
  ): Promise<{ created: Created; deliveries: number }> {
    const { payment } = draft;
    const earlier = await replayOf(tx, command, payment);
    if (earlier) return { created: earlier, deliveries: 0 };
    const made = { payment, instruction: null, replay: null };
    const written = await insertPayments(tx, [draft], deps.now());
    if (!written.has(payment.id)) {
      // Another request was quicker with the same key, and has committed: the insert waited for it.
      const replay = await replayOf(tx, command, payment);
      if (replay) return { created: replay, deliveries: 0 };
      // Or this very transaction was committed, and its answer was lost.
      const [view] = await readViews(tx, [payment]);
      if (!view) throw new Error(`payout ${payment.id} was not written`);
      return { created: made, deliveries: 0 };
    }
    await reserve(tx, payment);
    await deps.payoutMade(tx, payment, destination);
    return { created: made, deliveries: await deps.listener(tx, [createdEvent(payment)]) };
  }

  async function replayOf(
    tx: Tx,
    { merchantId, mode, idempotency }: PayoutCommand,
    payment: Payment,
  ): Promise<Created | null> {
    if (idempotency === null) return null;
    const { scope, key, requestHash } = idempotency;
    const asked = { merchantId, mode, scope, key, requestHash, paymentId: payment.id };
    const [answer] = await recall(tx, [asked], deps.now());
    if (answer instanceof Refusal) throw answer;
    return typeof answer === 'string' ? { payment: null, instruction: null, replay: answer } : null;
  }

  async function reserve(tx: Tx, payment: Payment): Promise<void> {
    try {
      await post(tx, [setAside(payment)], deps.now());
    } catch (error) {
      const isShort = error instanceof LedgerError && error.outcome === 'would_overdraw';
      throw isShort ? new Refusal('insufficient_balance') : error;
    }
  }

  async function movePayout(tx: Tx, key: PaymentKey, step: PayoutStep): Promise<Payment> {
    const [view] = await deps.apply(tx, [{ key, command: { kind: 'payout', step } }]);
    if (!view) throw new Refusal('payment_not_found');
    return view.payment;
  }

  return { createPayout, movePayout };
}

/** What only those who are paid have. */
const unusedByPayouts = {
  maxUses: 1,
  script: null,
  createdBy: null,
  exchange: null,
  convertPercent: null,
  feeUnits: null,
  pay: null,
} as const;
