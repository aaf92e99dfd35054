// The rows of money that came in for leases: one for each, with those who say so.

import type { Mode } from '../db/mode.ts';
import { type Tx, send } from '../db/database.ts';
import type { Sought } from './matching/sought.ts';
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
// The limits keep these two from being read by their merchant alone, whatever the plan.
const leaseTables = `leases lease
  cross join lateral (select kind, last_four from requisites
    where merchant_id = lease.merchant_id and id = lease.requisite_id limit 1) requisite
  cross join lateral (select reference, payer from payments
    where merchant_id = lease.merchant_id and id = lease.payment_id limit 1) payment`;

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
 * Those that are open, or were so a short while ago, and can come into question for what is sought.
 * Null where there are too many to look at together: who is left out may be the very one, so that
 * nobody may be sure of another.
 */
export async function readMatchable(
  tx: Tx,
  { merchantId }: Owner,
  { requisites, units, references }: Sought,
  now: Date,
): Promise<PaidLease[] | null> {
  const since = new Date(now.getTime() - CLOSED_FOR_MS);
  const rows = await tx.query<LeaseRow>(
    `select ${leaseColumns} from (
       (select merchant_id, id from leases
         where status = 'open' and requisite_id = any($2::uuid[]) and units = any($4::numeric[])
         union
        select merchant_id, id from leases
         where status = 'closed' and requisite_id = any($2::uuid[]) and closed_at >= $3
           and units = any($4::numeric[])
         union
        select lease.merchant_id, lease.id from payments payment
          join instructions instruction on instruction.merchant_id = payment.merchant_id
            and instruction.payment_id = payment.id
          join leases lease on lease.merchant_id = instruction.merchant_id
            and lease.id = instruction.id
         where payment.reference = any($5::text[]) and payment.merchant_id = $1
           and lease.requisite_id = any($2::uuid[])
           and (lease.status = 'open' or lease.closed_at >= $3))
       limit $6) found
       join ${leaseTables}
         on lease.merchant_id = found.merchant_id and lease.id = found.id
      where lease.merchant_id = $1`,
    [merchantId, requisites, since, units.map(String), references, MAX_LEASES + 1],
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

/** Money with all who said it in one transaction, each of another source. */
export type Told = {
  readonly lease: PaidLease;
  readonly id: string;
  readonly witnesses: readonly Witness[];
};

export type NewMoney = Told & { readonly units: bigint; readonly at: Date };

const moneyColumns = `merchant_id uuid, lease_id uuid, id uuid, said_by uuid, said_at timestamptz,
  said_reference text, entry_id uuid, message_id uuid`;

export async function insertMoneys(tx: Tx, moneys: readonly NewMoney[], now: Date): Promise<void> {
  if (moneys.length === 0) return;
  const rows = moneys.map((one) => ({ ...toldRow(one), units: one.units.toString(), at: one.at }));
  await send(tx, {
    text: `insert into lease_moneys (merchant_id, lease_id, id, units, at, said_by, said_at,
       said_reference, entry_id, message_id, created_at)
     select merchant_id, lease_id, id, units, at, said_by, said_at, said_reference, entry_id,
            message_id, $2
       from json_to_recordset($1) as m (${moneyColumns}, units numeric, at timestamptz)`,
    values: [JSON.stringify(rows), now],
    name: 'desk-moneys-insert',
  });
}

/** The same moneys, said by more; each is named once. */
export async function attachWitnesses(tx: Tx, told: readonly Told[]): Promise<void> {
  if (told.length === 0) return;
  await send(tx, {
    text: `update lease_moneys known
        set said_by = coalesce(known.said_by, m.said_by),
            said_at = coalesce(known.said_at, m.said_at),
            said_reference = coalesce(known.said_reference, m.said_reference),
            entry_id = coalesce(known.entry_id, m.entry_id),
            message_id = coalesce(known.message_id, m.message_id)
       from json_to_recordset($1) as m (${moneyColumns})
      where known.merchant_id = m.merchant_id and known.lease_id = m.lease_id
        and known.id = m.id`,
    values: [JSON.stringify(told.map(toldRow))],
    name: 'desk-moneys-attach',
  });
}

function toldRow({ lease, id, witnesses }: Told): Record<string, unknown> {
  const word = witnesses.find((one) => one.source === 'word');
  const idOf = (source: Source): string | null =>
    witnesses.flatMap((one) =>
      one.source !== 'word' && one.source === source ? [one.incomingId] : [],
    )[0] ?? null;
  return {
    merchant_id: lease.merchantId,
    lease_id: lease.id,
    id,
    said_by: word?.userId ?? null,
    said_at: word?.at ?? null,
    said_reference: word?.reference ?? null,
    entry_id: idOf('statement'),
    message_id: idOf('message'),
  };
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
