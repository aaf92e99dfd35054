// Who sees which payouts, and in which currencies a trader works.

import type { Tx } from '../../db/database.ts';
import { keyOf, readBalances } from '../../ledger/lock.ts';
import { listAssets } from '../../money/assets.ts';
import { depositOf } from '../collateral.ts';
import type { DeskPerson, PayoutOrder } from './order.ts';
import { PayoutRefused } from './refused.ts';

/** What a trader's deposit has, by currency; null: everything, without a deposit. */
export type Reach = ReadonlyMap<string, bigint> | null;

/** A trader works in the currencies in which he has left a deposit, be it used up. */
export async function reachOf(tx: Tx, person: DeskPerson): Promise<Reach> {
  if (person.role !== 'trader') return null;
  const { merchantId, mode, userId: traderId } = person;
  const fiat = listAssets().filter(({ kind }) => kind === 'fiat');
  const accounts = fiat.map(({ code: currency }) => ({
    currency,
    account: { merchantId, id: depositOf({ mode, currency, traderId }) },
  }));
  const balances = await readBalances(
    tx,
    accounts.map(({ account }) => account),
  );
  return new Map(
    accounts.flatMap(({ currency, account }) => {
      const units = balances.get(keyOf(merchantId, account.id));
      return units === undefined ? [] : [[currency, units] as const];
    }),
  );
}

/** Another merchant's and the other mode's are as good as not there. */
export function isOfDesk(person: DeskPerson, order: PayoutOrder): boolean {
  return order.merchantId === person.merchantId && order.mode === person.mode;
}

export function hasTaken(person: DeskPerson, order: PayoutOrder): boolean {
  return order.takenBy !== null && order.takenBy === person.userId;
}

/** The number in full is for whoever sends the money, and for the merchant whose payout it is. */
export function readsDestination(person: DeskPerson, order: PayoutOrder): boolean {
  return isOfDesk(person, order) && (person.role === 'manager' || hasTaken(person, order));
}

export function notFound(): PayoutRefused {
  return new PayoutRefused('not_found', 'there is no such payout at this desk');
}
