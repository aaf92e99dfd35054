// The only code that moves money: lock, check everything, then write everything.

import { type Tx, send } from '../db/database.ts';
import { accountOf } from './accounts.ts';
import { type Account, type Balances, keyOf, lockBalances } from './lock.ts';
import { type NewTransfer, type Outcome, outcomeOf, type TransferContent } from './outcome.ts';

export type { NewTransfer } from './outcome.ts';

/** A transfer was refused; the caller's transaction must not commit. Reaching it is a bug above. */
export class LedgerError extends Error {
  override name = 'LedgerError';
  readonly outcome: Outcome;
  readonly transferId: string;

  constructor(outcome: Outcome, transferId: string) {
    super(`transfer ${transferId}: ${outcome}`);
    this.outcome = outcome;
    this.transferId = transferId;
  }
}

type Movement = Account & { debits: bigint; credits: bigint };
type Posted = Map<string, TransferContent>;

const maxTransfers = 10_000;
const uniqueViolation = '23505';

/**
 * Posts the transfers in order, all or nothing, inside the caller's transaction; missing accounts
 * are made. A repetition of a posted transfer changes nothing. Throws LedgerError for any other
 * outcome, before anything is written. Call it once per transaction: accounts are locked in one
 * sorted sweep, and a second call could wait for somebody who waits for the first. Five statements,
 * however many transfers, of which only two are waited for; each account row is written once.
 */
export async function post(tx: Tx, transfers: readonly NewTransfer[], now: Date): Promise<void> {
  if (transfers.length === 0) return;
  if (transfers.length > maxTransfers) throw new Error(`more than ${maxTransfers} transfers`);
  const accounts = accountsOf(transfers);
  await createMissing(tx, accounts, now);
  // In this order: a repetition that ran at the same time has let go of its locks, and is seen.
  const [balances, posted] = await Promise.all([
    lockBalances(tx, accounts),
    findPosted(tx, transfers),
  ]);
  const fresh = check(transfers, posted, balances);
  if (fresh.length === 0) return;
  // Nothing below refuses a transfer any more.
  await write(tx, fresh, movementsOf(fresh), now);
}

/** Tries the transfers in order on `balances`, which it changes; returns those to be written. */
function check(
  transfers: readonly NewTransfer[],
  posted: Posted,
  balances: Balances,
): NewTransfer[] {
  const fresh: NewTransfer[] = [];
  for (const transfer of transfers) {
    const { merchantId, id, amount } = transfer;
    const [debit, credit] = [keyOf(merchantId, transfer.debit), keyOf(merchantId, transfer.credit)];
    const outcome = outcomeOf({
      transfer,
      earlier: posted.get(keyOf(merchantId, id)),
      debit: accountOf(transfer.debit),
      credit: accountOf(transfer.credit),
      balance: balances.get(debit) ?? 0n,
    });
    if (outcome === 'already_posted') continue;
    if (outcome !== 'posted') throw new LedgerError(outcome, id);
    balances.set(debit, (balances.get(debit) ?? 0n) - amount.units);
    balances.set(credit, (balances.get(credit) ?? 0n) + amount.units);
    posted.set(keyOf(merchantId, id), transfer);
    fresh.push(transfer);
  }
  return fresh;
}

function accountsOf(transfers: readonly NewTransfer[]): Account[] {
  const found = new Map<string, Account>();
  for (const { merchantId, debit, credit } of transfers) {
    for (const id of [debit, credit]) found.set(keyOf(merchantId, id), { merchantId, id });
  }
  return [...found.values()];
}

function movementsOf(transfers: readonly NewTransfer[]): Movement[] {
  const movements = new Map<string, Movement>();
  const movementOf = (merchantId: string, id: string): Movement => {
    const key = keyOf(merchantId, id);
    const movement = movements.get(key) ?? { merchantId, id, debits: 0n, credits: 0n };
    movements.set(key, movement);
    return movement;
  };
  for (const { merchantId, debit, credit, amount } of transfers) {
    movementOf(merchantId, debit).debits += amount.units;
    movementOf(merchantId, credit).credits += amount.units;
  }
  return [...movements.values()];
}

