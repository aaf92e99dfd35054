// The rows of incoming money: what statements and messages reported, and what became of it.

import type { Mode } from '../db/mode.ts';
import { type Tx, send } from '../db/database.ts';
import { newId } from '../merchants/ids.ts';
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

/** An item that has no row yet. */
export type NewItem = InboxItem & { readonly sourceKey: string };

export function newItem({ sourceKey, incoming, ...own }: NewIncoming, now: Date): NewItem {
  const id = newId();
  return {
    ...own,
    id,
    sourceKey,
    incoming: { ...incoming, id },
    status: 'waiting',
    why: own.kind === 'reversal' ? 'reversal' : 'unmatched',
    candidates: [],
    leaseId: null,
    moneyId: null,
    reason: null,
    createdAt: now,
  };
}

/**
 * Those that nobody has brought before. What waits already may also have come in at the requisite
 * for which it is brought this time: two cards of one account have one statement. Answers how many
 * of these changed, too. The desk is held, so that nobody else brings the same.
 */
export async function widenKnown(
  tx: Tx,
  { merchantId }: Owner,
  incomings: readonly NewIncoming[],
): Promise<{ readonly fresh: NewIncoming[]; readonly changed: number }> {
  const keys = incomings.map(({ sourceKey }) => sourceKey);
  // By the key alone, which hardly two have: asked for the merchant, too, a plan made on an empty
  // table reads all that the merchant has.
  const rows = await tx.query<KnownRow>(
    `select merchant_id as "merchantId", source_key as key, id, status, requisites
       from incomings where source_key = any($1)`,
    [keys],
    'desk-incomings-known',
  );
  const known = new Map(
    rows.filter((row) => row.merchantId === merchantId).map((row) => [row.key, row]),
  );
  const wider = incomings.flatMap(({ sourceKey, incoming }) => {
    const row = known.get(sourceKey);
    const more = incoming.requisites.filter((one) => row?.requisites.includes(one) === false);
    if (row?.status !== 'waiting' || more.length === 0) return [];
    return [{ id: row.id, requisites: [...row.requisites, ...more] }];
  });
  if (wider.length > 0) {
    await tx.query(
      `update incomings known
          set requisites = array(select json_array_elements_text(w.requisites)::uuid)
         from (select $2::uuid as merchant_id, id, requisites
                 from json_to_recordset($1) as given (id uuid, requisites json) offset 0) as w
        where known.merchant_id = w.merchant_id and known.id = w.id`,
      [JSON.stringify(wider), merchantId],
      'desk-incomings-widen',
    );
  }
  const fresh = incomings.filter(({ sourceKey }) => !known.has(sourceKey));
  return { fresh, changed: wider.length };
}

type KnownRow = Pick<InboxItem, 'merchantId' | 'id' | 'status'> & {
  readonly key: string;
  readonly requisites: readonly string[];
};

/** What was found out about items: those that are decided, and news of those that wait on. */
export type Outcome = {
  readonly decisions: readonly Decision[];
  readonly waiting: readonly StillWaiting[];
};

/** Each with what was found out about it. */
export async function insertItems(
  tx: Tx,
  vault: Sealing,
  items: readonly NewItem[],
  { decisions, waiting }: Outcome,
  now: Date,
): Promise<void> {
  if (items.length === 0) return;
  const decided = new Map(decisions.map((one) => [one.item.id, one]));
  const told = new Map(waiting.map((one) => [one.item.id, one]));
  const rows = items.map((item) => {
    const { id, incoming } = item;
    const { id: _, requisites, amount, at, timed, ...details } = incoming;
    const decision = decided.get(id);
    const { why, candidates } = told.get(id) ?? { why: item.why, candidates: null };
    return {
      ...keyOf(item),
      mode: item.mode,
      trader_id: item.traderId,
      source: item.source,
      kind: item.kind,
      source_key: item.sourceKey,
      requisites,
      asset: amount.asset,
      units: amount.units.toString(),
      at,
      timed,
      details: vault.seal(JSON.stringify(details), contextOf(id)).toString('hex'),
      status: decision?.status ?? item.status,
      why,
      candidates,
      lease_id: decision?.leaseId ?? null,
      money_id: decision?.moneyId ?? null,
      decided_at: decision ? now : null,
    };
  });
  await send(tx, {
    text: `insert into incomings (merchant_id, id, mode, trader_id, source, kind, source_key,
       requisites, asset, units, at, timed, details, status, why, candidates, lease_id, money_id,
       decided_at, created_at)
     select merchant_id, id, mode, trader_id, source, kind, source_key,
            array(select json_array_elements_text(requisites)::uuid), asset, units, at, timed,
            decode(details, 'hex'), status, why, candidates, lease_id, money_id, decided_at, $2
       from json_to_recordset($1) as i (merchant_id uuid, id uuid, mode text, trader_id uuid,
         source text, kind text, source_key text, requisites json, asset text, units numeric,
         at timestamptz, timed boolean, details text, status text, why text, candidates jsonb,
         lease_id uuid, money_id uuid, decided_at timestamptz)`,
    values: [JSON.stringify(rows), now],
    name: 'desk-incomings-insert',
  });
}

