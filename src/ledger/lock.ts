// Accounts looked at, and held until the transaction ends.

import type { Tx } from '../db/database.ts';

export type Account = { readonly merchantId: string; readonly id: string };

/** By `keyOf`: credits less debits; an account that nobody posted to is not in it. */
export type Balances = Map<string, bigint>;

type BalanceRow = { readonly merchant_id: string; readonly id: string; readonly balance: string };

/**
 * As sub-selects the arrays tell the planner nothing of their length: with it, a plan for these
 * very values always looks cheaper than the one that is kept, and each execution is planned anew.
 */
const wantedAccounts = `unnest((select $1::uuid[]), (select $2::text[]))
       as wanted (merchant_id, id)`;

// UUIDs come back from the database in lower case.
export function keyOf(merchantId: string, id: string): string {
  return `${merchantId.toLowerCase()}/${id}`;
}

/**
 * Holds the accounts until the transaction ends. Rows are locked as they leave the sort, so two
 * calls meet at their first common account.
 */
export async function lockBalances(tx: Tx, accounts: readonly Account[]): Promise<Balances> {
  if (accounts.length === 0) return new Map();
  const rows = await tx.query<BalanceRow>(
    `select account.merchant_id, account.id, account.credits - account.debits as balance
     from ${wantedAccounts}
     join ledger_accounts account using (merchant_id, id)
     order by account.merchant_id, account.id
     for no key update of account`,
    [accounts.map((account) => account.merchantId), accounts.map((account) => account.id)],
    'ledger_lock_accounts',
  );
  return balancesOf(rows);
}

/**
 * Holds those that nobody else holds now, without waiting for the others: they are left out. What
 * was never posted to is there with nothing on it.
 */
export async function takeBalances(tx: Tx, accounts: readonly Account[]): Promise<Balances> {
  if (accounts.length === 0) return new Map();
  const rows = await tx.query<BalanceRow>(
    `select wanted.merchant_id, wanted.id, coalesce(held.balance, 0) as balance
     from ${wantedAccounts}
     left join ledger_accounts account using (merchant_id, id)
     left join lateral (
       select own.credits - own.debits as balance from ledger_accounts own
        where own.merchant_id = wanted.merchant_id and own.id = wanted.id
          for no key update skip locked) held on true
     where account.id is null or held.balance is not null`,
    [accounts.map((account) => account.merchantId), accounts.map((account) => account.id)],
    'ledger_take_balances',
  );
  return balancesOf(rows);
}

/** The same without holding them: true a moment ago. */
export async function readBalances(tx: Tx, accounts: readonly Account[]): Promise<Balances> {
  if (accounts.length === 0) return new Map();
  const rows = await tx.query<BalanceRow>(
    `select account.merchant_id, account.id, account.credits - account.debits as balance
     from ${wantedAccounts}
     join ledger_accounts account using (merchant_id, id)`,
    [accounts.map((account) => account.merchantId), accounts.map((account) => account.id)],
    'ledger_read_balances',
  );
  return balancesOf(rows);
}

function balancesOf(rows: readonly BalanceRow[]): Balances {
  return new Map(rows.map((row) => [keyOf(row.merchant_id, row.id), BigInt(row.balance)]));
}
