// Booking: money that somebody is sure of is told to the payment, once, whoever says it.

import type { Tx } from '../db/database.ts';
import { newId } from '../merchants/ids.ts';
import type { Amount } from '../money/amount.ts';
import { type TransferRail, transferRails } from './follow.ts';
import {
  type LeaseMoney,
  type NewMoney,
  type PaidLease,
  type Source,
  type Told,
  type Witness,
  attachWitnesses,
  insertMoneys,
} from './moneys.ts';

/** What the core is told; an observation of the transfer rail. */
export type DeskObservation = {
  readonly key: string;
  readonly merchantId: string;
  readonly paymentId: string;
  readonly instructionId: string;
  readonly amount: Amount;
  readonly presence: 'present' | 'absent';
  readonly confirmations: number;
  readonly transactionId: string;
  readonly at: Date;
};

/** In the caller's transaction: the payment takes note, its ledger entries and events with it. */
export type Report = (
  tx: Tx,
  rail: TransferRail,
  observations: readonly DeskObservation[],
) => Promise<void>;

/** Money of a lease, with what its newest witness says. */
export type Sure = {
  readonly lease: PaidLease;
  readonly units: bigint;
  readonly at: Date;
  readonly witness: Witness;
};

/** What the desk has confirmed is final. */
const FINAL = 1;

export type Booking = {
  /** On the table, with what was booked for them so far. */
  readonly leases: Map<string, PaidLease>;
  /** The money of the same amount that this source has not spoken of, if there is one. */
  open(lease: PaidLease, units: bigint, source: Source): LeaseMoney | null;
  /** One more witness of money that is booked. */
  attach(lease: PaidLease, money: LeaseMoney, witness: Witness): void;
  /** New money; answers its id. */
  add(sure: Sure): string;
  /** Writes what was booked so far, for whoever reads it from the database. */
  write(): Promise<void>;
  /**
   * Writes the rest and tells the payments what is new. Once and last: it locks them, and then
   * their requisites, for which others wait who hold payments.
   */
  finish(): Promise<void>;
};

/** For one transaction, in which the desk is held (`holdDesk`). */
export function createBooking(
  tx: Tx,
  report: Report,
  now: Date,
  table: readonly PaidLease[] = [],
): Booking {
  const leases = new Map(table.map((lease) => [lease.id, lease]));
  const added = new Map<string, NewMoney>();
  const told = new Map<string, Told>();
  const news: { readonly rail: TransferRail; readonly observation: DeskObservation }[] = [];

  function keep({ id }: PaidLease, money: LeaseMoney): void {
    const lease = leases.get(id);
    if (!lease) throw new Error(`lease ${id} is not on the table`);
    const others = lease.moneys.filter((one) => one.id !== money.id);
    leases.set(id, { ...lease, moneys: [...others, money] });
  }

  async function write(): Promise<void> {
    await insertMoneys(tx, [...added.values()], now);
    await attachWitnesses(tx, [...told.values()]);
    added.clear();
    told.clear();
  }

  return {
    leases,
    open: ({ id }, units, source) =>
      leases.get(id)?.moneys.find((one) => one.units === units && !one.sources.includes(source)) ??
      null,
    attach: (lease, money, witness) => {
      const own = added.get(money.id);
      const { witnesses = [] } = own ?? told.get(money.id) ?? {};
      const more = [...witnesses, witness];
      if (own) added.set(money.id, { ...own, witnesses: more });
      else told.set(money.id, { lease, id: money.id, witnesses: more });
      keep(lease, { ...money, sources: [...money.sources, witness.source] });
    },
    add: (sure) => {
      const id = newId();
      const { lease, units, at, witness } = sure;
      added.set(id, { lease, id, units, at, witnesses: [witness] });
      const saidReference = witness.source === 'word' ? witness.reference : null;
      keep(lease, { id, units, at, sources: [witness.source], saidReference });
      const rail = lease.mode === 'test' ? 'transfer-test' : 'transfer';
      news.push({ rail, observation: observationOf(id, sure) });
      return id;
    },
    write,
    finish: async () => {
      await write();
      for (const rail of transferRails) {
        const own = news.filter((one) => one.rail === rail).map(({ observation }) => observation);
        if (own.length > 0) await report(tx, rail, own);
      }
    },
  };
}

/** Money of a lease as the core is told of it; `key` is the money's id. */
export function observationOf(key: string, { lease, units, at, witness }: Sure): DeskObservation {
  const { merchantId, paymentId, id: instructionId, currency } = lease;
  return {
    key,
    merchantId,
    paymentId,
    instructionId,
    amount: { units, asset: currency },
    presence: 'present',
    confirmations: FINAL,
    transactionId: (witness.source === 'word' ? witness.reference : null) ?? key,
    at,
  };
}
