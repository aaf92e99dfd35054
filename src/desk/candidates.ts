// Candidates: the requisites that may serve, taken in fair order, with all that their limits need.

import type { Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import { keyOf } from '../ledger/lock.ts';
import { depositOf } from './collateral.ts';
import type { RequisiteKind, Way } from './requisite-number.ts';
import type { Limits, Standing } from './limits.ts';
import type { UniqueMode } from './unique.ts';
import { type UsageRow, countedOn, unused, usageColumns } from './usage.ts';
import { type LocalTime, localTime } from './zone.ts';
import type { Schedule } from './schedule.ts';

/** Requests that any one requisite of these could serve. */
export type Pool = {
  readonly merchantId: string;
  readonly mode: Mode;
  readonly way: Way;
  readonly currency: string;
};

/** A requisite on the table. What is not `readonly` changes as leases are given. */
export type Candidate = {
  readonly merchantId: string;
  readonly id: string;
  readonly mode: Mode;
  readonly traderId: string | null;
  /** By `keyOf` the ledger account of the trader's deposit; null at the merchant's own desk. */
  readonly depositKey: string | null;
  readonly kind: RequisiteKind;
  readonly currency: string;
  readonly details: Buffer;
  readonly lastFour: string;
  readonly unique: { readonly mode: UniqueMode; readonly bound: number };
  standing: Standing;
  /** What its row says: true until then, or not at all. */
  readonly room: { readonly units: bigint | null; readonly until: Date | null };
  /** Amounts that are open on it, as far as they must be told apart. */
  readonly openUnits: Set<bigint>;
};

/** A pool with the amounts to be placed there, and how many requisites to take for them. */
export type Search = Pool & { readonly units: readonly bigint[]; readonly count: number };

/** More than these are not looked through one by one when the first did not fit. */
const MAX_LOOKED = 1_000;

const columns = `r.merchant_id, r.id, r.mode, r.trader_id, r.kind, r.currency, r.details,
  r.last_four, r.active, r.min_units, r.max_units, r.day_units, r.day_count, r.month_units,
  r.month_count, r.open_limit, r.cool_down_seconds, r.schedule, r.time_zone, r.open_count,
  r.leased_at, r.unique_amounts, r.unique_bound, r.turn_at, r.turn, r.room_units, r.room_until,
  ${usageColumns}`;

// What its row says of a requisite without a look at its counters.
const promising = `r.active and exists (
  select from unnest(pool.amounts) as amount
   where (r.min_units is null or amount >= r.min_units)
     and (r.max_units is null or amount <= r.max_units)
     and (r.room_units is null or r.room_until <= $2 or amount <= r.room_units))`;

const pools = `json_to_recordset($1) as pool (merchant_id uuid, mode text, way text, currency text,
  amounts numeric[], wanted int)`;
const inPool = `r.merchant_id = pool.merchant_id and r.mode = pool.mode and r.way = pool.way
  and r.currency = pool.currency`;

// What belongs to a requisite but stands elsewhere; it is only read, so nothing waits for it.
const decided = `picked.*, trader.active as trader_active,
  desk.unique_amounts as desk_amounts, desk.unique_bound as desk_bound`;
const beside = `
  left join desks desk on desk.merchant_id = picked.merchant_id and desk.mode = picked.mode
  left join users trader on trader.id = picked.trader_id`;

/** Takes requisites that nobody else holds now: those first whose last lease is longest ago. */
export async function takeFree(
  tx: Tx,
  searches: readonly Search[],
  except: readonly Pick<Candidate, 'id'>[],
  now: Date,
): Promise<Candidate[]> {
  const rows = await tx.query<CandidateRow>(
    `select ${decided} from ${pools} cross join lateral (
        select ${columns} from requisites r
         where ${inPool} and r.turn_at <= $2 and r.id <> all($3::uuid[]) and ${promising}
         order by r.turn_at, r.turn limit pool.wanted
           for update of r skip locked) as picked ${beside}
      order by picked.turn_at, picked.turn`,
    [jsonOf(searches), now, except.map((one) => one.id)],
    'desk-take-free',
  );
  return candidatesOf(rows, now);
}

/** Takes exactly these, however long others hold them; in one order, so that nobody deadlocks. */
export async function takeThese(
  tx: Tx,
  wanted: readonly Pick<Candidate, 'merchantId' | 'id'>[],
  now: Date,
): Promise<Candidate[]> {
  const rows = await tx.query<CandidateRow>(
    `with picked as materialized (
       select ${columns} from unnest($1::uuid[], $2::uuid[]) as wanted (merchant_id, id)
         join requisites r using (merchant_id, id)
        order by r.merchant_id, r.id for update of r)
     select ${decided} from picked ${beside} order by picked.turn_at, picked.turn`,
    [wanted.map((one) => one.merchantId), wanted.map((one) => one.id)],
    'desk-take-these',
  );
  return candidatesOf(rows, now);
}

/** The pools as they stood a moment ago, inactive ones too; nothing is taken. */
export async function lookThrough(
  tx: Tx,
  searches: readonly Search[],
  now: Date,
): Promise<Candidate[]> {
  const rows = await tx.query<CandidateRow>(
    `select ${decided} from ${pools} cross join lateral (
        select ${columns}, (${promising}) as promising from requisites r where ${inPool}
         order by promising desc, r.turn_at, r.turn limit $3) as picked ${beside}
      order by picked.promising desc, picked.turn_at, picked.turn`,
    [jsonOf(searches), now, MAX_LOOKED],
  );
  return candidatesOf(rows, now);
}

function jsonOf(searches: readonly Search[]): string {
  return JSON.stringify(
    searches.map(({ merchantId, mode, way, currency, units, count }) => ({
      merchant_id: merchantId,
      mode,
      way,
      currency,
      amounts: [...new Set(units)].map(String),
      wanted: count,
    })),
  );
}

function candidatesOf(rows: readonly CandidateRow[], now: Date): Candidate[] {
  const zones = new Map<string, LocalTime>();
  for (const { time_zone: zone } of rows) {
    if (!zones.has(zone)) zones.set(zone, localTime(zone, now));
  }
  return rows.map((row) => candidateOf(row, zones.get(row.time_zone) as LocalTime));
}

/**
 * What is open on those that tell amounts apart, read after they were taken: an earlier statement
 * may have seen what was open before another transaction. Looked for by the requisite alone, of
 * which there is one in the world: by its merchant the planner would read all of a desk's.
 */
export async function readOpenAmounts(tx: Tx, found: readonly Candidate[]): Promise<void> {
  const apart = new Map(
    found.filter(({ unique }) => unique.mode !== 'none').map((one) => [one.id, one]),
  );
  if (apart.size === 0) return;
  // A sub-select says nothing of the array's length, with which it would be planned each time.
  const rows = await tx.query<{ readonly requisite_id: string; readonly units: string }>(
    `select requisite_id, units from leases
      where requisite_id = any((select $1::uuid[])::uuid[]) and status = 'open'`,
    [[...apart.keys()]],
    'desk-open-amounts',
  );
  for (const { requisite_id: id, units } of rows) apart.get(id)?.openUnits.add(BigInt(units));
}

/** What every reader of requisites looks at. */
export type RequisiteRow = {
  readonly merchant_id: string;
  readonly id: string;
  readonly mode: Mode;
  readonly trader_id: string | null;
  readonly kind: RequisiteKind;
  readonly currency: string;
  readonly last_four: string;
  readonly active: boolean;
  readonly open_count: number;
  readonly leased_at: Date | null;
  readonly unique_amounts: UniqueMode | null;
  readonly unique_bound: number | null;
} & LimitRow &
  UsageRow;

type CandidateRow = RequisiteRow & {
  readonly details: Buffer;
  readonly trader_active: boolean | null;
  readonly desk_amounts: UniqueMode | null;
  readonly desk_bound: number | null;
  readonly room_units: string | null;
  readonly room_until: Date | null;
};

/** The columns that hold limits. */
export type LimitRow = {
  readonly min_units: string | null;
  readonly max_units: string | null;
  readonly day_units: string | null;
  readonly day_count: number | null;
  readonly month_units: string | null;
  readonly month_count: number | null;
  readonly open_limit: number | null;
  readonly cool_down_seconds: number;
  readonly schedule: Schedule;
  readonly time_zone: string;
};

export function limitsOf(row: LimitRow): Limits {
  return {
    minUnits: unitsOf(row.min_units),
    maxUnits: unitsOf(row.max_units),
    dayUnits: unitsOf(row.day_units),
    dayCount: row.day_count,
    monthUnits: unitsOf(row.month_units),
    monthCount: row.month_count,
    openLimit: row.open_limit,
    coolDownSeconds: row.cool_down_seconds,
    schedule: row.schedule,
    timeZone: row.time_zone,
  };
}

function unitsOf(text: string | null): bigint | null {
  return text === null ? null : BigInt(text);
}

function candidateOf(row: CandidateRow, local: LocalTime): Candidate {
  const { merchant_id: merchantId, trader_id: traderId, mode, currency } = row;
  const deposit = traderId === null ? null : depositOf({ mode, currency, traderId });
  const counted = countedOn(row, local.day);
  return {
    merchantId,
    id: row.id,
    mode,
    traderId,
    depositKey: deposit && keyOf(merchantId, deposit),
    kind: row.kind,
    currency,
    details: row.details,
    lastFour: row.last_four,
    unique: {
      mode: row.unique_amounts ?? row.desk_amounts ?? 'none',
      bound: row.unique_bound ?? row.desk_bound ?? 0,
    },
    standing: {
      limits: limitsOf(row),
      // Somebody who is shut out receives nothing either.
      active: row.active && (row.trader_active ?? true),
      local: { ...local, day: counted.on },
      openCount: row.open_count,
      leasedAt: row.leased_at,
      day: counted.day,
      month: counted.month,
      depositUnits: null,
      asked: unused,
    },
    room: { units: unitsOf(row.room_units), until: row.room_until },
    openUnits: new Set(),
  };
}
