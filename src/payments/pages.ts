// Pages: the keys of one page of payments, read from an index that has them in that order.

import type { Database } from '../db/database.ts';
import type { PaymentKey, Scope } from './rows.ts';
import type { Kind } from './tallies.ts';

/** What of a sorted list is wanted. */
export type Window = {
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
};

/** By creation, both inclusive; null: without end. */
type Span = { readonly from: Date | null; readonly to: Date | null };

const always: Span = { from: null, to: null };

/** A part of the index by state; null members are those of its kinds that are all wanted. */
type Stream = Pick<Kind, 'direction' | 'currency' | 'status' | 'touched' | 'referenced'> & {
  readonly paused: boolean | null;
  readonly cause: string | null;
};

/** Kinds that are wanted, among all there are. */
export type Wanted = { readonly kinds: readonly Kind[]; readonly all: readonly Kind[] };

/** Reading so many rows too many is quicker than planning to read no more than are needed. */
const MERGED_GLADLY = 2_000;

/** By creation: every kind is in that order in the index by state, and a few are merged. */
export async function keysByCreation(
  db: Database,
  scope: Scope,
  wanted: Wanted,
  window: Window,
  span: Span = always,
): Promise<PaymentKey[]> {
  const { descending, offset, limit } = window;
  const { parts, condition } = selectionOf(wanted);
  if (parts.length * (offset + limit) > MERGED_GLADLY) {
    return keysFarDown(db, scope, parts, window, span);
  }
  const order = descending ? 'desc' : 'asc';
  return db.query<PaymentKey>(
    `select $1::uuid as "merchantId", found.id from ${streams} cross join lateral (
       select p.id, p.created_at from payments p where ${condition} and ${inSpan}
        order by p.created_at ${order}, p.id ${order} limit $6::bigint + $7::bigint) as found
      order by found.created_at ${order}, found.id ${order} limit $6 offset $7`,
    [scope.merchantId, scope.mode, JSON.stringify(parts), span.from, span.to, limit, offset],
  );
}

/** One branch for each part, so that the database merges them row by row as far as it must. */
async function keysFarDown(
  db: Database,
  scope: Scope,
  parts: readonly Stream[],
  { descending, offset, limit }: Window,
  { from, to }: Span,
): Promise<PaymentKey[]> {
  const order = descending ? 'desc' : 'asc';
  const values: unknown[] = [scope.merchantId, scope.mode, limit, from, to, offset];
  const given = (value: string | boolean): string => `$${values.push(value)}`;
  const branches = parts.map((part) => {
    const { direction, currency, status, touched, referenced, paused, cause } = part;
    const conditions = [
      'p.merchant_id = $1 and p.mode = $2',
      `p.direction = ${given(direction)} and p.price_asset = ${given(currency)}`,
      `p.status = ${given(status)} and p.touched = ${given(touched)}`,
      `p.referenced = ${given(referenced)}`,
      inSpan,
    ];
    if (paused !== null) conditions.push(`p.paused = ${given(paused)}`);
    if (cause !== null) conditions.push(`coalesce(p.cause, 'none') = ${given(cause)}`);
    // Each in order by itself, though the whole is ordered once more: so they are merged.
    return `(select p.id, p.created_at from payments p where ${conditions.join(' and ')}
      order by p.created_at ${order}, p.id ${order} limit $3::bigint + $6::bigint)`;
  });
  return db.query<PaymentKey>(
    `select $1::uuid as "merchantId", found.id from (${branches.join(' union all ')}) as found
      order by found.created_at ${order}, found.id ${order} limit $3 offset $6`,
    values,
  );
}

/** How many there are in a span of time. */
export async function countBetween(
  db: Database,
  scope: Scope,
  wanted: Wanted,
  { from, to }: Span,
): Promise<number> {
  const selection = selectionOf(wanted);
  const [row] = await db.query<{ total: number }>(
    `select coalesce(sum(found.total), 0)::bigint as total from ${streams} cross join lateral (
       select count(*) as total from payments p
        where ${selection.condition} and ${inSpan}) as found`,
    [scope.merchantId, scope.mode, JSON.stringify(selection.parts), from, to],
  );
  return row?.total ?? 0;
}

/** What else payments are sorted by, each with an index of its own. */
type SortKey = 'updated_at' | 'amount' | 'reference';
const columns: Readonly<Record<SortKey, string>> = {
  updated_at: 'coalesce(p.updated_at, p.created_at)',
  amount: 'p.price_value',
  reference: 'p.merchant_reference collate "C"',
};

