// The ledger read again from zero: do the accounts say what the transfers say?

import type { Tx } from '../db/database.ts';

type AssetTotal = {
  readonly mode: string;
  readonly asset: string;
  readonly debits: bigint;
  readonly credits: bigint;
};

/** One account whose row and whose transfers disagree; null where there is no row. */
type Difference = {
  readonly merchantId: string;
  readonly account: string;
  readonly asset: string;
  readonly stored: { readonly debits: bigint; readonly credits: bigint } | null;
  readonly counted: { readonly debits: bigint; readonly credits: bigint };
};

export type AuditReport = {
  /** No difference, every asset sums to zero, every transfer is well formed. */
  readonly ok: boolean;
  readonly accounts: number;
  readonly transfers: number;
  /** Accounts other than `outside` below zero: allowed where money was taken back, worth a look. */
  readonly overdrawn: number;
  /** Transfers from an account to itself or between test and live. */
  readonly malformed: number;
  /** How many accounts differ; `differences` shows the first hundred. */
  readonly differing: number;
  readonly differences: readonly Difference[];
  readonly assets: readonly AssetTotal[];
};

/** One statement, so that all of it sees the same moment while others keep posting. */
export async function audit(tx: Tx): Promise<AuditReport> {
  const [row] = await tx.query<{ report: StoredReport }>(auditSql);
  if (row === undefined) throw new Error('the audit gave no answer');
  return reportOf(row.report);
}

// Each side is summed by itself: half the rows per aggregate, and both scans can be parallel.
// Sums leave as text, because a JSON number would lose their last digits.
const auditSql = `
  with debited as (
    select merchant_id, debit_account as id, asset, sum(units) as units, count(*) as transfers,
      count(*) filter (where debit_account = credit_account
        or split_part(debit_account, '/', 1) <> split_part(credit_account, '/', 1)) as malformed
    from ledger_transfers group by merchant_id, debit_account, asset
  ), credited as (
    select merchant_id, credit_account as id, asset, sum(units) as units
    from ledger_transfers group by merchant_id, credit_account, asset
  ), counted as (
    select merchant_id, id, asset,
      coalesce(debited.units, 0) as debits, coalesce(credited.units, 0) as credits
    from debited full join credited using (merchant_id, id, asset)
  ), compared as (
    select merchant_id, id, asset, stored.debits as stored_debits, stored.credits as stored_credits,
      coalesce(counted.debits, 0) as debits, coalesce(counted.credits, 0) as credits
    from ledger_accounts stored full join counted using (merchant_id, id, asset)
  ), differing as (
    select * from compared
    where (stored_debits, stored_credits) is distinct from (debits, credits)
      or split_part(id, '/', 3) <> asset
  ), totals as (
    select split_part(id, '/', 1) as mode, asset, sum(debits) as debits, sum(credits) as credits
    from ledger_accounts group by 1, asset
  )
  select json_build_object(
    'accounts', (select count(*) from ledger_accounts),
    'overdrawn', (select count(*) from ledger_accounts
      where credits < debits and split_part(id, '/', 2) <> 'outside'),
    'transfers', (select coalesce(sum(transfers), 0) from debited),
    'malformed', (select coalesce(sum(malformed), 0) from debited),
    'differing', (select count(*) from differing),
    'differences', (select coalesce(json_agg(json_build_object(
        'merchantId', merchant_id, 'account', id, 'asset', asset,
        'storedDebits', stored_debits::text, 'storedCredits', stored_credits::text,
        'debits', debits::text, 'credits', credits::text)), '[]')
      from (select * from differing order by merchant_id, id, asset limit 100) as shown),
    'assets', (select coalesce(json_agg(json_build_object('mode', mode, 'asset', asset,
        'debits', debits::text, 'credits', credits::text) order by mode, asset), '[]') from totals)
  ) as report`;

type StoredReport = {
  readonly accounts: number;
  readonly overdrawn: number;
  readonly transfers: number;
  readonly malformed: number;
  readonly differing: number;
  readonly differences: readonly {
    readonly merchantId: string;
    readonly account: string;
    readonly asset: string;
    readonly storedDebits: string | null;
    readonly storedCredits: string | null;
    readonly debits: string;
    readonly credits: string;
  }[];
  readonly assets: readonly {
    readonly mode: string;
    readonly asset: string;
    readonly debits: string;
    readonly credits: string;
  }[];
};

function reportOf(stored: StoredReport): AuditReport {
  const assets = stored.assets.map((total) => ({ ...total, ...sides(total) }));
  const balanced = assets.every((total) => total.debits === total.credits);
  return {
    ...stored,
    ok: stored.differing === 0 && stored.malformed === 0 && balanced,
    assets,
    differences: stored.differences.map((difference) => ({
      merchantId: difference.merchantId,
      account: difference.account,
      asset: difference.asset,
      stored:
        difference.storedDebits === null || difference.storedCredits === null
          ? null
          : sides({ debits: difference.storedDebits, credits: difference.storedCredits }),
      counted: sides(difference),
    })),
  };
}

function sides(text: { debits: string; credits: string }): { debits: bigint; credits: bigint } {
  return { debits: BigInt(text.debits), credits: BigInt(text.credits) };
}
