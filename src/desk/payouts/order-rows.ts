// The rows of payout orders: written whole, read one by one, page by page, or held.

import type { Tx } from '../../db/database.ts';
import type { Mode } from '../../db/mode.ts';
import type { DestinationWay } from './destination.ts';
import type { PayoutKey, PayoutOrder, PayoutStatus } from './order.ts';

export const orderColumns = `o.merchant_id, o.id, o.mode, o.reference, o.way, o.asset, o.units,
  o.destination, o.last_four, o.status, o.taken_by, o.trader_id, o.taken_at, o.due_at, o.pledged,
  o.proof_reference, o.proof_file, o.proof_at, o.reason, o.ended_by, o.ended_at, o.witness,
  o.house_pays, o.reserved_units, o.earned_units, o.postings, o.created_at`;

export async function readOrder(tx: Tx, key: PayoutKey): Promise<PayoutOrder | null> {
  const rows = await tx.query<OrderRow>(
    `select ${orderColumns} from payout_orders o where merchant_id = $1 and id = $2`,
    [key.merchantId, key.id],
    'payout-read',
  );
  return rows[0] ? orderOf(rows[0]) : null;
}

/**
 * Held until the transaction ends, and its payment with it: first the payment, because whoever
 * changes that comes to the order afterwards.
 */
export async function lockOrder(tx: Tx, key: PayoutKey): Promise<PayoutOrder | null> {
  await tx.query(
    'select 1 from payments where merchant_id = $1 and id = $2 for update',
    [key.merchantId, key.id],
    'payout-lock-payment',
  );
  const [order] = await lockOrders(tx, [key]);
  return order ?? null;
}

/** Only for a caller who holds the payments already. */
export async function lockOrders(tx: Tx, keys: readonly PayoutKey[]): Promise<PayoutOrder[]> {
  const rows = await tx.query<OrderRow>(
    `select ${orderColumns}
       from unnest($1::uuid[], $2::uuid[]) as wanted (merchant_id, id)
       join payout_orders o using (merchant_id, id)
      order by o.merchant_id, o.id for update of o`,
    [keys.map((key) => key.merchantId), keys.map((key) => key.id)],
    'payout-lock',
  );
  return rows.map(orderOf);
}