/**
 * By another key. Few among many are picked out by their kinds and sorted; otherwise the index of
 * the key is walked, and what is not wanted passed over. The way that reads fewer rows is taken.
 */
export async function keysBy(
  db: Database,
  scope: Scope,
  key: SortKey,
  wanted: Wanted,
  window: Window,
): Promise<PaymentKey[]> {
  const [found, among] = [countOf(wanted.kinds), countOf(wanted.all)];
  const walked = (window.offset + window.limit) * (among / found);
  if (found < walked) return keysBySorting(db, scope, key, wanted, window);
  if (key === 'updated_at') return keysByUpdate(db, scope, wanted, window);
  if (key === 'amount') return keysByAmount(db, scope, wanted, window);
  return keysByReference(db, scope, wanted, window);
}

/** Groups one after the other; their counts say which of them a window touches. */
export async function keysByGroups(
  groups: readonly (readonly Kind[])[],
  { descending, offset, limit }: Window,
  read: (kinds: readonly Kind[], window: Window) => Promise<PaymentKey[]>,
): Promise<PaymentKey[]> {
  const keys: PaymentKey[] = [];
  let start = 0;
  for (const kinds of descending ? groups.toReversed() : groups) {
    const end = start + countOf(kinds);
    const [first, last] = [Math.max(offset, start), Math.min(offset + limit, end)];
    if (first < last) {
      const part = { descending, offset: first - start, limit: last - first };
      keys.push(...(await read(kinds, part)));
    }
    start = end;
  }
  return keys;
}

export function countOf(kinds: readonly Kind[]): number {
  return kinds.reduce((sum, { payments }) => sum + payments, 0);
}

async function keysBySorting(
  db: Database,
  scope: Scope,
  key: SortKey,
  wanted: Wanted,
  { descending, offset, limit }: Window,
): Promise<PaymentKey[]> {
  const order = descending ? 'desc' : 'asc';
  const selection = selectionOf(wanted);
  return db.query<PaymentKey>(
    `select $1::uuid as "merchantId", p.id from ${streams}
       join payments p on ${selection.condition}
      order by ${columns[key]} ${order}, p.id ${order} limit $4 offset $5`,
    [scope.merchantId, scope.mode, JSON.stringify(selection.parts), limit, offset],
  );
}

/** Those without a reference come after all others, by their creation. */
async function keysByReference(
  db: Database,
  scope: Scope,
  { kinds, all }: Wanted,
  window: Window,
): Promise<PaymentKey[]> {
  const named = kinds.filter(({ referenced }) => referenced);
  const nameless = kinds.filter(({ referenced }) => !referenced);
  return keysByGroups([named, nameless], window, (group, part) =>
    group === nameless
      ? keysByCreation(db, scope, { kinds: nameless, all }, part)
      : keysByWalking(db, scope, { kinds: named, all }, part),
  );
}

async function keysByWalking(
  db: Database,
  scope: Scope,
  wanted: Wanted,
  { descending, offset, limit }: Window,
): Promise<PaymentKey[]> {
  const order = descending ? 'desc' : 'asc';
  return db.query<PaymentKey>(
    `select p.merchant_id as "merchantId", p.id from payments p
      where ${isNamed} and ($3::text[] is null or ${kindName} = any($3))
      order by ${columns.reference} ${order}, p.id ${order} limit $4 offset $5`,
    [scope.merchantId, scope.mode, namesOf(wanted), limit, offset],
  );
}

/** Those without a reference are in no index of amounts: all of them are sorted, if any. */
async function keysByAmount(
  db: Database,
  scope: Scope,
  { kinds, all }: Wanted,
  { descending, offset, limit }: Window,
): Promise<PaymentKey[]> {
  const order = descending ? 'desc' : 'asc';
  const nameless = kinds.filter(({ referenced }) => !referenced);
  const selection = selectionOf({ kinds: nameless, all });
  return db.query<PaymentKey>(
    `select $1::uuid as "merchantId", merged.id from (
       (select p.id, p.price_value from payments p
         where ${isNamed} and ($4::text[] is null or ${kindName} = any($4))
         order by p.price_value ${order}, p.id ${order} limit $5::bigint + $6::bigint)
       union all
       (select p.id, p.price_value from ${streams}
         join payments p on ${selection.condition}
         order by p.price_value ${order}, p.id ${order} limit $5::bigint + $6::bigint)
     ) as merged order by merged.price_value ${order}, merged.id ${order} limit $5 offset $6`,
    [
      scope.merchantId,
      scope.mode,
      JSON.stringify(selection.parts),
      namesOf({ kinds, all }),
      limit,
      offset,
    ],
  );
}

