// Sending again what was delivered or given up: one delivery, or all of a span of time.

import type { Database } from '../db/database.ts';

/** `from` is included, `to` is not; both are times of the events. */
export type ReplayRange = {
  readonly from: Date;
  readonly to: Date;
  readonly merchantId?: string;
  /** Left out: whatever has ended, delivered or dead. */
  readonly only?: 'delivered' | 'dead';
};

const rowsPerStatement = 1_000;

/**
 * Makes deliveries pending again, due at `now`, with the whole schedule before them and the same
 * bytes; attempts made so far are kept and numbered on. One that is pending already is only brought
 * forward, and by its id only. Answers how many deliveries that were.
 */
export function replay(
  db: Database,
  what: { readonly id: string } | ReplayRange,
  now: Date,
): Promise<number> {
  return 'id' in what ? replayOne(db, what.id, now) : replayRange(db, what, now);
}

/** An attempt that is under way keeps its lease, so that nothing is sent twice at once. */
async function replayOne(db: Database, id: string, now: Date): Promise<number> {
  const rows = await db.query(
    `update deliveries set status = 'pending', attempts = 0, next_at = $2, finished_at = null
     where id = $1
     returning id`,
    [id, now],
  );
  return rows.length;
}

/** In statements of bounded size: a month of deliveries must not be locked in one go. */
async function replayRange(db: Database, range: ReplayRange, now: Date): Promise<number> {
  let count = 0;
  const merchantId = range.merchantId ?? null;
  const only = range.only ?? null;
  for (let after = { at: range.from, id: nilId }; ;) {
    const rows = await db.query<{ id: string; at: Date; ended: boolean }>(
      `with page as materialized (
         select merchant_id, id, created_at,
                status <> 'pending' and ($6::text is null or status = $6) as ended
         from deliveries
         where created_at >= $1 and (created_at, id) > ($1, $2::uuid) and created_at < $3
           and ($4::uuid is null or merchant_id = $4)
         order by created_at, id
         limit $7
       ), again as (
         update deliveries d
         set status = 'pending', attempts = 0, next_at = $5, finished_at = null
         from page
         where page.ended and d.merchant_id = page.merchant_id and d.id = page.id
           and d.status <> 'pending'
       )
       select id, created_at as at, ended from page order by created_at, id`,
      [after.at, after.id, range.to, merchantId, now, only, rowsPerStatement],
    );
    count += rows.filter((row) => row.ended).length;
    const last = rows.at(-1);
    if (rows.length < rowsPerStatement || last === undefined) return count;
    after = last;
  }
}

/** Sorts before every id. */
const nilId = '00000000-0000-0000-0000-000000000000';
