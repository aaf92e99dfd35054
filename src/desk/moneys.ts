// The rows of money that came in for leases: one for each, with those who say so.

import type { Mode } from '../db/mode.ts';
import type { Tx } from '../db/database.ts';
import type { Owner } from './person.ts';

/** Who can say that money came in; each says it once of one money. */
export type Source = 'word' | 'statement' | 'message';

export type LeaseMoney = {
  readonly id: string;
  readonly units: bigint;
  readonly at: Date;
  readonly sources: readonly Source[];
  /** What the person who confirmed it calls it. */
  readonly saidReference: string | null;
};

/** A lease as matching and confirming see it, with what has come in for it. */
export type PaidLease = Owner & {
  readonly id: string;
  readonly paymentId: string;
  readonly requisiteId: string;
  readonly currency: string;
  readonly units: bigint;
  /** As its payment has told it: with what came by other ways than the desk's, in test mode. */
  readonly receivedUnits: bigint;
  readonly status: 'open' | 'closed';
  /** Of the account or card; null of a phone or wallet: banks print the account behind it. */
  readonly lastFour: string | null;
  readonly leasedAt: Date;
  readonly closedAt: Date | null;
  /** The payment's, which its payer may have been told to write. */
  readonly reference: string;
  readonly payerName: string | null;
  readonly moneys: readonly LeaseMoney[];
  /** Who spoke of money that was taken back: only people believe them again. */
  readonly doubted: readonly Source[];
};

/** Until then after it was closed, money may still come for a lease by itself. */
const CLOSED_FOR_MS = 3 * 24 * 3_600_000;
const MAX_LEASES = 20_000;

/**
 * One who says something about an owner's money at a time: what they look at together must not
 * change between the look and the word. Payments are locked after this, never before it.
 */
export async function holdDesk(tx: Tx, { merchantId, mode, traderId }: Owner): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [
    DESK_LOCKS,
    `${merchantId} ${mode} ${traderId ?? ''}`,
  ]);
}

/** First half of the two-part advisory locks of desks. */
const DESK_LOCKS = 0x6465736b;

const leaseColumns = `lease.merchant_id, lease.id, lease.mode, lease.trader_id, lease.payment_id,
  lease.requisite_id, lease.asset, lease.units, lease.received_units, lease.status,
  lease.leased_at, lease.closed_at,
  case when requisite.kind not in ('phone', 'wallet') then requisite.last_four end as last_four,
  payment.reference, payment.payer::json ->> 'name' as payer_name`;
const leaseTables = `leases lease
  join requisites requisite on requisite.merchant_id = lease.merchant_id
    and requisite.id = lease.requisite_id
  join payments payment on payment.merchant_id = lease.merchant_id
    and payment.id = lease.payment_id`;

/** Null for an unknown one. */
export async function readLease(
  tx: Tx,
  key: { readonly merchantId: string; readonly id: string },
): Promise<PaidLease | null> {
  const rows = await tx.query<LeaseRow>(
    `select ${leaseColumns} from ${leaseTables} where lease.merchant_id = $1 and lease.id = $2`,
    [key.merchantId, key.id],
    'desk-paid-lease',
  );
  const [lease] = await withMoneys(tx, rows);
  return lease ?? null;
}

/**
 * Those on these requisites that are open, or were so a short while ago; with `units` only those of
 * such amounts. Null where there are too many to look at together: who is left out may be the very
 * one, so that nobody may be sure of another.
 */
export async function readMatchable(
  tx: Tx,
  { merchantId }: Owner,
  { requisites, units }: { requisites: readonly string[]; units: readonly bigint[] | null },
  now: Date,
): Promise<PaidLease[] | null> {
  const since = new Date(now.getTime() - CLOSED_FOR_MS);
  const rows = await tx.query<LeaseRow>(
    `select ${leaseColumns} from (
       select merchant_id, id from leases
        where status = 'open' and requisite_id = any($2::uuid[])
          and ($4::numeric[] is null or units = any($4))
       union all
       select merchant_id, id from leases
        where status = 'closed' and requisite_id = any($2::uuid[]) and closed_at >= $3
          and ($4::numeric[] is null or units = any($4))
       limit $5) found
       join ${leaseTables}
         on lease.merchant_id = found.merchant_id and lease.id = found.id
      where lease.merchant_id = $1`,
    [merchantId, requisites, since, units?.map(String) ?? null, MAX_LEASES + 1],
  );
  return rows.length > MAX_LEASES ? null : withMoneys(tx, rows);
}

export function sumOf(moneys: readonly LeaseMoney[]): bigint {
  return moneys.reduce((sum, { units }) => sum + units, 0n);
}

/** Who said it of which money. */
export type Witness =
  | {
      readonly source: 'word';
      readonly userId: string | null;
      readonly at: Date;
      readonly reference: string | null;
    }
  | { readonly source: 'statement' | 'message'; readonly incomingId: string };