/** What is matched together at a time. */
const MAX_WAITING = 2_000;

/**
 * Money that waits at one desk, oldest first, beside so much that has just come; what waits longest
 * is a person's already.
 */
export async function readWaiting(
  tx: Tx,
  vault: Sealing,
  owner: Owner,
  beside: number,
): Promise<InboxItem[]> {
  const rows = await tx.query<IncomingRow>(
    `select * from (
       select ${columns} from incomings
        where status = 'waiting' and mode = $1 and merchant_id = $2
          and trader_id is not distinct from $3 and kind = 'money'
        order by id desc limit $4) newest
      order by id`,
    [owner.mode, owner.merchantId, owner.traderId, Math.max(0, MAX_WAITING - beside)],
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

type ItemKey = Pick<InboxItem, 'merchantId' | 'id'>;

/** What is known of some that wait on. */
export type StillWaiting = {
  readonly item: ItemKey;
  readonly why: Why;
  readonly candidates: readonly StoredCandidate[];
};

export async function writeWaiting(tx: Tx, waiting: readonly StillWaiting[]): Promise<void> {
  if (waiting.length === 0) return;
  const rows = waiting.map(({ item, why, candidates }) => ({ ...keyOf(item), why, candidates }));
  await send(tx, {
    text: `update incomings known set why = w.why, candidates = w.candidates
       from json_to_recordset($1) as w (merchant_id uuid, id uuid, why text, candidates jsonb)
      where known.merchant_id = w.merchant_id and known.id = w.id`,
    values: [JSON.stringify(rows)],
    name: 'desk-incomings-wait',
  });
}

export type Decision = {
  readonly item: ItemKey;
  readonly status: 'settled' | 'dismissed';
  readonly leaseId: string | null;
  readonly moneyId: string | null;
  /** Null: nobody had to decide. */
  readonly userId: string | null;
  readonly reason: string | null;
};

export async function writeDecisions(
  tx: Tx,
  decisions: readonly Decision[],
  now: Date,
): Promise<void> {
  if (decisions.length === 0) return;
  const rows = decisions.map(({ item, status, leaseId, moneyId, userId, reason }) => ({
    ...keyOf(item),
    status,
    reason,
    lease_id: leaseId,
    money_id: moneyId,
    user_id: userId,
  }));
  await send(tx, {
    text: `update incomings known
        set status = d.status, lease_id = d.lease_id, money_id = d.money_id,
            decided_by = d.user_id, decided_at = $2, reason = d.reason
       from json_to_recordset($1) as d (merchant_id uuid, id uuid, status text, lease_id uuid,
         money_id uuid, user_id uuid, reason text)
      where known.merchant_id = d.merchant_id and known.id = d.id`,
    values: [JSON.stringify(rows), now],
    name: 'desk-incomings-decided',
  });
}

function keyOf({ merchantId, id }: ItemKey): Record<string, unknown> {
  return { merchant_id: merchantId, id };
}

/** Desks at which money of these amounts waits: a lease just made may be what it is for. */
export async function desksWaitingFor(
  tx: Tx,
  amounts: readonly { merchantId: string; asset: string; units: bigint }[],
): Promise<Owner[]> {
  return tx.query<Owner>(
    `select distinct wanted.merchant_id as "merchantId", mode, trader_id as "traderId"
       from unnest($1::text[], $2::numeric[], $3::uuid[]) as wanted (asset, units, merchant_id)
      cross join lateral (
        select mode, trader_id from incomings incoming
         where incoming.asset = wanted.asset and incoming.units = wanted.units
           and incoming.merchant_id = wanted.merchant_id and incoming.status = 'waiting'
        offset 0) as incoming`,
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
