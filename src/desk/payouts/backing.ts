// Backing: a trader's deposit follows what he takes and sends; it never goes below nothing.

import type { Tx } from '../../db/database.ts';
import { accountId } from '../../ledger/accounts.ts';
import { keyOf, lockBalances } from '../../ledger/lock.ts';
import { type NewTransfer, post } from '../../ledger/post.ts';
import { minimum } from '../../money/amount.ts';
import { depositOf, reservedOf } from '../collateral.ts';
import { updateOrders } from './order-rows.ts';
import type { PayoutOrder } from './order.ts';
import { PayoutRefused } from './refused.ts';

/** Money that a trader sent from his own account is his again here: it comes in by the desk. */
const DESK = 'desk';

/**
 * Writes the orders as they are now, and moves their traders' deposits to what that asks for. The
 * caller holds the orders and is done with the payments' own ledger accounts. Throws
 * PayoutRefused('deposit') when one that was taken is not covered.
 */
export async function writeOrders(
  tx: Tx,
  orders: readonly PayoutOrder[],
  now: Date,
): Promise<PayoutOrder[]> {
  const moving = orders.filter((order) => order.traderId !== null && isMoving(order));
  const accounts = moving.map((order) => ({ merchantId: order.merchantId, id: ownOf(order) }));
  const deposits = await lockBalances(tx, accounts);
  const transfers: NewTransfer[] = [];
  const written = orders.map((order) => {
    if (!moving.includes(order)) return forgetTrader(order);
    const key = keyOf(order.merchantId, ownOf(order));
    const { after, moved, left } = back(order, deposits.get(key) ?? 0n);
    deposits.set(key, left);
    transfers.push(...moved);
    return forgetTrader(after);
  });
  await updateOrders(tx, written);
  await post(tx, transfers, now);
  return written;
}

/**
 * Before `writeOrders` where the payment moves money after it: one that is given back when its
 * payment has lapsed ends, and the merchant's accounts come before those of traders everywhere.
 */
export async function holdMerchantMoney(
  tx: Tx,
  { merchantId, mode, amount: { asset } }: PayoutOrder,
): Promise<void> {
  const kinds = ['available', 'payable'] as const;
  await lockBalances(
    tx,
    kinds.map((kind) => ({ merchantId, id: accountId({ mode, kind, asset }) })),
  );
}

/** What was to be taken back from a trader and his deposit did not have: somebody must ask him. */
export function missingOf(order: PayoutOrder): bigint {
  return order.status === 'reversed' ? order.earnedUnits - wantedOf(order).earned : 0n;
}

type Wanted = { readonly reserved: bigint; readonly earned: bigint };

function wantedOf({ status, amount, pledged, housePays, traderId }: PayoutOrder): Wanted {
  const units = traderId === null ? 0n : amount.units;
  if (status === 'taken') return { reserved: pledged ? units : 0n, earned: 0n };
  const earns = status === 'completed' || (status === 'reversed' && housePays);
  return { reserved: 0n, earned: earns ? units : 0n };
}

function isMoving(order: PayoutOrder): boolean {
  const { reserved, earned } = wantedOf(order);
  return order.reservedUnits !== reserved || order.earnedUnits !== earned;
}

function back(order: PayoutOrder, available: bigint) {
  const wanted = wantedOf(order);
  const { reservedUnits, earnedUnits } = order;
  const deposit = ownOf(order);
  const reserved = reservedOf(traded(order));
  const { mode, amount } = order;
  const outside = accountId({ mode, kind: 'outside', asset: amount.asset, rail: DESK });
  const moved: NewTransfer[] = [];
  const move = (debit: string, credit: string, units: bigint, reason: string): bigint => {
    if (units <= 0n) return 0n;
    moved.push({
      merchantId: order.merchantId,
      id: `payout/${order.id}/${order.postings + moved.length + 1}`,
      debit,
      credit,
      amount: { units, asset: amount.asset },
      paymentId: order.id,
      reason: `payout: ${reason}`,
    });
    return units;
  };
  if (wanted.reserved - reservedUnits > available) {
    throw new PayoutRefused('deposit', 'the deposit has not so much that is free');
  }
  const freed = move(reserved, deposit, reservedUnits - wanted.reserved, 'reserve freed');
  const pledged = move(deposit, reserved, wanted.reserved - reservedUnits, 'deposit reserved');
  const earned = move(outside, deposit, wanted.earned - earnedUnits, 'sent by the trader');
  const left = available + freed - pledged + earned;
  const taken = minimum(left, earnedUnits - wanted.earned);
  const returned = move(deposit, outside, taken, 'came back');
  const after: PayoutOrder = {
    ...order,
    reservedUnits: reservedUnits - freed + pledged,
    earnedUnits: earnedUnits + earned - returned,
    postings: order.postings + moved.length,
  };
  return { after, moved, left: left - returned };
}

/** Once nobody has it, and only after his deposit was given back. */
function forgetTrader(order: PayoutOrder): PayoutOrder {
  return order.takenBy === null ? { ...order, traderId: null } : order;
}

function traded({ mode, amount, traderId }: PayoutOrder) {
  return { mode, currency: amount.asset, traderId };
}

function ownOf(order: PayoutOrder): string {
  return depositOf(traded(order));
}
