// The rows of leases: each is written with the counters of its requisite and its trader's deposit.

import { type RowOf, defineColumns } from '../db/columns.ts';
import { type Tx, send } from '../db/database.ts';
import { post } from '../ledger/post.ts';
import type { Amount } from '../money/amount.ts';
import type { Candidate } from './candidates.ts';
import { type Held, moveHeld } from './collateral.ts';
import { type Room, type Standing, nextTurn, roomOf } from './limits.ts';
import type { LeaseRequest, Placement } from './placing.ts';

/** A lease as it is told to the payer. */
export type LeasedRequisite = {
  readonly requisiteId: string;
  readonly traderId: string | null;
  readonly amount: Amount;
  readonly lastFour: string;
  readonly sealed: Buffer;
};

/** A requisite after what was done to it; null for what stays as it is. */
export type RequisiteAfter = {
  readonly merchantId: string;
  readonly id: string;
  readonly standing: Standing;
  /** Null: it was not leased now and keeps its place in the line. */
  readonly leasedAt: Date | null;
  /** Null: not before something else changes. */
  readonly turnAt: Date | null;
  readonly room: Room;
};

/** By reference: what earlier requests were given, whatever has become of it since. */
export async function findLeases(
  tx: Tx,
  wanted: readonly Pick<LeaseRequest, 'merchantId' | 'reference'>[],
): Promise<Map<string, LeasedRequisite>> {
  const rows = await tx.query<LeasedRow>(
    `select lease.id, lease.requisite_id, lease.trader_id, lease.asset, lease.units,
            requisite.last_four, requisite.details
       from unnest($1::uuid[], $2::uuid[]) as wanted (merchant_id, id)
       join leases lease using (merchant_id, id)
       join requisites requisite on requisite.merchant_id = lease.merchant_id
         and requisite.id = lease.requisite_id`,
    [wanted.map((one) => one.merchantId), wanted.map((one) => one.reference)],
    'desk-find-leases',
  );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        requisiteId: row.requisite_id,
        traderId: row.trader_id,
        amount: { units: BigInt(row.units), asset: row.asset },
        lastFour: row.last_four,
        sealed: row.details,
      },
    ]),
  );
}

type LeasedRow = {
  readonly id: string;
  readonly requisite_id: string;
  readonly trader_id: string | null;
  readonly asset: string;
  readonly units: string;
  readonly last_four: string;
  readonly details: Buffer;
};

/** Leases, counters and requisites by one statement; what traders owe by the ledger. */
export async function writeLeases(
  tx: Tx,
  placed: readonly Placement[],
  held: readonly Candidate[],
  now: Date,
): Promise<void> {
  const served = new Set(placed.map(({ candidate }) => candidate.id));
  const after = held.flatMap((one) => afterHolding(one, served.has(one.id), now));
  if (placed.length === 0 && after.length === 0) return;
  const pledged = placed.map((one) => ({ ...one, ...pledge(one) }));
  await send(tx, {
    text: writeStatement,
    values: [now, ...leases.valuesOf(pledged.map(leaseRow)), ...requisiteValues(after)],
    name: 'desk-write-leases',
  });
  await post(
    tx,
    pledged.flatMap((one) => one.transfers),
    now,
  );
}

/** Empty for one that was held in vain and stands where it stood. */
function afterHolding(candidate: Candidate, leased: boolean, now: Date): RequisiteAfter[] {
  const { merchantId, id, standing, room: before } = candidate;
  const turnAt = nextTurn(standing, now);
  const room = roomOf(standing, now);
  const isReady = turnAt !== null && turnAt <= now;
  const isNews = room.units !== before.units || before.until === null || before.until <= now;
  if (!leased && isReady && !isNews) return [];
  const leasedAt = leased ? now : null;
  return [{ merchantId, id, standing, leasedAt, turnAt, room }];
}

