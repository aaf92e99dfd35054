// Collateral: a trader receives other people's money, so his own deposit stands for it first.

import { type NewTransfer, post } from '../ledger/post.ts';
import { accountId } from '../ledger/accounts.ts';
import type { Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import { minimum } from '../money/amount.ts';

/**
 * The way to the outside by which deposits come and go. Whoever is paid on his own card has taken
 * back as much of his deposit: it leaves here, while the payment's money comes in by its rail.
 */
const DESK = 'desk';

type Owned = { readonly mode: Mode; readonly currency: string; readonly traderId: string | null };

/** What one lease holds of its trader's deposit. */
export type Held = { readonly reservedUnits: bigint; readonly takenUnits: bigint };

/** Whose deposit, and for which lease. */
export type Pledge = {
  readonly merchantId: string;
  readonly leaseId: string;
  readonly paymentId: string;
  readonly mode: Mode;
  readonly currency: string;
  readonly traderId: string;
  /** How many transfers the lease has caused before. */
  readonly postings: number;
};

export type Moved = { readonly held: Held; readonly transfers: readonly NewTransfer[] };

export function depositOf({ mode, currency, traderId }: Owned): string {
  return accountOf(mode, 'deposit', currency, traderId);
}

export function reservedOf({ mode, currency, traderId }: Owned): string {
  return accountOf(mode, 'reserved', currency, traderId);
}

/**
 * The transfers that bring a lease from what it holds to what it should hold. `available` is what
 * the deposit has: no more is taken from it than that, so that it never goes below zero; then less
 * is held than wanted, which the answer says.
 */
export function moveHeld(pledge: Pledge, now: Held, wanted: Held, available: bigint): Moved {
  const places = placesOf(pledge);
  const transfers: NewTransfer[] = [];
  const held = { reserved: now.reservedUnits, taken: now.takenUnits };
  let left = available;
  const move = (from: Place, to: Place, units: bigint): void => {
    if (units <= 0n) return;
    transfers.push({
      merchantId: pledge.merchantId,
      id: `lease/${pledge.leaseId}/${pledge.postings + transfers.length + 1}`,
      debit: places[from],
      credit: places[to],
      amount: { units, asset: pledge.currency },
      paymentId: pledge.paymentId,
      reason: `collateral: ${from} to ${to}`,
    });
    if (from === 'deposit') left -= units;
    else held[from] -= units;
    if (to === 'deposit') left += units;
    else held[to] += units;
  };
  const missing = (place: 'reserved' | 'taken'): bigint =>
    (place === 'reserved' ? wanted.reservedUnits : wanted.takenUnits) - held[place];
  move('reserved', 'taken', minimum(-missing('reserved'), missing('taken')));
  move('taken', 'reserved', minimum(-missing('taken'), missing('reserved')));
  move('reserved', 'deposit', -missing('reserved'));
  move('taken', 'deposit', -missing('taken'));
  move('deposit', 'taken', minimum(left, missing('taken')));
  move('deposit', 'reserved', minimum(left, missing('reserved')));
  return { held: { reservedUnits: held.reserved, takenUnits: held.taken }, transfers };
}

/** A deposit that a trader brings or takes home; a repetition of the same reference is harmless. */
export async function postDeposit(
  tx: Tx,
  deposit: Owned & {
    readonly merchantId: string;
    readonly units: bigint;
    readonly reference: string;
    readonly direction: 'in' | 'out';
  },
  now: Date,
): Promise<void> {
  const { merchantId, mode, currency, units, reference, direction } = deposit;
  const outside = accountOf(mode, 'outside', currency, DESK);
  const own = depositOf(deposit);
  const transfer = {
    merchantId,
    id: `deposit/${deposit.traderId}/${reference}`,
    debit: direction === 'in' ? outside : own,
    credit: direction === 'in' ? own : outside,
    amount: { units, asset: currency },
    paymentId: null,
    reason: direction === 'in' ? 'deposit of a trader' : 'deposit returned to a trader',
  };
  await post(tx, [transfer], now);
}

type Place = 'deposit' | 'reserved' | 'taken';

function placesOf(pledge: Pledge): Readonly<Record<Place, string>> {
  const { mode, currency } = pledge;
  return {
    deposit: depositOf(pledge),
    reserved: reservedOf(pledge),
    taken: accountOf(mode, 'outside', currency, DESK),
  };
}

function accountOf(
  mode: Mode,
  kind: 'deposit' | 'reserved' | 'outside',
  asset: string,
  rail: string | null,
): string {
  if (rail === null) throw new Error('a merchant has no deposit at its own desk');
  return accountId({ mode, kind, asset, rail });
}
