// Postings: the difference between where the ledger holds a payment's money and where it belongs.

import { accountId } from '../ledger/accounts.ts';
import type { NewTransfer } from '../ledger/post.ts';
import type { Place } from './facts.ts';
import type { Payment, Sighting } from './nouns.ts';

/** Whose fees these are: ours, not those of somebody outside. */
const house = 'house';

export type Posted = { readonly sighting: Sighting; readonly transfers: readonly NewTransfer[] };

/**
 * Moves one sighting's money from its present places to `place`. Money that is final comes in from
 * outside; money that is gone goes back there; between the others it only moves over.
 * Transfer ids are numbered per sighting, so that a repetition is recognised by the ledger.
 */
export function postingsFor(payment: Payment, sighting: Sighting, place: Place): Posted {
  const accounts = accountsOf(payment, sighting);
  const moves = movesBetween(sighting, place);
  const transfers = moves.map(({ from, to, units }, index): NewTransfer => {
    const number = sighting.postings + index + 1;
    return {
      merchantId: payment.merchantId,
      id: `${payment.id}/${sighting.rail}/${sighting.key}/${number}`,
      // What comes in is debited outside, where we hold it, and credited to whom we owe it.
      debit: accounts[from],
      credit: accounts[to],
      amount: { units, asset: sighting.amount.asset },
      paymentId: payment.id,
      reason: `${from} to ${to}`,
      // A chain may take back what has been paid out already: that is a debt, not an error.
      mayOverdraw: to === 'outside' || to === 'suspense',
    };
  });
  const postings = sighting.postings + transfers.length;
  return { sighting: { ...sighting, ...place, postings }, transfers };
}

type Where = 'outside' | 'suspense' | 'available' | 'fees';
type Move = { readonly from: Where; readonly to: Where; readonly units: bigint };

/** What merely changes its place never leaves; only the rest comes from outside or goes there. */
function movesBetween(now: Place, wanted: Place): Move[] {
  const moves: Move[] = [];
  const gains: { readonly where: Where; units: bigint }[] = [
    { where: 'suspense', units: wanted.suspenseUnits - now.suspenseUnits },
    { where: 'available', units: wanted.availableUnits - now.availableUnits },
    { where: 'fees', units: wanted.feesUnits - now.feesUnits },
  ];
  for (const from of gains) {
    for (const to of gains) {
      const units = smallerOf(-from.units, to.units);
      if (units <= 0n) continue;
      moves.push({ from: from.where, to: to.where, units });
      from.units += units;
      to.units -= units;
    }
  }
  for (const { where, units } of gains) {
    if (units > 0n) moves.push({ from: 'outside', to: where, units });
    if (units < 0n) moves.push({ from: where, to: 'outside', units: -units });
  }
  return moves;
}

function smallerOf(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

function accountsOf(payment: Payment, { amount, rail }: Sighting): Record<Where, string> {
  const { mode } = payment;
  const { asset } = amount;
  return {
    outside: accountId({ mode, kind: 'outside', asset, rail }),
    suspense: accountId({ mode, kind: 'suspense', asset }),
    available: accountId({ mode, kind: 'available', asset }),
    fees: accountId({ mode, kind: 'fees', asset, rail: house }),
  };
}
