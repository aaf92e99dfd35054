// The rows of incoming money: what statements and messages reported, and what became of it.

import { v7 as newId } from 'uuid';
import type { Mode } from '../db/mode.ts';
import type { Tx } from '../db/database.ts';
import type { Vault } from '../merchants/vault.ts';
import type { Incoming } from './matching/incoming.ts';
import type { Owner } from './person.ts';

export type IncomingSource = 'statement' | 'message';

/** Why it waits: see matching/match.ts; `differs`: another witness said another amount. */
export type Why = 'unmatched' | 'weak' | 'ambiguous' | 'contested' | 'differs' | 'reversal';

/** A lease that comes into question, for the person who decides. */
export type StoredCandidate = {
  readonly lease: string;
  readonly score: number;
  readonly reasons: readonly string[];
};

export type InboxItem = Owner & {
  readonly id: string;
  readonly source: IncomingSource;
  readonly kind: 'money' | 'reversal';
  readonly incoming: Incoming;
  readonly status: 'waiting' | 'settled' | 'dismissed';
  readonly why: Why | null;
  readonly candidates: readonly StoredCandidate[];
  readonly leaseId: string | null;
  readonly moneyId: string | null;
  readonly reason: string | null;
  readonly createdAt: Date;
};

export type NewIncoming = Owner & {
  readonly source: IncomingSource;
  readonly kind: InboxItem['kind'];
  /** Names it for ever. */
  readonly sourceKey: string;
  /** Its id is of no account here: the row gets its own. */
  readonly incoming: Incoming;
};

type Sealing = Pick<Vault, 'seal' | 'open'>;

/**
 * What was there already and waits can from now on also have come in where it is brought for now:
 * two cards of one account have one statement. Answers how many were new, and how many changed.
 */
export async function insertIncomings(
  tx: Tx,
  vault: Sealing,
  incomings: readonly NewIncoming[],
  now: Date,
): Promise<{ readonly fresh: number; readonly changed: number }> {
  const rows = incomings.map((one) => {
    const id = newId();
    const { merchantId, mode, traderId, source, kind, sourceKey, incoming } = one;
    const { requisites, amount, at, timed, ...details } = incoming;
    return {
      id,
      mode,
      source,
      kind,
      requisites,
      at,
      timed,
      merchant_id: merchantId,
      trader_id: traderId,
      source_key: sourceKey,
      asset: amount.asset,
      units: amount.units.toString(),
      details: vault.seal(JSON.stringify(details), contextOf(id)).toString('hex'),
    };
  });
  const written = await tx.query<{ fresh: boolean }>(
    `insert into incomings as known (merchant_id, id, mode, trader_id, source, kind, source_key,
       requisites, asset, units, at, timed, details, why, created_at)
     select merchant_id, id, mode, trader_id, source, kind, source_key,
            array(select json_array_elements_text(requisites)::uuid), asset, units, at, timed,
            decode(details, 'hex'), case kind when 'reversal' then kind else 'unmatched' end, $2
       from json_to_recordset($1) as i (merchant_id uuid, id uuid, mode text, trader_id uuid,
         source text, kind text, source_key text, requisites json, asset text, units numeric,
         at timestamptz, timed boolean, details text)
     on conflict (source_key, merchant_id) do update
       set requisites = array(
         select unnest(known.requisites) union select unnest(excluded.requisites))
       where known.status = 'waiting' and not known.requisites @> excluded.requisites
     returning xmax = 0 as fresh`,
    [JSON.stringify(rows), now],
  );
  const fresh = written.filter((row) => row.fresh).length;
  return { fresh, changed: written.length - fresh };
}

const MAX_WAITING = 2_000;

/** Money that waits at one desk, oldest first; what waits longest is a person's already. */
export async function readWaiting(tx: Tx, vault: Sealing, owner: Owner): Promise<InboxItem[]> {
  const rows = await tx.query<IncomingRow>(
    `select * from (
       select ${columns} from incomings
        where status = 'waiting' and mode = $1 and merchant_id = $2
          and trader_id is not distinct from $3 and kind = 'money'
        order by id desc limit $4) newest
      order by id`,
    [owner.mode, owner.merchantId, owner.traderId, MAX_WAITING],
  );
  return rows.map((row) => itemOf(row, vault));
}

/** Null for an unknown one. */
export async function readIncoming(
  tx: Tx,
  vault: Sealing,
  key: { readonly merchantId: string; readonly id: string },
): Promise<InboxItem | null> {
  const [row] = await tx.query<IncomingRow>(
    `select ${columns} from incomings where merchant_id = $1 and id = $2`,
    [key.merchantId, key.id],
    'desk-incoming',
  );
  return row ? itemOf(row, vault) : null;
}

export type InboxFilter = Pick<Owner, 'merchantId' | 'mode' | 'traderId'> & {
  readonly status: InboxItem['status'];
  readonly after: string | null;
  readonly limit: number;
};