/**
 * What has been changed by its change, and merged with that, what has not by its creation. Those
 * that nobody has paid are many and seldom changed: their changes have an index of their own.
 */
async function keysByUpdate(
  db: Database,
  scope: Scope,
  { kinds, all }: Wanted,
  { descending, offset, limit }: Window,
): Promise<PaymentKey[]> {
  const order = descending ? 'desc' : 'asc';
  const isQuiet = ({ status, touched }: Kind): boolean => status === 'awaiting' && !touched;
  const [quiet, busy] = [kinds.filter(isQuiet), kinds.filter((kind) => !isQuiet(kind))];
  const selection = selectionOf({ kinds: quiet, all });
  const changed = `p.merchant_id = $1 and p.mode = $2 and p.updated_at is not null`;
  const first = `order by at ${order}, id ${order} limit $5::bigint + $6::bigint`;
  const isUnpaid = `p.status = 'awaiting' and not p.touched`;
  return db.query<PaymentKey>(
    `select $1::uuid as "merchantId", merged.id from (
       (select p.id, p.updated_at as at from payments p
         where ${changed} and ${busy.length === 0 ? 'false' : `not (${isUnpaid})`}
           and ($4::text[] is null or ${kindName} = any($4)) ${first})
       union all
       (select p.id, p.updated_at as at from payments p
         where ${changed} and ${quiet.length === 0 ? 'false' : isUnpaid}
           and ($4::text[] is null or ${kindName} = any($4)) ${first})
       union all
       (select found.id, found.at from ${streams} cross join lateral (
           select p.id, p.created_at as at from payments p
            where ${selection.condition} and p.updated_at is null ${first}) as found)
     ) as merged order by merged.at ${order}, merged.id ${order} limit $5 offset $6`,
    [
      scope.merchantId,
      scope.mode,
      JSON.stringify(selection.parts),
      namesOf({ kinds, all }),
      limit,
      offset,
    ],
  );
}

const streams = `json_to_recordset($3) as s (direction text, currency text, status text,
  touched boolean, referenced boolean, paused boolean, cause text)`;

// The index by state up to the time of creation. What tells its parts apart is in the row alone,
// and is asked for only where it matters: a page far from either end reads no rows before its own.
const inStream = `p.merchant_id = $1 and p.mode = $2 and p.direction = s.direction
  and p.price_asset = s.currency and p.status = s.status and p.touched = s.touched
  and p.referenced = s.referenced`;
const inPart = `(s.paused is null or p.paused = s.paused)
  and (s.cause is null or coalesce(p.cause, 'none') = s.cause)`;

const inSpan = `($4::timestamptz is null or p.created_at >= $4)
  and ($5::timestamptz is null or p.created_at <= $5)`;

const isNamed = `p.merchant_id = $1 and p.mode = $2 and p.referenced`;

const kindName = `concat_ws('/', p.direction, p.price_asset, p.status, p.touched,
  p.referenced, p.paused, coalesce(p.cause, 'none'))`;

/** Null: every kind there is, so that no row needs to be looked at for it. */
function namesOf({ kinds, all }: Wanted): string[] | null {
  return kinds.length === all.length ? null : kinds.map(nameOf);
}

function nameOf(kind: Kind): string {
  const { direction, currency, status, touched, referenced, paused, cause } = kind;
  const flags = [touched, referenced, paused].map((flag) => (flag ? 't' : 'f'));
  return [direction, currency, status, ...flags, cause].join('/');
}

/** The parts of the index that hold these kinds, and what their rows must be like. */
function selectionOf({ kinds, all }: Wanted): { parts: Stream[]; condition: string } {
  const found = new Map<string, Stream>();
  for (const kind of kinds) {
    const { direction, currency, status, touched, referenced, paused, cause } = kind;
    const alike = (one: Kind): boolean => stateOf(one) === stateOf(kind);
    const whole = kinds.filter(alike).length === all.filter(alike).length;
    const part = { direction, currency, status, touched, referenced };
    if (whole) found.set(stateOf(kind), { ...part, paused: null, cause: null });
    else found.set(nameOf(kind), { ...part, paused, cause });
  }
  const parts = [...found.values()];
  const isWhole = parts.every(({ paused, cause }) => paused === null && cause === null);
  const condition = isWhole ? inStream : `${inStream} and ${inPart}`;
  return { parts, condition };
}

function stateOf({ direction, currency, status, touched, referenced }: Kind): string {
  return [direction, currency, status, touched, referenced].join('/');
}
