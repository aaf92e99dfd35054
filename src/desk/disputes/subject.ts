// The subject of a dispute: the lease or the payout in question, as it stands now.

import type { Tx } from '../../db/database.ts';
import type { Mode } from '../../db/mode.ts';
import { uuidPattern } from '../../merchants/ids.ts';
import { maximum } from '../../money/amount.ts';
import { readOrder } from '../payouts/order-rows.ts';
import type { Dispute, DisputeKind } from './dispute.ts';

export type Subject = {
  readonly merchantId: string;
  readonly paymentId: string;
  readonly leaseId: string | null;
  readonly mode: Mode;
  readonly traderId: string | null;
  readonly asset: string;
  /** What was to be paid. */
  readonly units: bigint;
  /** What is booked as paid: by the payer, or to whom the payout went. */
  readonly bookedUnits: bigint;
  /** What is reserved of the trader's deposit because of the lease. */
  readonly reservedUnits: bigint;
  /** Until when the payer could pay. */
  readonly expiresAt: Date;
};

export type PaymentKey = { readonly merchantId: string; readonly id: string };

const MAX_REFERENCE_LENGTH = 40;

export async function findPayment(tx: Tx, name: string): Promise<PaymentKey | null> {
  if (name.length > MAX_REFERENCE_LENGTH) return null;
  const column = uuidPattern.test(name) ? 'id' : 'reference';
  const [row] = await tx.query<PaymentKey>(
    `select merchant_id as "merchantId", id from payments where ${column} = $1`,
    [name],
    `dispute-payment-by-${column}`,
  );
  return row ?? null;
}

/** Nobody confirms money for it, or takes some back, until the transaction ends. */
export async function holdPayment(tx: Tx, key: PaymentKey): Promise<void> {
  await tx.query(
    'select 1 from payments where merchant_id = $1 and id = $2 for update',
    [key.merchantId, key.id],
    'dispute-hold-payment',
  );
}

/** True as long as the payment is held. All leases of the payment, or its payout, if it is one. */
export async function subjectsOf(
  tx: Tx,
  key: PaymentKey,
  kind: DisputeKind,
): Promise<readonly Subject[]> {
  const [payment] = await tx.query<{ mode: Mode; expires_at: Date }>(
    'select mode, expires_at from payments where merchant_id = $1 and id = $2',
    [key.merchantId, key.id],
    'dispute-payment',
  );
  if (!payment) return [];
  const own = { merchantId: key.merchantId, paymentId: key.id, mode: payment.mode };
  const expiresAt = payment.expires_at;
  if (kind === 'payout_not_received') {
    const order = await readOrder(tx, key);
    if (!order) return [];
    const { amount, traderId, status } = order;
    const bookedUnits = status === 'completed' ? amount.units : 0n;
    const sums = { units: amount.units, bookedUnits, reservedUnits: 0n };
    return [{ ...own, ...sums, leaseId: null, traderId, asset: amount.asset, expiresAt }];
  }
  const leases = await tx.query<LeaseRow>(
    `select id, trader_id, lease.asset, units, received_units, reserved_units
       from instructions cross join lateral (
         select trader_id, asset, units, received_units, reserved_units from leases
          where leases.merchant_id = instructions.merchant_id and leases.id = instructions.id
          limit 1) as lease
      where merchant_id = $1 and payment_id = $2 order by id`,
    [key.merchantId, key.id],
    'dispute-leases',
  );
  return leases.map((lease) => ({
    ...own,
    leaseId: lease.id,
    traderId: lease.trader_id,
    asset: lease.asset,
    units: BigInt(lease.units),
    bookedUnits: BigInt(lease.received_units),
    reservedUnits: BigInt(lease.reserved_units),
    expiresAt,
  }));
}

type LeaseRow = {
  readonly id: string;
  readonly trader_id: string | null;
  readonly asset: string;
  readonly units: string;
  readonly received_units: string;
  readonly reserved_units: string;
};

export async function subjectOf(tx: Tx, dispute: Dispute): Promise<Subject> {
  const key = { merchantId: dispute.merchantId, id: dispute.paymentId };
  const subjects = await subjectsOf(tx, key, dispute.kind);
  const subject = subjects.find(({ leaseId }) => leaseId === dispute.leaseId);
  if (!subject) throw new Error(`the subject of dispute ${dispute.id} is gone`);
  return subject;
}

/** What is still contested; nothing once the claim has come true by another way. */
export function contestedOf(
  { kind, claimedUnits, less }: Pick<Dispute, 'kind' | 'claimedUnits' | 'less'>,
  { bookedUnits }: Subject,
): bigint {
  if (kind === 'payout_not_received') return bookedUnits === 0n ? 0n : claimedUnits;
  return maximum(less ? bookedUnits - claimedUnits : claimedUnits - bookedUnits, 0n);
}
