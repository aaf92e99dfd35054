// Taking deliveries that are due: which URLs have any, a few of each on a lease, and back again.
//
// How many rows are pending changes faster than the planner's statistics. So none of these
// statements is a prepared one: a plan made while the table was small would read all of it when it
// is large. And where rows are found by payment, `url || ''` and `status || ''` keep the index
// of pending rows out of it, which the planner takes for small if it was small a minute ago.

import type { Tx } from '../db/database.ts';
import type { KeptHeaders } from './sealed-headers.ts';

/** A delivery that is ours until `leasedUntil`; `lease` is the token its completion must show. */
export type Claimed = {
  readonly merchantId: string;
  readonly id: string;
  readonly paymentId: string;
  readonly dialect: string;
  readonly url: string;
  readonly headers: KeptHeaders;
  readonly body: string;
  /** Attempts made of the present budget. */
  readonly attempts: number;
  readonly createdAt: Date;
  /** Never tried and never made to wait: how old it is now is how long we took to notice it. */
  readonly fresh: boolean;
  readonly lease: string;
  readonly leasedUntil: Date;
};

export type WaitingUrl = {
  readonly url: string;
  readonly nextAt: Date;
  /** Its first delivery was tried before and failed. */
  readonly failing: boolean;
};

/**
 * Each URL with something to send, and when its first delivery is due. One index probe per URL,
 * however many rows wait behind it: a dead receiver with 100,000 of them costs what a healthy one
 * costs. Starts after `after`, so that a long list can be read in pages.
 */
export function waitingUrls(
  db: Tx,
  options: { now: Date; after: string; limit: number },
): Promise<WaitingUrl[]> {
  return db.query<WaitingUrl>(
    `with recursive waiting as (
       (select url, next_at, attempts from deliveries
        where status = 'pending' and url > $2 and (leased_until is null or leased_until <= $1)
        order by url, next_at limit 1)
       union all
       select further.url, further.next_at, further.attempts
       from waiting cross join lateral (
         select d.url, d.next_at, d.attempts from deliveries d
         where d.status = 'pending' and d.url > waiting.url
           and (d.leased_until is null or d.leased_until <= $1)
         order by d.url, d.next_at limit 1) further
     )
     select url, next_at as "nextAt", attempts > 0 as failing from waiting limit $3`,
    [options.now, options.after, options.limit],
  );
}

/** At most this many deliveries are leased by one claim. */
export const maxPerClaim = 512;

type Wanted = { readonly url: string; readonly room: number };

export type Claim = {
  readonly claimed: readonly Claimed[];
  /** How many due rows each URL yielded, including those that wait for an earlier event. */
  readonly found: ReadonlyMap<string, number>;
};

/**
 * Leases up to `room` due deliveries of each URL. A delivery waits while an earlier event of the
 * same payment and URL is pending; a waiting one is moved to when its turn may come, so that the
 * next claim does not stumble over it again. Row locks are skipped, never waited for: several
 * processes may claim at once.
 */
