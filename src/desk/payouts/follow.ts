// Following: when a payout's payment ends, however that came, its order ends with it.

import type { Tx } from '../../db/database.ts';
import { writeOrders } from './backing.ts';
import { lockOrders } from './order-rows.ts';
import type { PayoutKey, PayoutOrder, PayoutStatus } from './order.ts';

/** What is read of an event of the core. */
export type EventOfPayout = {
  readonly event: { readonly kind: string; readonly status: string };
  readonly payment: PayoutKey & { readonly direction: 'in' | 'out' };
};

/** Where a payment's status leaves its order; those that are missing leave it alone. */
const ends: ReadonlyMap<string, PayoutStatus> = new Map([
  ['completed', 'completed'],
  ['failed', 'rejected'],
  ['expired', 'closed'],
  ['cancelled', 'closed'],
  ['refunded', 'reversed'],
  // Given back by whoever moved the payment past the desk.
  ['awaiting', 'waiting'],
]);

/**
 * Runs in the transaction that changed the payments, after it has posted their money: from
 * payments to orders to the traders' accounts. Pay-ins are passed over.
 */
export async function followPayouts(
  tx: Tx,
  events: readonly EventOfPayout[],
  now: Date,
): Promise<void> {
  const statuses = new Map<string, { key: PayoutKey; status: PayoutStatus }>();
  for (const { event, payment } of events) {
    const status = ends.get(event.status);
    if (payment.direction !== 'out' || event.kind !== 'status' || !status) continue;
    const { merchantId, id } = payment;
    statuses.set(id, { key: { merchantId, id }, status });
  }
  if (statuses.size === 0) return;
  const keys = [...statuses.values()].map(({ key }) => key);
  const orders = await lockOrders(tx, keys);
  const changed = orders.flatMap((order) => {
    const status = statuses.get(order.id)?.status ?? order.status;
    return status === order.status ? [] : [endedAs(order, status, now)];
  });
  if (changed.length > 0) await writeOrders(tx, changed, now);
}

/** The order as nobody's, for the next one who comes. */
export function backInQueue(order: PayoutOrder): PayoutOrder {
  // `traderId` stays until `writeOrders` has given his deposit back.
  const nobody = { takenBy: null, takenAt: null, dueAt: null, pledged: false, proof: null };
  return { ...order, ...nobody, status: 'waiting' };
}

function endedAs(order: PayoutOrder, status: PayoutStatus, now: Date): PayoutOrder {
  if (status === 'waiting') return backInQueue(order);
  return { ...order, status, dueAt: null, endedAt: now };
}
