// How conversions and their fills are written as rows, and how rows are read back.

import type { Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import type { OrderType, Trade } from './connector.ts';

export type ConversionStatus =
  'planned' | 'sending' | 'open' | 'filled' | 'partial' | 'refused' | 'cancelled';

/** `planned`: nothing was sent. `sending`: an order may be there. `open`: it is there. */
export const unfinished: readonly ConversionStatus[] = ['planned', 'sending', 'open'];

export type ConversionKey = {
  readonly merchantId: string;
  readonly paymentId: string;
  readonly id: string;
};

/** A part of a payment's coins on its way through an exchange. Units are of `asset`. */
export type Conversion = ConversionKey & {
  readonly mode: Mode;
  readonly exchange: number;
  readonly asset: string;
  readonly units: bigint;
  /** What it is sold for; until an order is made, what is wished for. */
  readonly quoteAsset: string;
  readonly percent: number;
  readonly status: ConversionStatus;
  readonly orderType: OrderType | null;
  readonly limitPrice: string | null;
  readonly clientOrderId: string;
  /** The identity of the account that it was sent to; null: to none yet. */
  readonly sentTo: string | null;
  readonly exchangeOrderId: string | null;
  readonly market: string | null;
  /** After the exchange's own rounding of amounts. */
  readonly orderedUnits: bigint | null;
  readonly soldUnits: bigint;
  /** Of `quoteAsset`, before fees. */
  readonly receivedUnits: bigint;
  /** What is to be known of it: why it ended so, or why it waits. */
  readonly reason: string | null;
  readonly attempts: number;
  readonly sentAt: Date | null;
  readonly createdAt: Date;
  readonly changedAt: Date;
};

export type Fill = {
  readonly tradeId: string;
  readonly soldUnits: bigint;
  readonly receivedUnits: bigint;
  readonly feeAsset: string | null;
  /** Below zero for a rebate. */
  readonly feeUnits: bigint;
  /** As the exchange said it. */
  readonly exact: Pick<Trade, 'amount' | 'cost' | 'fees'>;
  readonly at: Date;
};

export type ConversionView = { readonly conversion: Conversion; readonly fills: readonly Fill[] };

const columns = `
  c.merchant_id, c.payment_id, c.id, c.mode, c.exchange, c.asset, c.units, c.quote_asset,
  c.percent, c.status, c.order_type, c.limit_price, c.client_order_id, c.sent_to,
  c.exchange_order_id,
  c.market, c.ordered_units, c.sold_units, c.received_units, c.reason, c.attempts, c.sent_at,
  c.created_at, c.changed_at`;

const fillColumns = `
  coalesce((select json_agg(json_build_object(
     'trade_id', f.trade_id, 'sold_units', f.sold_units::text,
     'received_units', f.received_units::text, 'fee_asset', f.fee_asset,
     'fee_units', f.fee_units::text, 'exact', f.exact, 'at', f.at) order by f.at, f.trade_id)
   from conversion_fills f
   where f.merchant_id = c.merchant_id and f.payment_id = c.payment_id
     and f.conversion_id = c.id), '[]') as fills`;

export async function readConversion(
  tx: Tx,
  key: ConversionKey,
  lock: 'for update' | '' = '',
): Promise<Conversion | null> {
  const rows = await tx.query<ConversionRow>(
    `select ${columns} from conversions c
      where c.merchant_id = $1 and c.payment_id = $2 and c.id = $3 ${lock}`,
    [key.merchantId, key.paymentId, key.id],
    `conversion ${lock}`,
  );
  return rows[0] ? toConversion(rows[0]) : null;
}

/** Those of one payment, oldest first. */
export async function conversionsOf(
  tx: Tx,
  payment: { readonly merchantId: string; readonly id: string },
): Promise<ConversionView[]> {
  const rows = await tx.query<ViewRow>(
    `select ${columns}, ${fillColumns} from conversions c
      where c.merchant_id = $1 and c.payment_id = $2 order by c.created_at, c.id`,
    [payment.merchantId, payment.id],
    'conversions-of-payment',
  );
  return rows.map(toView);
}

export type ConversionFilter = {
  readonly merchantId: string | null;
  readonly unfinished: boolean;
  readonly limit: number;
};

/** Newest first. */
export async function listConversions(tx: Tx, filter: ConversionFilter): Promise<ConversionView[]> {
  const rows = await tx.query<ViewRow>(
    `select ${columns}, ${fillColumns} from conversions c
      where ($1::uuid is null or c.merchant_id = $1)
        and (not $2 or c.status in ('planned', 'sending', 'open'))
      order by c.created_at desc, c.id desc limit $3`,
    [filter.merchantId, filter.unfinished, filter.limit],
  );
  return rows.map(toView);
}

export async function tradesKnown(tx: Tx, key: ConversionKey): Promise<Set<string>> {
  const rows = await tx.query<{ trade_id: string }>(
    `select trade_id from conversion_fills
      where merchant_id = $1 and payment_id = $2 and conversion_id = $3`,
    [key.merchantId, key.paymentId, key.id],
    'conversion-trades',
  );
  return new Set(rows.map((row) => row.trade_id));
}

/** A fill that is there already stays as it is. */
export async function insertFills(
  tx: Tx,
  key: ConversionKey,
  fills: readonly Fill[],
): Promise<void> {
  if (fills.length === 0) return;
  const rows = fills.map((fill) => ({
    trade_id: fill.tradeId,
    sold_units: fill.soldUnits.toString(),
    received_units: fill.receivedUnits.toString(),
    fee_asset: fill.feeAsset,
    fee_units: fill.feeUnits.toString(),
    exact: fill.exact,
    at: fill.at,
  }));
  await tx.query(
    `insert into conversion_fills (merchant_id, payment_id, conversion_id, trade_id, sold_units,
       received_units, fee_asset, fee_units, exact, at)
     select $1, $2, $3, f.* from json_to_recordset($4) as f (trade_id text, sold_units numeric,
       received_units numeric, fee_asset text, fee_units numeric, exact jsonb, at timestamptz)
     on conflict do nothing`,
    [key.merchantId, key.paymentId, key.id, JSON.stringify(rows)],
  );
}

type ConversionRow = {
  readonly merchant_id: string;
  readonly payment_id: string;
  readonly id: string;
  readonly mode: Mode;
  readonly exchange: number;
  readonly asset: string;
  readonly units: string;
  readonly quote_asset: string;
  readonly percent: number;
  readonly status: ConversionStatus;
  readonly order_type: OrderType | null;
  readonly limit_price: string | null;
  readonly client_order_id: string;
  readonly sent_to: string | null;
  readonly exchange_order_id: string | null;
  readonly market: string | null;
  readonly ordered_units: string | null;
  readonly sold_units: string;
  readonly received_units: string;
  readonly reason: string | null;
  readonly attempts: number;
  readonly sent_at: Date | null;
  readonly created_at: Date;
  readonly changed_at: Date;
};

type FillRow = {
  readonly trade_id: string;
  readonly sold_units: string;
  readonly received_units: string;
  readonly fee_asset: string | null;
  readonly fee_units: string;
  readonly exact: Fill['exact'];
  readonly at: string;
};

type ViewRow = ConversionRow & { readonly fills: readonly FillRow[] };

function toConversion(row: ConversionRow): Conversion {
  return {
    merchantId: row.merchant_id,
    paymentId: row.payment_id,
    id: row.id,
    mode: row.mode,
    exchange: row.exchange,
    asset: row.asset,
    units: BigInt(row.units),
    quoteAsset: row.quote_asset,
    percent: row.percent,
    status: row.status,
    orderType: row.order_type,
    limitPrice: row.limit_price,
    clientOrderId: row.client_order_id,
    sentTo: row.sent_to,
    exchangeOrderId: row.exchange_order_id,
    market: row.market,
    orderedUnits: row.ordered_units === null ? null : BigInt(row.ordered_units),
    soldUnits: BigInt(row.sold_units),
    receivedUnits: BigInt(row.received_units),
    reason: row.reason,
    attempts: row.attempts,
    sentAt: row.sent_at,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}

function toView(row: ViewRow): ConversionView {
  const fills = row.fills.map((fill) => ({
    tradeId: fill.trade_id,
    soldUnits: BigInt(fill.sold_units),
    receivedUnits: BigInt(fill.received_units),
    feeAsset: fill.fee_asset,
    feeUnits: BigInt(fill.fee_units),
    exact: fill.exact,
    at: new Date(fill.at),
  }));
  return { conversion: toConversion(row), fills };
}
