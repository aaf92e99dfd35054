// Tallies: how many payments of each kind a merchant has, without counting them.

import type { Tx } from '../db/database.ts';
import type { Job } from '../jobs/jobs.ts';
import type { Status } from './machine.ts';
import type { Cause, Direction } from './nouns.ts';
import type { Scope } from './rows.ts';

/** Payments that are alike, and how many there are. */
export type Kind = {
  readonly direction: Direction;
  readonly currency: string;
  readonly status: Status;
  readonly touched: boolean;
  /** The merchant has a reference of its own for it. */
  readonly referenced: boolean;
  readonly paused: boolean;
  readonly cause: Cause | 'none';
  readonly payments: number;
};

/**
 * So many rows cost a reader a sixth of a millisecond; beyond that it sums them up for all, unless
 * hardly fewer would be left.
 */
const ROWS_READ_GLADLY = 200;
const ROWS_LEFT_ALONE = 100;
const MERCHANTS_AT_ONCE = 1_000;

/** Exact at the moment of asking; kinds of which there are none are left out. */
export async function readTallies(db: Tx, scope: Scope): Promise<Kind[]> {
  const rows = await db.query<Kind & { readonly rows: number }>(
    `select direction, price_asset as currency, status, touched, referenced, paused, cause,
            sum(payments)::bigint as payments, count(*) as rows
       from payment_tallies where merchant_id = $1 and mode = $2
      group by direction, price_asset, status, touched, referenced, paused, cause`,
    [scope.merchantId, scope.mode],
    'payment-tallies',
  );
  const read = rows.reduce((sum, row) => sum + row.rows, 0);
  if (read > Math.max(ROWS_READ_GLADLY, 2 * rows.length)) await foldTallies(db, scope);
  return rows.filter(({ payments }) => payments !== 0);
}

/** Once a minute: between two turns even a busy shop adds no more than some thousands of rows. */
export function tallyJob(db: Tx): Job {
  return { name: 'payments.fold-tallies', cron: '* * * * *', run: () => foldAll(db) };
}

async function foldAll(db: Tx): Promise<void> {
  const scopes = await db.query<Scope>(
    `select merchant_id as "merchantId", mode from payment_tallies
      group by merchant_id, mode having count(*) > $1 limit $2`,
    [ROWS_LEFT_ALONE, MERCHANTS_AT_ONCE],
  );
  for (const scope of scopes) await foldTallies(db, scope);
}

/** Puts the sums in the place of the rows; who reads meanwhile sees the one or the other. */
async function foldTallies(db: Tx, { merchantId, mode }: Scope): Promise<void> {
  await db.query(
    `with taken as (
       delete from payment_tallies where merchant_id = $1 and mode = $2 returning *
     )
     insert into payment_tallies
       (merchant_id, mode, direction, price_asset, status, touched, referenced, paused, cause,
        payments)
     select merchant_id, mode, direction, price_asset, status, touched, referenced, paused, cause,
            sum(payments)
       from taken group by 1, 2, 3, 4, 5, 6, 7, 8, 9 having sum(payments) <> 0`,
    [merchantId, mode],
    'payment-tallies-fold',
  );
}
