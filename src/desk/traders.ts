// Traders: people who receive and send transfers for a merchant, each as far as their deposit goes.

import type { Database, Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import { readBalances, keyOf } from '../ledger/lock.ts';
import { LedgerError } from '../ledger/post.ts';
import { type Actor, record } from '../merchants/staff-log.ts';
import { amountText } from '../money/amount-text.ts';
import type { Amount } from '../money/amount.ts';
import { depositOf, postDeposit, reservedOf } from './collateral.ts';
import { DeskRefused } from './refused.ts';

export type DepositChange = {
  readonly traderId: string;
  readonly amount: Amount;
  readonly direction: 'in' | 'out';
  /** Chosen by whoever received the money: the same one twice is posted once. */
  readonly reference: string;
};

/** What a trader has left with us in one currency. */
export type DepositStanding = {
  /** Free for new operations. */
  readonly deposit: Amount;
  /** Standing for money that is expected now. */
  readonly reserved: Amount;
};

export type Traders = {
  /** Throws DeskRefused: no such trader, more than is free, or another deposit's reference. */
  changeDeposit(change: DepositChange, actor: Actor): Promise<DepositStanding>;
};

const longestReference = 100;
const referenceForm = /^[\x21-\x7e]+$/;

export function createTraders(deps: { db: Database; now: () => Date }): Traders {
  const { db, now } = deps;

  async function changeDeposit(change: DepositChange, actor: Actor): Promise<DepositStanding> {
    const { traderId, amount, direction, reference } = change;
    const { units, asset: currency } = amount;
    if (units <= 0n) throw new DeskRefused('a deposit is more than nothing');
    if (!referenceForm.test(reference) || reference.length > longestReference) {
      throw new DeskRefused(`a reference has 1 to ${longestReference} visible characters`);
    }
    return db.transaction(async (tx) => {
      const trader = await findTrader(tx, traderId);
      if (!trader) throw new DeskRefused(`there is no trader ${traderId} of a merchant`);
      const { merchantId, mode } = trader;
      const own = { merchantId, mode, traderId, currency };
      await postDeposit(tx, { ...own, units, reference, direction }, now()).catch(explain);
      const printed = amountText({ units, asset: currency });
      const details = { direction, amount: printed, reference };
      const act = { action: 'deposit.changed', subject: traderId, details };
      await record(tx, { ...actor, ...act, at: now(), merchantId });
      return standingOf(tx, own);
    });
  }

  return { changeDeposit };
}

/** Throws DeskRefused unless this is a trader of this merchant, in this world. */
export async function assertTrader(
  tx: Tx,
  wanted: { readonly merchantId: string; readonly mode: Mode; readonly traderId: string },
): Promise<void> {
  const trader = await findTrader(tx, wanted.traderId);
  if (trader?.merchantId !== wanted.merchantId) {
    throw new DeskRefused(`there is no trader ${wanted.traderId} of this merchant`);
  }
  if (trader.mode !== wanted.mode) {
    throw new DeskRefused(`this trader works in ${trader.mode} mode`);
  }
}

async function findTrader(
  tx: Tx,
  traderId: string,
): Promise<{ merchantId: string; mode: Mode } | null> {
  const [row] = await tx.query<{ merchantId: string; mode: Mode }>(
    `select merchant_id as "merchantId", mode from users
      where id = $1 and role = 'trader' and merchant_id is not null`,
    [traderId],
  );
  return row ?? null;
}

async function standingOf(
  tx: Tx,
  own: { merchantId: string; mode: Mode; traderId: string; currency: string },
): Promise<DepositStanding> {
  const { merchantId, currency } = own;
  const [deposit, reserved] = [depositOf(own), reservedOf(own)];
  const accounts = [deposit, reserved].map((id) => ({ merchantId, id }));
  const balances = await readBalances(tx, accounts);
  const amountOf = (id: string): Amount => ({
    units: balances.get(keyOf(merchantId, id)) ?? 0n,
    asset: currency,
  });
  return { deposit: amountOf(deposit), reserved: amountOf(reserved) };
}

function explain(error: unknown): never {
  if (error instanceof LedgerError && error.outcome === 'would_overdraw') {
    throw new DeskRefused('the deposit has not so much that is free');
  }
  if (error instanceof LedgerError && error.outcome === 'id_reused') {
    throw new DeskRefused('this reference stands for another change of the deposit');
  }
  throw error;
}
