// The rows of disputes and of their timelines: inserted, held, brought up to date, listed.

import type { Tx } from '../../db/database.ts';
import type { Mode } from '../../db/mode.ts';
import type { ActRow, Dispute, DisputeKey, DisputeKind, EvidenceRow, Party } from './dispute.ts';
import { type DisputeStatus, livingStatuses } from './machine.ts';

const columns = `d.merchant_id, d.id, d.mode, d.kind, d.status, d.payment_id, d.lease_id,
  d.trader_id, d.asset, d.claimed_units, d.less, d.contested_units, d.paid_at, d.opened_by,
  d.opener, d.respondent, d.due_at, d.acts, d.held_units, d.postings, d.merchant_units,
  d.trader_units, d.missing_units, d.opened_at, d.changed_at`;

/** By its id alone, of whichever merchant; the caller compares whose it is. */
export async function readDispute(tx: Tx, id: string): Promise<Dispute | null> {
  const rows = await tx.query<DisputeRow>(
    `select ${columns} from disputes d where id = $1`,
    [id],
    'dispute-read',
  );
  return rows[0] ? disputeOf(rows[0]) : null;
}

/** Held until the transaction ends: acts on one dispute follow each other. */
export async function lockDispute(tx: Tx, id: string): Promise<Dispute | null> {
  const rows = await tx.query<DisputeRow>(
    `select ${columns} from disputes d where id = $1 for update`,
    [id],
    'dispute-lock',
  );
  return rows[0] ? disputeOf(rows[0]) : null;
}

/** The one about this lease or payout that has not ended, and all that were resolved. */
export async function readEarlier(
  tx: Tx,
  subject: { readonly merchantId: string; readonly leaseId: string | null; paymentId: string },
): Promise<Dispute[]> {
  const rows = await tx.query<DisputeRow>(
    `select ${columns} from disputes d
      where payment_id = $2 and merchant_id = $1 and lease_id is not distinct from $3
        and status not in ('withdrawn', 'closed')`,
    [subject.merchantId, subject.paymentId, subject.leaseId],
  );
  return rows.map(disputeOf);
}

/** False when another dispute about the same has been opened meanwhile. */
export async function insertDispute(tx: Tx, dispute: Dispute): Promise<boolean> {
  const rows = await tx.query(
    `insert into disputes (merchant_id, id, mode, kind, status, payment_id, lease_id, trader_id,
       asset, claimed_units, less, contested_units, paid_at, opened_by, opener, respondent,
       due_at, acts, opened_at, changed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
       $19)
     on conflict do nothing returning id`,
    [
      dispute.merchantId,
      dispute.id,
      dispute.mode,
      dispute.kind,
      dispute.status,
      dispute.paymentId,
      dispute.leaseId,
      dispute.traderId,
      dispute.asset,
      dispute.claimedUnits.toString(),
      dispute.less,
      dispute.contestedUnits.toString(),
      dispute.paidAt,
      dispute.openedBy,
      dispute.opener,
      dispute.respondent,
      dispute.dueAt,
      dispute.acts,
      dispute.openedAt,
    ],
  );
  return rows.length > 0;
}

/** Everything of it that ever changes. */
export async function updateDispute(tx: Tx, dispute: Dispute): Promise<void> {
  await tx.query(
    `update disputes
        set status = $3, contested_units = $4, paid_at = $5, due_at = $6, acts = $7,
            held_units = $8, postings = $9, merchant_units = $10, trader_units = $11,
            missing_units = $12, changed_at = $13
      where merchant_id = $1 and id = $2`,
    [
      dispute.merchantId,
      dispute.id,
      dispute.status,
      dispute.contestedUnits.toString(),
      dispute.paidAt,
      dispute.dueAt,
      dispute.acts,
      dispute.heldUnits.toString(),
      dispute.postings,
      dispute.shares?.merchantUnits.toString() ?? null,
      dispute.shares?.traderUnits.toString() ?? null,
      dispute.missingUnits.toString(),
      dispute.changedAt,
    ],
    'dispute-update',
  );
}

export async function insertAct(tx: Tx, key: DisputeKey, act: ActRow): Promise<void> {
  await tx.query(
    `insert into dispute_acts (merchant_id, dispute_id, seq, at, act, party, user_id, note, status,
       merchant_units, trader_units, file, file_name)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, decode($12, 'hex'), $13)`,
    [
      key.merchantId,
      key.id,
      act.seq,
      act.at,
      act.act,
      act.party,
      act.userId,
      act.note,
      act.status,
      act.shares?.merchantUnits.toString() ?? null,
      act.shares?.traderUnits.toString() ?? null,
      act.file?.hash ?? null,
      act.file?.name ?? null,
    ],
    'dispute-act',
  );
}

type ActColumns = {
  readonly seq: number;
  readonly at: Date;
  readonly act: ActRow['act'];
  readonly party: Party;
  readonly user_id: string | null;
  readonly note: string | null;
  readonly status: DisputeStatus;
  readonly merchant_units: string | null;
  readonly trader_units: string | null;
  readonly file: string | null;
  readonly file_name: string | null;
};

