// Taking back: money that was confirmed for a lease and had not come, or not all of it.

import type { Tx } from '../db/database.ts';
import { newId } from '../merchants/ids.ts';
import { minimum } from '../money/amount.ts';
import { type DeskObservation, type Report, observationOf } from './booking.ts';
import { type PaidLease, type Witness, insertMoneys } from './moneys.ts';

/** Whose word it is that less has come in. */
export type Correction = {
  readonly lease: PaidLease;
  readonly units: bigint;
  readonly witness: Witness;
};

type ObservedRow = {
  readonly key: string;
  readonly units: string;
  readonly transaction_id: string;
  readonly seen_at: Date;
};

/**
 * What was confirmed last is taken back first, the last of it in part. In the caller's transaction,
 * in which the desk and the payment are held. One report: the payment never stands between.
 */
export async function takeBack(
  tx: Tx,
  report: Report,
  { lease, units, witness }: Correction,
  now: Date,
): Promise<void> {
  const { merchantId, paymentId, id: instructionId, currency: asset } = lease;
  const rows = await readObserved(tx, lease);
  const observations: DeskObservation[] = [];
  let left = units;
  for (const { key, units: text, transaction_id: transactionId, seen_at: at } of rows) {
    if (left === 0n) break;
    const whole = BigInt(text);
    const taken = minimum(whole, left);
    left -= taken;
    const what = { key, merchantId, paymentId, instructionId, transactionId, at };
    const gone = { presence: 'absent', confirmations: 0 } as const;
    observations.push({ ...what, ...gone, amount: { units: whole, asset } });
    await markTakenBack(tx, lease, key, now);
    if (taken === whole) continue;
    // What remains of it is other money: the core tells nobody of a mere change of an amount.
    const rest = { lease, units: whole - taken, at, witness };
    const id = newId();
    await insertMoneys(tx, [{ ...rest, id, witnesses: [witness] }], now);
    observations.push(observationOf(id, rest));
  }
  if (left > 0n) throw new Error(`lease ${lease.id} has not received what is to be taken back`);
  await report(tx, lease.mode === 'test' ? 'transfer-test' : 'transfer', observations);
}

async function readObserved(tx: Tx, lease: PaidLease): Promise<ObservedRow[]> {
  return tx.query<ObservedRow>(
    `select key, units, transaction_id, seen_at from observations
      where merchant_id = $1 and payment_id = $2 and instruction_id = $3 and present
      order by seen_at desc, key desc`,
    [lease.merchantId, lease.paymentId, lease.id],
    'desk-observed',
  );
}

/** The sandbox observes money of which the desk has no row. */
async function markTakenBack(tx: Tx, lease: PaidLease, key: string, now: Date): Promise<void> {
  await tx.query(
    `update lease_moneys set taken_back_at = $4
      where merchant_id = $1 and lease_id = $2 and id::text = $3`,
    [lease.merchantId, lease.id, key, now],
    'desk-money-taken-back',
  );
}
