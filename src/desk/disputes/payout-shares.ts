// Payouts in dispute: what is held of a trader's deposit for one, and how it is shared out.

import type { Tx } from '../../db/database.ts';
import { accountId } from '../../ledger/accounts.ts';
import { keyOf, lockBalances } from '../../ledger/lock.ts';
import { type NewTransfer, post } from '../../ledger/post.ts';
import { maximum, minimum } from '../../money/amount.ts';
import { depositOf, reservedOf } from '../collateral.ts';
import { missingOf, writeOrders } from '../payouts/backing.ts';
import { readOrder } from '../payouts/order-rows.ts';
import type { MovePayout } from '../payouts/order.ts';
import type { Dispute, Shares } from './dispute.ts';

type Held = Pick<Dispute, 'heldUnits' | 'postings'>;
type Carried = Held & Pick<Dispute, 'missingUnits'>;

const DESK = 'desk';

/** As much of what is contested as is free. */
export async function holdPayout(
  tx: Tx,
  dispute: Dispute,
  contested: bigint,
  now: Date,
): Promise<Held> {
  const { heldUnits, postings } = dispute;
  if (dispute.traderId === null) return { heldUnits, postings };
  const units = minimum(await freeOf(tx, dispute), contested - heldUnits);
  if (units <= 0n) return { heldUnits, postings };
  const moves = [move(depositIn(dispute), reservedIn(dispute), units)];
  return book(tx, dispute, moves, heldUnits + units, now);
}

export async function releasePayout(tx: Tx, dispute: Dispute, now: Date): Promise<Carried> {
  const freed = await book(tx, dispute, freeing(dispute), 0n, now);
  const order = await readOrder(tx, { merchantId: dispute.merchantId, id: dispute.paymentId });
  if (order?.status !== 'reversed') return { ...freed, missingUnits: 0n };
  // Given back past the dispute, while the deposit was held here: now it is there for that.
  const [reversed = order] = await writeOrders(tx, [order], now);
  return { ...freed, missingUnits: missingOf(reversed) };
}

/**
 * All of it: the core gives it back to the merchant, the desk takes it from the trader. A part: the
 * payout stays as it is, and the trader makes good to the merchant what did not arrive.
 */
export async function sharePayout(
  tx: Tx,
  dispute: Dispute,
  { merchantUnits, traderUnits }: Shares,
  movePayout: MovePayout,
  now: Date,
): Promise<Carried> {
  const { merchantId, mode, asset } = dispute;
  const rail = mode === 'test' ? 'transfer-test' : 'transfer';
  const available = accountId({ mode, kind: 'available', asset });
  const outside = accountId({ mode, kind: 'outside', asset, rail });
  // The core's accounts before any trader's, as whoever confirms money takes them.
  const accounts = [available, outside].map((id) => ({ merchantId, id }));
  await lockBalances(tx, accounts);
  const key = { merchantId, id: dispute.paymentId };
  const order = await readOrder(tx, key);
  if (order && traderUnits === 0n && order.amount.units === merchantUnits) {
    const freed = await book(tx, dispute, freeing(dispute), 0n, now);
    await movePayout(tx, key, 'reverse');
    const reversed = await readOrder(tx, key);
    return { ...freed, missingUnits: reversed ? missingOf(reversed) : 0n };
  }
  if (dispute.traderId === null) {
    const own = await book(tx, dispute, [move(outside, available, merchantUnits)], 0n, now);
    return { ...own, missingUnits: 0n };
  }
  const given = minimum((await freeOf(tx, dispute)) + dispute.heldUnits, merchantUnits);
  const missingUnits = merchantUnits - given;
  const desk = accountId({ mode, kind: 'outside', asset, rail: DESK });
  const moves = [
    ...freeing(dispute),
    move(depositIn(dispute), available, given),
    // The house lays out what the trader owes it from now on.
    move(desk, available, missingUnits),
  ];
  return { ...(await book(tx, dispute, moves, 0n, now)), missingUnits };
}

type Move = { readonly debit: string; readonly credit: string; readonly units: bigint };

function move(debit: string, credit: string, units: bigint): Move {
  return { debit, credit, units };
}

function freeing(dispute: Dispute): Move[] {
  if (dispute.heldUnits === 0n) return [];
  return [move(reservedIn(dispute), depositIn(dispute), dispute.heldUnits)];
}

/** What the trader's deposit has, held until the transaction ends. */
async function freeOf(tx: Tx, dispute: Dispute): Promise<bigint> {
  const account = { merchantId: dispute.merchantId, id: depositIn(dispute) };
  const balances = await lockBalances(tx, [account]);
  return maximum(balances.get(keyOf(account.merchantId, account.id)) ?? 0n, 0n);
}

async function book(
  tx: Tx,
  dispute: Dispute,
  moves: readonly Move[],
  heldUnits: bigint,
  now: Date,
): Promise<Held> {
  const transfers = moves
    .filter(({ units }) => units > 0n)
    .map(({ debit, credit, units }, index): NewTransfer => ({
      merchantId: dispute.merchantId,
      id: `dispute/${dispute.id}/${dispute.postings + index + 1}`,
      debit,
      credit,
      amount: { units, asset: dispute.asset },
      paymentId: dispute.paymentId,
      reason: `dispute: ${dispute.kind.replaceAll('_', ' ')}`,
    }));
  await post(tx, transfers, now);
  return { heldUnits, postings: dispute.postings + transfers.length };
}

function depositIn({ mode, asset, traderId }: Dispute): string {
  return depositOf({ mode, currency: asset, traderId });
}

function reservedIn({ mode, asset, traderId }: Dispute): string {
  return reservedOf({ mode, currency: asset, traderId });
}