// In sorted order, because an insert waits for another transaction's insert of the same account.
async function createMissing(tx: Tx, accounts: readonly Account[], now: Date): Promise<void> {
  await send(tx, {
    text: `insert into ledger_accounts (merchant_id, id, asset, created_at)
     select merchant_id, id, asset, $4
     from unnest($1::uuid[], $2::text[], $3::text[]) as wanted (merchant_id, id, asset)
     order by merchant_id, id
     on conflict do nothing`,
    values: [
      accounts.map((account) => account.merchantId),
      accounts.map((account) => account.id),
      accounts.map((account) => accountOf(account.id).asset),
      now,
    ],
    name: 'ledger_create_accounts',
  });
}

type TransferRow = {
  readonly merchant_id: string;
  readonly id: string;
  readonly debit_account: string;
  readonly credit_account: string;
  readonly asset: string;
  readonly units: string;
  readonly payment_id: string | null;
  readonly reason: string;
};

async function findPosted(tx: Tx, transfers: readonly NewTransfer[]): Promise<Posted> {
  const rows = await tx.query<TransferRow>(
    `select merchant_id, id, debit_account, credit_account, asset, units, payment_id, reason
     from unnest($1::uuid[], $2::text[]) as wanted (wanted_merchant, wanted_id)
     cross join lateral (
       select * from ledger_transfers
        where merchant_id = wanted_merchant and id = wanted_id limit 1) as posted`,
    [transfers.map((transfer) => transfer.merchantId), transfers.map((transfer) => transfer.id)],
    'ledger_find_posted',
  );
  return new Map(
    rows.map((row) => [
      keyOf(row.merchant_id, row.id),
      {
        merchantId: row.merchant_id,
        id: row.id,
        debit: row.debit_account,
        credit: row.credit_account,
        amount: { units: BigInt(row.units), asset: row.asset },
        paymentId: row.payment_id,
        reason: row.reason,
      },
    ]),
  );
}

async function write(
  tx: Tx,
  transfers: readonly NewTransfer[],
  movements: readonly Movement[],
  now: Date,
): Promise<void> {
  await insertTransfers(tx, transfers, now);
  // Sub-selects, so that its plan is kept: see lock.ts.
  await send(tx, {
    text: `update ledger_accounts account
     set debits = account.debits + moved.debits, credits = account.credits + moved.credits
     from unnest((select $1::uuid[]), (select $2::text[]), (select $3::numeric[]),
         (select $4::numeric[])) as moved (merchant_id, id, debits, credits)
     where account.merchant_id = moved.merchant_id and account.id = moved.id`,
    values: [
      movements.map((movement) => movement.merchantId),
      movements.map((movement) => movement.id),
      movements.map((movement) => movement.debits.toString()),
      movements.map((movement) => movement.credits.toString()),
    ],
    name: 'ledger_move',
  });
}

async function insertTransfers(
  tx: Tx,
  transfers: readonly NewTransfer[],
  now: Date,
): Promise<void> {
  await send(tx, {
    text: `insert into ledger_transfers
         (merchant_id, id, debit_account, credit_account, asset, units, payment_id, reason, at)
       select *, $9::timestamptz from unnest($1::uuid[], $2::text[], $3::text[], $4::text[],
         $5::text[], $6::numeric[], $7::uuid[], $8::text[])`,
    values: [
      transfers.map((transfer) => transfer.merchantId),
      transfers.map((transfer) => transfer.id),
      transfers.map((transfer) => transfer.debit),
      transfers.map((transfer) => transfer.credit),
      transfers.map((transfer) => transfer.amount.asset),
      transfers.map((transfer) => transfer.amount.units.toString()),
      transfers.map((transfer) => transfer.paymentId),
      transfers.map((transfer) => transfer.reason),
      now,
    ],
    name: 'ledger_insert_transfers',
    // The same id at the same time between other accounts: no common lock made one of them wait.
    asError: (error) =>
      (error as { code?: string }).code === uniqueViolation
        ? new LedgerError('id_reused', transfers.map((transfer) => transfer.id).join(', '))
        : error,
  });
}
