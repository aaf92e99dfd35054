// Writing down how attempts ended: many in one transaction, and each only while its lease holds.
// Of how the statements are written, see `claims.ts`.

import type { Database, Tx } from '../db/database.ts';
import type { Claimed } from './claims.ts';
import type { Verdict } from './schedules.ts';

export type Completion = {
  readonly delivery: Claimed;
  readonly verdict: Verdict;
  readonly startedAt: Date;
  readonly endedAt: Date;
};

/**
 * `lost`: the lease had run out and somebody else took the delivery over; then nothing is written,
 * not even the attempt. `released`: written, and a later event of its payment is due now.
 */
export type Written = 'written' | 'released' | 'lost';

export function complete(db: Database, completions: readonly Completion[]): Promise<Written[]> {
  return db.transaction(async (tx) => {
    const written = await write(tx, completions);
    const ids = new Set(written.map((row) => row.id));
    const finished = written.filter((row) => row.finished).map((row) => row.id);
    // A second statement, because it must see what was parked until the first one had its locks.
    const released = new Set(await release(tx, completions, new Set(finished)));
    return completions.map(({ delivery }) => {
      if (released.has(delivery.id)) return 'released';
      return ids.has(delivery.id) ? 'written' : 'lost';
    });
  });
}

function write(
  tx: Tx,
  completions: readonly Completion[],
): Promise<{ id: string; finished: boolean }[]> {
  return tx.query(
    `with ended as materialized (
       select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[],
         $6::timestamptz[], $7::timestamptz[], $8::int[], $9::text[], $10::int[], $11::text[])
       as ended (merchant_id, id, lease, status, next_at, started_at, ended_at, duration_ms,
         outcome, http_status, answer)
     ), held as materialized (
       -- Locked in key order, so that two batches can never wait for each other.
       select mine.merchant_id, mine.id
       from (select merchant_id, id, lease from ended order by merchant_id, id) e
       cross join lateral (
         select d.merchant_id, d.id from deliveries d
         where d.merchant_id = e.merchant_id and d.id = e.id and d.lease = e.lease
         limit 1
         for no key update) mine
     ), changed as (
       update deliveries d
       set status = e.status, attempts = d.attempts + 1, next_at = coalesce(e.next_at, d.next_at),
           lease = null, leased_until = null,
           finished_at = case when e.status = 'pending' then null else e.ended_at end
       from held h join ended e on e.merchant_id = h.merchant_id and e.id = h.id
       where d.merchant_id = h.merchant_id and d.id = h.id
       returning d.merchant_id, d.id, d.status
     ), kept as (
       -- Numbered on from what was kept, since a replay starts the budget again.
       insert into delivery_attempts
         (merchant_id, delivery_id, attempt, at, duration_ms, outcome, http_status, answer)
       select e.merchant_id, e.id,
              coalesce((select max(a.attempt) from delivery_attempts a
                        where a.merchant_id = e.merchant_id and a.delivery_id = e.id), 0) + 1,
              e.started_at, e.duration_ms, e.outcome, e.http_status, e.answer
       from changed c join ended e on e.merchant_id = c.merchant_id and e.id = c.id
     )
     select id, status <> 'pending' as finished from changed`,
    [
      completions.map((one) => one.delivery.merchantId),
      completions.map((one) => one.delivery.id),
      completions.map((one) => one.delivery.lease),
      completions.map((one) => one.verdict.status),
      completions.map((one) => one.verdict.nextAt),
      completions.map((one) => one.startedAt),
      completions.map((one) => one.endedAt),
      completions.map((one) => Math.max(0, one.endedAt.getTime() - one.startedAt.getTime())),
      completions.map((one) => one.verdict.outcome),
      completions.map((one) => one.verdict.httpStatus),
      completions.map((one) => one.verdict.answer),
    ],
  );
}

/** Whatever waited for a finished delivery of the same payment and URL is due now. */
async function release(
  tx: Tx,
  completions: readonly Completion[],
  finished: ReadonlySet<string>,
): Promise<string[]> {
  if (finished.size === 0) return [];
  const done = completions.filter((one) => finished.has(one.delivery.id));
  const rows = await tx.query<{ id: string }>(
    `with waiting as materialized (
       select behind.merchant_id, behind.id, done.at, done.id as done_id
       from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::uuid[])
         as done (merchant_id, payment_id, url, at, id)
       cross join lateral (
         select d.merchant_id, d.id from deliveries d
         where d.merchant_id = done.merchant_id and d.payment_id = done.payment_id
           and d.url || '' = done.url and d.status || '' = 'pending'
           -- One that was tried itself keeps to its own schedule.
           and d.attempts = 0
         offset 0) behind
     )
     update deliveries d set next_at = waiting.at
     from waiting
     where d.merchant_id = waiting.merchant_id and d.id = waiting.id and d.next_at > waiting.at
     returning waiting.done_id as id`,
    [
      done.map((one) => one.delivery.merchantId),
      done.map((one) => one.delivery.paymentId),
      done.map((one) => one.delivery.url),
      done.map((one) => one.endedAt),
      done.map((one) => one.delivery.id),
    ],
  );
  return rows.map((row) => row.id);
}
