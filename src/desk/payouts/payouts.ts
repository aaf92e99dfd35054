// Payouts at the desk: a queue from which people take what they send for the merchant.

import type { Database, Tx } from '../../db/database.ts';
import type { Mode } from '../../db/mode.ts';
import type { Job } from '../../jobs/jobs.ts';
import { record } from '../../merchants/staff-log.ts';
import type { Vault } from '../../merchants/vault.ts';
import type { Amount } from '../../money/amount.ts';
import { type EvidenceFile, readEvidence } from '../evidence.ts';
import { hasTaken, isOfDesk, notFound, reachOf, readsDestination } from './access.ts';
import { type Acting, createActing } from './acting.ts';
import {
  type Destination,
  createNumberHash,
  lastFourOfDestination,
  openDestination,
  sealDestination,
} from './destination.ts';
import { type EventOfPayout, followPayouts } from './follow.ts';
import { insertOrder, listOrders, readOrder } from './order-rows.ts';
import type {
  DeskPerson,
  MovePayout,
  PayoutKey,
  PayoutOrder,
  PayoutStatus,
  PayoutTerms,
} from './order.ts';
import { overdueJob } from './overdue.ts';
import { type Taking, createTaking } from './taking.ts';
import { readTerms, writeTerms } from './terms.ts';
import { type ConfirmSent, createConfirmSent } from './witness.ts';

/** What is read of a payout's payment when it is made. */
export type NewPayout = PayoutKey & {
  readonly mode: Mode;
  readonly reference: string;
  readonly price: Amount;
  readonly createdAt: Date;
};

export type PayoutFilter = {
  readonly status: PayoutStatus;
  readonly currency: string | null;
  readonly after: string | null;
  readonly limit: number;
};

export type Payouts = Taking &
  Acting & {
    /** Puts it into the queue, in the transaction that makes the payment. */
    payoutMade(tx: Tx, payment: NewPayout, destination: Destination): Promise<void>;
    /** A listener of the core's events. */
    followPayouts(tx: Tx, events: readonly EventOfPayout[]): Promise<void>;
    confirmSent: ConfirmSent;
    /** A page of what this person sees; a trader what waits in his currencies, and his own. */
    list(person: DeskPerson, filter: PayoutFilter): Promise<PayoutOrder[]>;
    /** Throws PayoutRefused('not_found'). */
    find(person: DeskPerson, id: string): Promise<PayoutOrder>;
    /** Where it goes, in full; null for those who may not read it. */
    destinationFor(person: DeskPerson, order: PayoutOrder): Readonly<Record<string, string>> | null;
    /** The file that shows the transfer; null where none was given. */
    proofFile(person: DeskPerson, id: string): Promise<EvidenceFile | null>;
    terms(person: DeskPerson): Promise<PayoutTerms>;
    changeTerms(person: DeskPerson, patch: Partial<PayoutTerms>): Promise<PayoutTerms>;
    readonly jobs: readonly Job[];
  };

export type PayoutsDeps = {
  readonly db: Database;
  readonly vault: Vault;
  /** The installation's key, from which that of the numbers' hashes is made. */
  readonly secretKey: Buffer;
  readonly now: () => Date;
  /** The core's. */
  readonly move: MovePayout;
};

export function createPayouts(deps: PayoutsDeps): Payouts {
  const { db, vault, now, move } = deps;
  const numberHash = createNumberHash(deps.secretKey);

  async function find(person: DeskPerson, id: string): Promise<PayoutOrder> {
    const order = await readOrder(db, { merchantId: person.merchantId, id });
    if (!order || !isOfDesk(person, order)) throw notFound();
    if (person.role !== 'trader' || hasTaken(person, order)) return order;
    const reach = await reachOf(db, person);
    if (order.status !== 'waiting' || !reach?.has(order.amount.asset)) throw notFound();
    return order;
  }

  async function list(person: DeskPerson, filter: PayoutFilter): Promise<PayoutOrder[]> {
    const { merchantId, mode, role, userId } = person;
    const isOwnOnly = role === 'trader' && filter.status !== 'waiting';
    const reach = filter.status === 'waiting' ? await reachOf(db, person) : null;
    const wanted = filter.currency === null ? null : [filter.currency];
    const currencies = reach
      ? [...reach.keys()].filter((one) => wanted?.includes(one) ?? true)
      : wanted;
    const takenBy = isOwnOnly ? userId : null;
    return listOrders(db, { ...filter, merchantId, mode, currencies, takenBy });
  }

  return {
    ...createTaking(deps),
    ...createActing(deps),
    confirmSent: createConfirmSent({ numberHash, move, now }),
    payoutMade: (tx, payment, destination) =>
      insertOrder(tx, {
        merchantId: payment.merchantId,
        id: payment.id,
        mode: payment.mode,
        reference: payment.reference,
        way: destination.way,
        amount: payment.price,
        sealed: sealDestination(vault, payment.id, destination),
        lastFour: lastFourOfDestination(destination),
        numberHash: numberHash(destination.details['number']),
        createdAt: payment.createdAt,
      }),
    followPayouts: (tx, events) => followPayouts(tx, events, now()),
    find,
    list,
    destinationFor: (person, order) =>
      readsDestination(person, order) ? openDestination(vault, order) : null,
    proofFile: async (person, id) => {
      const { merchantId, proof } = await find(person, id);
      return proof?.file ? readEvidence(db, vault, merchantId, proof.file) : null;
    },
    terms: (person) => readTerms(db, person),
    changeTerms: (person, patch) =>
      db.transaction(async (tx) => {
        const { userId, address, merchantId, mode } = person;
        const after = await writeTerms(tx, person, patch);
        const act = { action: 'payout-desk.changed', subject: merchantId };
        const details = { mode, ...patch };
        await record(tx, { userId, address, at: now(), merchantId, ...act, details });
        return after;
      }),
    jobs: [overdueJob({ db, move, now })],
  };
}