const requisites = defineColumns({
  merchant_id: 'uuid',
  id: 'uuid',
  open_count: 'int4',
  counted_day: 'date',
  used_day_units: 'numeric',
  used_day_count: 'int4',
  used_month_units: 'numeric',
  used_month_count: 'int4',
  leased_at: 'timestamptz',
  turn_at: 'timestamptz',
  room_units: 'numeric',
  room_until: 'timestamptz',
});

/** The end of a `with`: brings the rows of requisites to what the `requisiteValues` say. */
export function requisitesStatement(firstParameter: number): string {
  return `update requisites r
    set open_count = new.open_count,
        counted_day = new.counted_day,
        used_day_units = new.used_day_units,
        used_day_count = new.used_day_count,
        used_month_units = new.used_month_units,
        used_month_count = new.used_month_count,
        leased_at = coalesce(new.leased_at, r.leased_at),
        turn_at = new.turn_at,
        room_units = new.room_units,
        room_until = new.room_until,
        turn = case when new.leased_at is null then r.turn else nextval('requisite_turns') end
   from (${requisites.select(firstParameter)}) as new
  where r.merchant_id = new.merchant_id and r.id = new.id`;
}

export function requisiteValues(after: readonly RequisiteAfter[]): Buffer[] {
  return requisites.valuesOf(after.map(requisiteRow));
}

function requisiteRow(after: RequisiteAfter): RowOf<typeof requisites> {
  const { merchantId, id, standing, leasedAt, turnAt, room } = after;
  const { local, day, month } = standing;
  return {
    merchant_id: merchantId,
    id,
    open_count: standing.openCount,
    counted_day: local.day,
    used_day_units: day.units.toString(),
    used_day_count: day.operations,
    used_month_units: month.units.toString(),
    used_month_count: month.operations,
    leased_at: leasedAt,
    turn_at: turnAt ?? 'infinity',
    room_units: room.units?.toString(),
    room_until: room.until,
  };
}

const leases = defineColumns({
  merchant_id: 'uuid',
  id: 'uuid',
  requisite_id: 'uuid',
  payment_id: 'uuid',
  mode: 'text',
  trader_id: 'uuid',
  asset: 'text',
  asked_units: 'numeric',
  units: 'numeric',
  apart: 'boolean',
  reserved_units: 'numeric',
  postings: 'int4',
  day: 'date',
});

const writeStatement = `
with made as (
  insert into leases (merchant_id, id, requisite_id, payment_id, mode, trader_id, asset,
    asked_units, units, apart, reserved_units, postings, day, leased_at)
  select merchant_id, id, requisite_id, payment_id, mode, trader_id, asset,
         asked_units, units, apart, reserved_units, postings, day, $1
    from (${leases.select(2)}) as lease
) ${requisitesStatement(2 + leases.count)}`;

const nothing: Held = { reservedUnits: 0n, takenUnits: 0n };

/** What the trader's deposit has was looked at under lock when the lease was placed. */
function pledge({ request, candidate, units }: Placement) {
  const { traderId, merchantId, mode, currency } = candidate;
  if (traderId === null) return { held: nothing, transfers: [] };
  const { reference: leaseId, paymentId } = request;
  const own = { merchantId, leaseId, paymentId, mode, currency, traderId, postings: 0 };
  return moveHeld(own, nothing, { reservedUnits: units, takenUnits: 0n }, units);
}

function leaseRow({
  request,
  candidate,
  units,
  held,
  transfers,
}: Placement & ReturnType<typeof pledge>): RowOf<typeof leases> {
  return {
    merchant_id: candidate.merchantId,
    id: request.reference,
    requisite_id: candidate.id,
    payment_id: request.paymentId,
    mode: candidate.mode,
    trader_id: candidate.traderId,
    asset: candidate.currency,
    asked_units: request.amount.units.toString(),
    units: units.toString(),
    apart: candidate.unique.mode !== 'none',
    reserved_units: held.reservedUnits.toString(),
    postings: transfers.length,
    day: candidate.standing.local.day,
  };
}