/** By id, which is the order in which they came; a null trader asks for everybody's. */
export async function listIncomings(
  tx: Tx,
  vault: Sealing,
  filter: InboxFilter,
): Promise<InboxItem[]> {
  const { merchantId, mode, traderId, status, after, limit } = filter;
  const rows = await tx.query<IncomingRow>(
    `select ${columns} from incomings
      where status = $1 and mode = $2 and merchant_id = $3
        and ($4::uuid is null or trader_id = $4) and ($5::uuid is null or id > $5)
      order by id limit $6`,
    [status, mode, merchantId, traderId, after, limit],
  );
  return rows.map((row) => itemOf(row, vault));
}

/** What is known of one that waits on. */
export async function writeWaiting(
  tx: Tx,
  item: InboxItem,
  why: Why,
  candidates: readonly StoredCandidate[],
): Promise<void> {
  await tx.query(
    `update incomings set why = $3, candidates = $4 where merchant_id = $1 and id = $2`,
    [item.merchantId, item.id, why, JSON.stringify(candidates)],
    'desk-incoming-waits',
  );
}

export type Decision = {
  readonly status: 'settled' | 'dismissed';
  readonly leaseId: string | null;
  readonly moneyId: string | null;
  /** Null: nobody had to decide. */
  readonly userId: string | null;
  readonly reason: string | null;
};

export async function writeDecision(
  tx: Tx,
  item: Pick<InboxItem, 'merchantId' | 'id'>,
  decision: Decision,
  now: Date,
): Promise<void> {
  const { status, leaseId, moneyId, userId, reason } = decision;
  await tx.query(
    `update incomings
        set status = $3, lease_id = $4, money_id = $5, decided_by = $6, decided_at = $7,
            reason = $8
      where merchant_id = $1 and id = $2`,
    [item.merchantId, item.id, status, leaseId, moneyId, userId, now, reason],
    'desk-incoming-decided',
  );
}

/** Desks at which money of these amounts waits: a lease just made may be what it is for. */
export async function desksWaitingFor(
  tx: Tx,
  amounts: readonly { merchantId: string; asset: string; units: bigint }[],
): Promise<Owner[]> {
  return tx.query<Owner>(
    `select distinct incoming.merchant_id as "merchantId", mode, trader_id as "traderId"
       from unnest($1::text[], $2::numeric[], $3::uuid[]) as wanted (asset, units, merchant_id)
       join incomings incoming using (asset, units, merchant_id)
      where incoming.status = 'waiting'`,
    [
      amounts.map((one) => one.asset),
      amounts.map((one) => one.units.toString()),
      amounts.map((one) => one.merchantId),
    ],
    'desk-waiting-for',
  );
}

/** Desks at which money waits that came since then. */
export async function desksWaiting(tx: Tx, since: Date): Promise<Owner[]> {
  return tx.query<Owner>(
    `select distinct merchant_id as "merchantId", mode, trader_id as "traderId" from incomings
      where status = 'waiting' and kind = 'money' and created_at >= $1`,
    [since],
  );
}

const columns = `merchant_id, id, mode, trader_id, source, kind, requisites, asset, units, at,
  timed, details, status, why, candidates, lease_id, money_id, reason, created_at`;

type IncomingRow = {
  readonly merchant_id: string;
  readonly id: string;
  readonly mode: Mode;
  readonly trader_id: string | null;
  readonly source: IncomingSource;
  readonly kind: InboxItem['kind'];
  readonly requisites: readonly string[];
  readonly asset: string;
  readonly units: string;
  readonly at: Date | null;
  readonly timed: boolean;
  readonly details: Buffer;
  readonly status: InboxItem['status'];
  readonly why: Why | null;
  readonly candidates: readonly StoredCandidate[] | null;
  readonly lease_id: string | null;
  readonly money_id: string | null;
  readonly reason: string | null;
  readonly created_at: Date;
};

type Details = Omit<Incoming, 'id' | 'requisites' | 'amount' | 'at' | 'timed'>;

function itemOf(row: IncomingRow, vault: Sealing): InboxItem {
  const details = JSON.parse(vault.open(row.details, contextOf(row.id))) as Details;
  const { id, requisites, at, timed } = row;
  const amount = { units: BigInt(row.units), asset: row.asset };
  return {
    merchantId: row.merchant_id,
    mode: row.mode,
    traderId: row.trader_id,
    id,
    source: row.source,
    kind: row.kind,
    incoming: { ...details, id, requisites, amount, at, timed },
    status: row.status,
    why: row.why,
    candidates: row.candidates ?? [],
    leaseId: row.lease_id,
    moneyId: row.money_id,
    reason: row.reason,
    createdAt: row.created_at,
  };
}

function contextOf(id: string): string {
  return `incoming ${id}`;
}