export async function insertOrder(
  tx: Tx,
  order: Pick<
    PayoutOrder,
    'merchantId' | 'id' | 'mode' | 'reference' | 'way' | 'amount' | 'lastFour' | 'sealed'
  > & { readonly numberHash: Buffer | null; readonly createdAt: Date },
): Promise<void> {
  await tx.query(
    `insert into payout_orders (merchant_id, id, mode, reference, way, asset, units, destination,
       last_four, number_hash, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      order.merchantId,
      order.id,
      order.mode,
      order.reference,
      order.way,
      order.amount.asset,
      order.amount.units.toString(),
      order.sealed,
      order.lastFour,
      order.numberHash,
      order.createdAt,
    ],
    'payout-insert',
  );
}

/** Everything of them that ever changes. */
export async function updateOrders(tx: Tx, orders: readonly PayoutOrder[]): Promise<void> {
  if (orders.length === 0) return;
  await tx.query(
    `update payout_orders o
        set status = new.status, taken_by = new.taken_by, trader_id = new.trader_id,
            taken_at = new.taken_at, due_at = new.due_at, pledged = new.pledged,
            proof_reference = new.proof_reference, proof_file = new.proof_file,
            proof_at = new.proof_at, reason = new.reason, ended_by = new.ended_by,
            ended_at = new.ended_at, witness = new.witness, house_pays = new.house_pays,
            reserved_units = new.reserved_units, earned_units = new.earned_units,
            postings = new.postings
       from json_to_recordset($1) as new (merchant_id uuid, id uuid, status text, taken_by uuid,
         trader_id uuid, taken_at timestamptz, due_at timestamptz, pledged boolean,
         proof_reference text, proof_file text, proof_at timestamptz, reason text, ended_by uuid,
         ended_at timestamptz, witness text, house_pays boolean, reserved_units numeric,
         earned_units numeric, postings int)
      where o.merchant_id = new.merchant_id and o.id = new.id`,
    [JSON.stringify(orders.map(changingColumns))],
    'payout-update',
  );
}

function changingColumns(order: PayoutOrder): Record<string, unknown> {
  return {
    merchant_id: order.merchantId,
    id: order.id,
    status: order.status,
    taken_by: order.takenBy,
    trader_id: order.traderId,
    taken_at: order.takenAt,
    due_at: order.dueAt,
    pledged: order.pledged,
    proof_reference: order.proof?.reference ?? null,
    proof_file: order.proof?.file ?? null,
    proof_at: order.proof?.at ?? null,
    reason: order.reason,
    ended_by: order.endedBy,
    ended_at: order.endedAt,
    witness: order.witness,
    house_pays: order.housePays,
    reserved_units: order.reservedUnits.toString(),
    earned_units: order.earnedUnits.toString(),
    postings: order.postings,
  };
}

export type OrderFilter = {
  readonly merchantId: string;
  readonly mode: Mode;
  readonly status: PayoutStatus;
  /** Null: of all currencies. */
  readonly currencies: readonly string[] | null;
  /** Only what this person took. */
  readonly takenBy: string | null;
  /** The id after which the page begins. */
  readonly after: string | null;
  readonly limit: number;
};

/** What is open comes oldest first, as it is taken; what has ended newest first. */
export async function listOrders(tx: Tx, filter: OrderFilter): Promise<PayoutOrder[]> {
  const isOpen = filter.status === 'waiting' || filter.status === 'taken';
  const [follows, direction] = isOpen ? ['>', 'asc'] : ['<', 'desc'];
  const rows = await tx.query<OrderRow>(
    `select ${orderColumns} from payout_orders o
      where status = $1 and mode = $2 and merchant_id = $3
        and ($4::text[] is null or asset = any($4))
        and ($5::uuid is null or taken_by = $5)
        and ($6::uuid is null or id ${follows} $6)
      order by id ${direction} limit $7`,
    [
      filter.status,
      filter.mode,
      filter.merchantId,
      filter.currencies,
      filter.takenBy,
      filter.after,
      filter.limit,
    ],
  );
  return rows.map(orderOf);
}

export type OrderRow = {
  readonly merchant_id: string;
  readonly id: string;
  readonly mode: Mode;
  readonly reference: string;
  readonly way: DestinationWay;
  readonly asset: string;
  readonly units: string;
  readonly destination: Buffer;
  readonly last_four: string;
  readonly status: PayoutStatus;
  readonly taken_by: string | null;
  readonly trader_id: string | null;
  readonly taken_at: Date | null;
  readonly due_at: Date | null;
  readonly pledged: boolean;
  readonly proof_reference: string | null;
  readonly proof_file: string | null;
  readonly proof_at: Date | null;
  readonly reason: string | null;
  readonly ended_by: string | null;
  readonly ended_at: Date | null;
  readonly witness: string | null;
  readonly house_pays: boolean;
  readonly reserved_units: string;
  readonly earned_units: string;
  readonly postings: number;
  readonly created_at: Date;
};

export function orderOf(row: OrderRow): PayoutOrder {
  const { proof_reference: reference, proof_at: at, proof_file: file } = row;
  return {
    merchantId: row.merchant_id,
    id: row.id,
    mode: row.mode,
    reference: row.reference,
    way: row.way,
    amount: { units: BigInt(row.units), asset: row.asset },
    sealed: row.destination,
    lastFour: row.last_four,
    status: row.status,
    takenBy: row.taken_by,
    traderId: row.trader_id,
    takenAt: row.taken_at,
    dueAt: row.due_at,
    pledged: row.pledged,
    proof: reference === null || at === null ? null : { reference, file, at },
    reason: row.reason,
    endedBy: row.ended_by,
    endedAt: row.ended_at,
    witness: row.witness,
    housePays: row.house_pays,
    reservedUnits: BigInt(row.reserved_units),
    earnedUnits: BigInt(row.earned_units),
    postings: row.postings,
    createdAt: row.created_at,
  };
}