export async function readTimeline(tx: Tx, key: DisputeKey): Promise<ActRow[]> {
  const rows = await tx.query<ActColumns>(
    `select seq, at, act, party, user_id, note, status, merchant_units, trader_units,
            encode(file, 'hex') as file, file_name
       from dispute_acts where merchant_id = $1 and dispute_id = $2 order by seq`,
    [key.merchantId, key.id],
    'dispute-timeline',
  );
  return rows.map((row) => ({
    seq: row.seq,
    at: row.at,
    act: row.act,
    party: row.party,
    userId: row.user_id,
    note: row.note,
    status: row.status,
    shares: sharesOf(row),
    file: row.file === null ? null : { hash: row.file, name: row.file_name ?? '' },
  }));
}

/** The files of one dispute, each with where else the merchant was shown the very same. */
export async function readFiles(tx: Tx, key: DisputeKey): Promise<EvidenceRow[]> {
  return tx.query<EvidenceRow>(
    `select encode(act.file, 'hex') as hash, act.file_name as name, evidence.type,
            length(evidence.content) as size, act.at, act.user_id as "userId", act.party,
            array(select distinct other.dispute_id from dispute_acts other
                   where other.file = act.file and other.merchant_id = act.merchant_id
                     and other.dispute_id <> act.dispute_id
                   order by 1 limit 100) as "alsoIn"
       from dispute_acts act
       join evidence on evidence.merchant_id = act.merchant_id and evidence.hash = act.file
      where act.merchant_id = $1 and act.dispute_id = $2
      order by act.seq`,
    [key.merchantId, key.id],
  );
}

export type DisputeFilter = {
  /** Null: of every merchant. */
  readonly merchantId: string | null;
  readonly mode: Mode | null;
  readonly traderId: string | null;
  readonly status: DisputeStatus | null;
  /** The id after which the page begins. */
  readonly after: string | null;
  readonly limit: number;
};

/** Newest first. */
export async function listDisputes(tx: Tx, filter: DisputeFilter): Promise<Dispute[]> {
  const rows = await tx.query<DisputeRow>(
    `select ${columns} from disputes d
      where ($1::uuid is null or merchant_id = $1)
        and ($2::text is null or mode = $2)
        and ($3::uuid is null or trader_id = $3)
        and ($4::text is null or status = $4)
        and ($5::uuid is null or id < $5)
      order by id desc limit $6`,
    [filter.merchantId, filter.mode, filter.traderId, filter.status, filter.after, filter.limit],
  );
  return rows.map(disputeOf);
}

/** Ids of those that have not ended, after one of them; those at work elsewhere, too. */
export async function livingAfter(tx: Tx, after: string | null, limit: number): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select id from disputes
      where status = any($1) and ($2::uuid is null or id > $2) order by id limit $3`,
    [livingStatuses, after, limit],
  );
  return rows.map(({ id }) => id);
}

type DisputeRow = {
  readonly merchant_id: string;
  readonly id: string;
  readonly mode: Mode;
  readonly kind: DisputeKind;
  readonly status: DisputeStatus;
  readonly payment_id: string;
  readonly lease_id: string | null;
  readonly trader_id: string | null;
  readonly asset: string;
  readonly claimed_units: string;
  readonly less: boolean;
  readonly contested_units: string;
  readonly paid_at: Date | null;
  readonly opened_by: string | null;
  readonly opener: Party;
  readonly respondent: Party;
  readonly due_at: Date | null;
  readonly acts: number;
  readonly held_units: string;
  readonly postings: number;
  readonly merchant_units: string | null;
  readonly trader_units: string | null;
  readonly missing_units: string;
  readonly opened_at: Date;
  readonly changed_at: Date;
};

function disputeOf(row: DisputeRow): Dispute {
  return {
    merchantId: row.merchant_id,
    id: row.id,
    mode: row.mode,
    kind: row.kind,
    status: row.status,
    paymentId: row.payment_id,
    leaseId: row.lease_id,
    traderId: row.trader_id,
    asset: row.asset,
    claimedUnits: BigInt(row.claimed_units),
    less: row.less,
    contestedUnits: BigInt(row.contested_units),
    paidAt: row.paid_at,
    openedBy: row.opened_by,
    opener: row.opener,
    respondent: row.respondent,
    dueAt: row.due_at,
    acts: row.acts,
    heldUnits: BigInt(row.held_units),
    postings: row.postings,
    shares: sharesOf(row),
    missingUnits: BigInt(row.missing_units),
    openedAt: row.opened_at,
    changedAt: row.changed_at,
  };
}

function sharesOf(row: {
  readonly merchant_units: string | null;
  readonly trader_units: string | null;
}): Dispute['shares'] {
  const { merchant_units: merchant, trader_units: trader } = row;
  if (merchant === null || trader === null) return null;
  return { merchantUnits: BigInt(merchant), traderUnits: BigInt(trader) };
}