export async function insertMoney(
  tx: Tx,
  money: {
    readonly lease: PaidLease;
    readonly id: string;
    readonly units: bigint;
    readonly at: Date;
    readonly witness: Witness;
  },
  now: Date,
): Promise<void> {
  const { lease, id, units, at, witness } = money;
  await tx.query(
    `insert into lease_moneys (merchant_id, lease_id, id, units, at, said_by, said_at,
       said_reference, entry_id, message_id, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [lease.merchantId, lease.id, id, units.toString(), at, ...witnessValues(witness), now],
  );
}

/** The same money, said by one more. */
export async function attachWitness(
  tx: Tx,
  lease: PaidLease,
  moneyId: string,
  witness: Witness,
): Promise<void> {
  await tx.query(
    `update lease_moneys
        set said_by = coalesce(said_by, $4), said_at = coalesce(said_at, $5),
            said_reference = coalesce(said_reference, $6), entry_id = coalesce(entry_id, $7),
            message_id = coalesce(message_id, $8)
      where merchant_id = $1 and lease_id = $2 and id = $3`,
    [lease.merchantId, lease.id, moneyId, ...witnessValues(witness)],
  );
}

function witnessValues(witness: Witness): unknown[] {
  if (witness.source === 'word') {
    return [witness.userId, witness.at, witness.reference, null, null];
  }
  const { source, incomingId: id } = witness;
  return [null, null, null, source === 'statement' ? id : null, source === 'message' ? id : null];
}

type LeaseRow = {
  readonly merchant_id: string;
  readonly id: string;
  readonly mode: Mode;
  readonly trader_id: string | null;
  readonly payment_id: string;
  readonly requisite_id: string;
  readonly asset: string;
  readonly units: string;
  readonly received_units: string;
  readonly status: 'open' | 'closed';
  readonly leased_at: Date;
  readonly closed_at: Date | null;
  readonly last_four: string | null;
  readonly reference: string;
  readonly payer_name: string | null;
};

type MoneyRow = {
  readonly lease_id: string;
  readonly id: string;
  readonly units: string;
  readonly at: Date;
  readonly said_at: Date | null;
  readonly said_reference: string | null;
  readonly entry_id: string | null;
  readonly message_id: string | null;
  readonly taken_back_at: Date | null;
};

async function withMoneys(tx: Tx, rows: readonly LeaseRow[]): Promise<PaidLease[]> {
  const told = await readTold(tx, rows);
  const [moneys, gone] = [moneysBy(told.filter(isThere)), moneysBy(told.filter(isGone))];
  return rows.map((row) => ({
    merchantId: row.merchant_id,
    mode: row.mode,
    traderId: row.trader_id,
    id: row.id,
    paymentId: row.payment_id,
    requisiteId: row.requisite_id,
    currency: row.asset,
    units: BigInt(row.units),
    receivedUnits: BigInt(row.received_units),
    status: row.status,
    lastFour: row.last_four,
    leasedAt: row.leased_at,
    closedAt: row.closed_at,
    reference: row.reference,
    payerName: row.payer_name,
    moneys: moneys.get(row.id) ?? [],
    doubted: (gone.get(row.id) ?? []).flatMap(({ sources }) => sources),
  }));
}

function isThere({ taken_back_at: at }: MoneyRow): boolean {
  return at === null;
}

function isGone(row: MoneyRow): boolean {
  return !isThere(row);
}

type LeaseKey = { readonly merchant_id: string; readonly id: string };

/** By lease, in the order in which they were first told. */
export async function readMoneys(
  tx: Tx,
  leases: readonly LeaseKey[],
): Promise<ReadonlyMap<string, readonly LeaseMoney[]>> {
  return moneysBy((await readTold(tx, leases)).filter(isThere));
}

/** Also what was taken back. */
async function readTold(tx: Tx, leases: readonly LeaseKey[]): Promise<MoneyRow[]> {
  if (leases.length === 0) return [];
  return tx.query<MoneyRow>(
    `select money.lease_id, money.id, money.units, money.at, money.said_at, money.said_reference,
            money.entry_id, money.message_id, money.taken_back_at
       from unnest($1::uuid[], $2::uuid[]) as wanted (merchant_id, lease_id)
       join lease_moneys money using (merchant_id, lease_id)
      order by money.created_at, money.id`,
    [leases.map((one) => one.merchant_id), leases.map((one) => one.id)],
    'desk-moneys',
  );
}

function moneysBy(rows: readonly MoneyRow[]): ReadonlyMap<string, readonly LeaseMoney[]> {
  const byLease = new Map<string, LeaseMoney[]>();
  for (const row of rows) {
    const list = byLease.get(row.lease_id) ?? [];
    byLease.set(row.lease_id, list);
    list.push({
      id: row.id,
      units: BigInt(row.units),
      at: row.at,
      sources: sourcesOf(row),
      saidReference: row.said_reference,
    });
  }
  return byLease;
}

function sourcesOf(row: MoneyRow): Source[] {
  return [
    ...(row.said_at ? (['word'] as const) : []),
    ...(row.entry_id ? (['statement'] as const) : []),
    ...(row.message_id ? (['message'] as const) : []),
  ];
}
