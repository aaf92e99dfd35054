// What a merchant owns, account by account.

import type { Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import type { Amount } from '../money/amount.ts';
import { type AccountName, accountOf } from './accounts.ts';

export type Balance = {
  readonly account: string;
  readonly name: AccountName;
  /** Credits less debits: what the merchant is owed; below zero for what came from `outside`. */
  readonly amount: Amount;
  readonly debits: bigint;
  readonly credits: bigint;
};

/** Every account the merchant has in one mode, sorted by id. */
export async function balancesOf(tx: Tx, merchantId: string, mode: Mode): Promise<Balance[]> {
  const rows = await tx.query<{ id: string; asset: string; debits: string; credits: string }>(
    `select id, asset, debits, credits from ledger_accounts
     where merchant_id = $1 and starts_with(id, $2)
     order by id`,
    [merchantId, `${mode}/`],
  );
  return rows.map((row) => {
    const [debits, credits] = [BigInt(row.debits), BigInt(row.credits)];
    const amount = { units: credits - debits, asset: row.asset };
    return { account: row.id, name: accountOf(row.id), amount, debits, credits };
  });
}
