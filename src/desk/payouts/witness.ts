// The witness: an entry of a statement shows that the money of a payout has left an account.

import type { Tx } from '../../db/database.ts';
import type { Mode } from '../../db/mode.ts';
import type { Amount } from '../../money/amount.ts';
import { printedReferences, storedReference } from '../matching/reference.ts';
import { writeOrders } from './backing.ts';
import type { NumberHash } from './destination.ts';
import { type OrderRow, lockOrder, orderColumns, orderOf } from './order-rows.ts';
import type { MovePayout, PayoutKey, PayoutOrder } from './order.ts';
import { readTerms } from './terms.ts';

/** Money that has left an account of the desk. */
export type SentMoney = {
  readonly merchantId: string;
  readonly mode: Mode;
  /** Whose account it left; null: the merchant's own. */
  readonly traderId: string | null;
  readonly amount: Amount;
  /** Where it went, as the bank prints it. */
  readonly number: string | null;
  /** Whatever else the bank says: purpose, references. */
  readonly texts: readonly string[];
  /** Names the entry for ever: the same one twice is one transfer. */
  readonly witness: string;
  /** The trader brought it himself: it is his own word, and counts only where that does. */
  readonly byTrader?: boolean;
};

/** The payout that was meant, and whether this entry completed it. */
export type Witnessed = { readonly id: string; readonly completed: boolean };

/**
 * In the caller's transaction, one entry each, before anything else is locked in it. Null: no
 * payout is meant, or more than one could be: then people decide. One that somebody has confirmed
 * before only gets its witness, so that the same transfer completes no other of the same amount.
 */
export type ConfirmSent = (tx: Tx, sent: SentMoney) => Promise<Witnessed | null>;

/** More of one amount between the same two than people could tell apart. */
const MAX_CANDIDATES = 200;
/** Banks print at least so much of a reference, or it is no evidence. */
const MIN_REFERENCE = 6;

type Candidate = { readonly order: PayoutOrder; readonly numberHash: Buffer | null };

export function createConfirmSent(deps: {
  numberHash: NumberHash;
  move: MovePayout;
  now: () => Date;
}): ConfirmSent {
  const { numberHash, move, now } = deps;

  return async (tx, sent) => {
    if (sent.byTrader && !(await readTerms(tx, sent)).tradersConfirm) return null;
    const earlier = await witnessedBy(tx, sent);
    if (earlier) return { id: earlier.id, completed: false };
    const hash = numberHash(sent.number ?? '');
    const mentioned = await mentionedIn(tx, sent);
    const found = bestOf(await candidatesFor(tx, sent), { sent, hash, mentioned });
    if (found === null) return null;
    const order = await lockOrder(tx, found);
    if (order?.witness === sent.witness) return { id: order.id, completed: false };
    const isOpen = order?.status === 'taken' || order?.status === 'completed';
    if (!order || !isOpen || order.witness !== null || order.takenBy !== found.takenBy) return null;
    await writeOrders(tx, [{ ...order, witness: sent.witness }], now());
    const completed = order.status === 'taken';
    if (completed) await move(tx, order, 'confirm');
    return { id: order.id, completed };
  };
}

/**
 * Those that can be a payout's, by their amounts alone and as it stands now: for all others
 * `ConfirmSent` has nothing to do. One statement, however many, all of one desk.
 */
export async function possiblySent(tx: Tx, all: readonly SentMoney[]): Promise<SentMoney[]> {
  const [first] = all;
  if (!first) return [];
  const { merchantId, mode, traderId } = first;
  const rows = await tx.query<{ at: number }>(
    `select at from unnest($1::text[], $2::numeric[]) with ordinality as sent (asset, units, at)
      where exists (
        select from payout_orders o
         where o.status in ('taken', 'completed') and o.witness is null and o.asset = sent.asset
           and o.units = sent.units and o.mode = $3 and o.merchant_id = $4
           and o.trader_id is not distinct from $5)
      order by at`,
    [
      all.map(({ amount }) => amount.asset),
      all.map(({ amount }) => amount.units.toString()),
      mode,
      merchantId,
      traderId,
    ],
  );
  return rows.flatMap(({ at }) => all[at - 1] ?? []);
}

type Evidence = {
  readonly sent: SentMoney;
  readonly hash: Buffer | null;
  /** Some payout of the merchant stands in the text, in whatever status. */
  readonly mentioned: boolean;
};

/**
 * A reference says more than a number: it decides where several go to one account, and against all
 * of them where it is that of one which has its witness already.
 */
function bestOf(
  all: readonly Candidate[],
  { sent, hash, mentioned }: Evidence,
): PayoutOrder | null {
  const candidates = all.filter(({ order }) => endsAlike(sent.number, order));
  const text = sent.texts.map(plain).join('\n');
  const named = candidates.filter(({ order }) =>
    [order.reference, order.proof?.reference ?? ''].some((one) => isIn(text, plain(one))),
  );
  const there = candidates.filter(({ numberHash }) => hash !== null && numberHash?.equals(hash));
  const meant = named.length > 0 || mentioned ? named : there;
  return meant.length === 1 ? (meant[0]?.order ?? null) : null;
}

/**
 * Whoever sends money writes what he likes beside it, but the bank says where it went: in whichever
 * form it prints a number, masked or without the country's part, it ends as it was given to us.
 */
function endsAlike(number: string | null, { lastFour }: PayoutOrder): boolean {
  const printed = plain(number ?? '');
  return printed === '' || printed.endsWith(lastFour);
}

function isIn(text: string, reference: string): boolean {
  return reference.length >= MIN_REFERENCE && text.includes(reference);
}

/** Banks break and join texts where their columns end. */
function plain(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}]/gu, '').toUpperCase();
}

async function witnessedBy(tx: Tx, sent: SentMoney): Promise<PayoutKey | null> {
  const [row] = await tx.query<PayoutKey>(
    `select merchant_id as "merchantId", id from payout_orders
      where witness = $1 and merchant_id = $2`,
    [sent.witness, sent.merchantId],
    'payout-by-witness',
  );
  return row ?? null;
}

async function mentionedIn(tx: Tx, { merchantId, texts }: SentMoney): Promise<boolean> {
  const found = printedReferences(texts.map(plain).join('\n'));
  if (found.length === 0) return false;
  const rows = await tx.query(
    `select from (select merchant_id, direction from payments where reference = any($1) offset 0) p
      where merchant_id = $2 and direction = 'out' limit 1`,
    [found.map(storedReference), merchantId],
    'payout-mentioned',
  );
  return rows.length > 0;
}

async function candidatesFor(tx: Tx, sent: SentMoney): Promise<Candidate[]> {
  const rows = await tx.query<OrderRow & { readonly number_hash: Buffer | null }>(
    `select ${orderColumns}, o.number_hash from payout_orders o
      where status in ('taken', 'completed') and mode = $1 and merchant_id = $2
        and asset = $3 and units = $4 and trader_id is not distinct from $5
        and witness is null
      order by id desc limit $6`,
    [
      sent.mode,
      sent.merchantId,
      sent.amount.asset,
      sent.amount.units.toString(),
      sent.traderId,
      MAX_CANDIDATES,
    ],
  );
  return rows.map((row) => ({ order: orderOf(row), numberHash: row.number_hash }));
}