export async function claim(
  db: Tx,
  wanted: readonly Wanted[],
  options: { now: Date; leasedUntil: Date },
): Promise<Claim> {
  const rows = await db.query<ClaimRow>(
    `with candidate as materialized (
       select due.*, exists (
         select from deliveries earlier
         where earlier.merchant_id = due.merchant_id and earlier.payment_id = due.payment_id
           and earlier.event_seq < due.event_seq
           and earlier.url || '' = due.url and earlier.status || '' = 'pending') as blocked
       from unnest($3::text[], $4::int[]) as wanted (url, room)
       cross join lateral (
         select d.merchant_id, d.id, d.payment_id, d.event_seq, d.url
         from deliveries d
         where d.status = 'pending' and d.url = wanted.url and d.next_at <= $1
           and (d.leased_until is null or d.leased_until <= $1)
         order by d.next_at, d.id
         limit wanted.room
         for no key update skip locked) due
       -- Written out, so that the planner knows how few they are.
       limit ${maxPerClaim}
     ), leased as (
       update deliveries d set lease = gen_random_uuid(), leased_until = $2
       from candidate c
       where not c.blocked and d.merchant_id = c.merchant_id and d.id = c.id
       returning d.merchant_id, d.id, d.url, false as blocked, d.payment_id, d.dialect,
         d.headers, d.body, d.attempts, d.created_at, d.next_at, d.lease, d.leased_until
     )
     select * from leased
     union all
     select merchant_id, id, url, true, null, null, null, null, null, null, null, null, null
     from candidate where blocked
     order by next_at, id`,
    [options.now, options.leasedUntil, wanted.map((one) => one.url), wanted.map((one) => one.room)],
  );
  const blocked = rows.filter((row) => row.blocked);
  if (blocked.length > 0) await park(db, blocked);
  const found = new Map<string, number>();
  for (const row of rows) found.set(row.url, (found.get(row.url) ?? 0) + 1);
  return { claimed: rows.filter((row) => !row.blocked).map(toClaimed), found };
}

/** Undoes leases under which nothing was sent, so that the next claim finds the rows at once. */
export async function giveBack(db: Tx, rows: readonly Claimed[]): Promise<void> {
  if (rows.length === 0) return;
  await db.query(
    `update deliveries d set lease = null, leased_until = null
     from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as held (merchant_id, id, lease)
     where d.merchant_id = held.merchant_id and d.id = held.id and d.lease = held.lease`,
    [rows.map((row) => row.merchantId), rows.map((row) => row.id), rows.map((row) => row.lease)],
  );
}

/** For a process that knows it is the only one: leases of its own earlier life hold nobody up. */
export async function releaseAll(db: Tx): Promise<void> {
  await db.query(
    `update deliveries set lease = null, leased_until = null
      where status = 'pending' and lease is not null`,
  );
}

/**
 * Moves deliveries behind the earlier one they wait for. That one is locked meanwhile: either its
 * completion came before, then nothing is moved, or it comes after, and moves them forward again.
 */
async function park(db: Tx, rows: readonly ClaimRow[]): Promise<void> {
  await db.query(
    `with ahead as materialized (
       select waiting.merchant_id, waiting.id, first.until
       from unnest($1::uuid[], $2::uuid[]) as waiting (merchant_id, id)
       join deliveries d on d.merchant_id = waiting.merchant_id and d.id = waiting.id
       cross join lateral (
         select greatest(earlier.next_at, earlier.leased_until) as until
         from deliveries earlier
         where earlier.merchant_id = d.merchant_id and earlier.payment_id = d.payment_id
           and earlier.event_seq < d.event_seq
           and earlier.url || '' = d.url and earlier.status || '' = 'pending'
         order by earlier.event_seq limit 1
         for share skip locked) first
     )
     update deliveries d set next_at = ahead.until
     from ahead
     where d.merchant_id = ahead.merchant_id and d.id = ahead.id
       and d.status = 'pending' and d.next_at < ahead.until`,
    [rows.map((row) => row.merchant_id), rows.map((row) => row.id)],
  );
}

type ClaimRow = {
  readonly merchant_id: string;
  readonly id: string;
  readonly url: string;
  readonly payment_id: string;
  readonly blocked: boolean;
  readonly dialect: string;
  readonly headers: KeptHeaders;
  readonly body: string;
  readonly attempts: number;
  readonly created_at: Date;
  readonly next_at: Date;
  readonly lease: string;
  readonly leased_until: Date;
};

function toClaimed(row: ClaimRow): Claimed {
  return {
    merchantId: row.merchant_id,
    id: row.id,
    paymentId: row.payment_id,
    dialect: row.dialect,
    url: row.url,
    headers: row.headers,
    body: row.body,
    attempts: row.attempts,
    createdAt: row.created_at,
    fresh: row.next_at.getTime() === row.created_at.getTime(),
    lease: row.lease,
    leasedUntil: row.leased_until,
  };
}
