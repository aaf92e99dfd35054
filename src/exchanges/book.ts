// Booking: trades become fills and transfers, and the conversion's new state commits with them.

import type { Database, Tx } from '../db/database.ts';
import { accountId } from '../ledger/accounts.ts';
import { type NewTransfer, post } from '../ledger/post.ts';
import { decimalsOf, findAsset } from '../money/assets.ts';
import type { FoundOrder, Trade } from './connector.ts';
import { type Exact, exact, minus, unitsDown, unitsUp } from './exact.ts';
import { unpaidAfterwards } from './plan.ts';
import {
  type Conversion,
  type ConversionStatus,
  type Fill,
  insertFills,
  readConversion,
  tradesKnown,
  unfinished,
} from './rows.ts';

/**
 * Writes down what an exchange says of an order: each trade once, by its id. Answers the status
 * when this call ended the conversion, else null.
 */
export async function bookOrder(
  db: Database,
  conversion: Conversion,
  found: FoundOrder,
  now: Date,
): Promise<ConversionStatus | null> {
  return db.transaction(async (tx) => {
    const fresh = await withoutKnown(tx, conversion, found.trades);
    const booked = fresh.map((trade) => bookingOf(conversion, trade));
    // The ledger before the row: a payment that is un-paid locks them in this order too.
    await post(
      tx,
      booked.flatMap((one) => one.transfers),
      now,
    );
    const present = await readConversion(tx, conversion, 'for update');
    if (!present) return null;
    const missing = await withoutKnown(tx, present, fresh);
    // Somebody else was faster, and has booked the same; but what was sold is never left out, even
    // if somebody has given the order up meanwhile.
    if (!unfinished.includes(present.status) && missing.length === 0) return null;
    await insertFills(
      tx,
      conversion,
      booked.map((one) => one.fill),
    );
    const faults = booked.flatMap((one) => one.faults);
    return writeState(tx, present, { found, faults, now });
  });
}

async function withoutKnown(
  tx: Tx,
  conversion: Conversion,
  trades: readonly Trade[],
): Promise<readonly Trade[]> {
  const known = await tradesKnown(tx, conversion);
  return trades.filter((trade) => !known.has(trade.id));
}

/** The old reason may be why it waited; that its payment was un-paid stays to be known. */
export function reasonAfter(before: string | null, reason: string | null): string | null {
  const kept = before?.startsWith(unpaidAfterwards) ? unpaidAfterwards : null;
  const parts = [kept, reason].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join('; ');
}

async function writeState(
  tx: Tx,
  conversion: Conversion,
  seen: { readonly found: FoundOrder; readonly faults: readonly string[]; readonly now: Date },
): Promise<ConversionStatus | null> {
  const { found, faults, now } = seen;
  const [sums] = await tx.query<{ sold: string; received: string }>(
    `select coalesce(sum(sold_units), 0)::text as sold,
            coalesce(sum(received_units), 0)::text as received
       from conversion_fills where merchant_id = $1 and payment_id = $2 and conversion_id = $3`,
    [conversion.merchantId, conversion.paymentId, conversion.id],
    'conversion-sums',
  );
  const sold = BigInt(sums?.sold ?? '0');
  const status = found.closed ? endOf(sold, conversion.orderedUnits ?? 0n) : 'open';
  const said = [found.reason, ...faults].filter((part) => part !== null).join('; ');
  await tx.query(
    `update conversions set status = $4, exchange_order_id = $5, sold_units = $6,
            received_units = $7, reason = $8, changed_at = $9
      where merchant_id = $1 and payment_id = $2 and id = $3`,
    [
      conversion.merchantId,
      conversion.paymentId,
      conversion.id,
      status,
      found.orderId,
      sold.toString(),
      sums?.received ?? '0',
      reasonAfter(conversion.reason, said === '' ? null : said),
      now,
    ],
    'conversion-state',
  );
  return status === 'open' ? null : status;
}

function endOf(sold: bigint, ordered: bigint): ConversionStatus {
  if (sold === 0n) return 'cancelled';
  return sold >= ordered ? 'filled' : 'partial';
}

type Booking = {
  readonly fill: Fill;
  readonly transfers: readonly NewTransfer[];
  /** What could not be booked, for people. */
  readonly faults: readonly string[];
};

/**
 * The sold coin leaves `available` for the exchange, what it brought comes from there, and what the
 * exchange kept of it goes on to `fees`. Rounded so that the merchant never has more in the books
 * than at the exchange: coins up, what comes in down, and of that the fee up.
 */
function bookingOf(conversion: Conversion, trade: Trade): Booking {
  const { asset, quoteAsset } = conversion;
  const soldUnits = unitsUp(exact(trade.amount), decimalsOf(asset));
  const cost = exact(trade.cost);
  const receivedUnits = unitsDown(cost, decimalsOf(quoteAsset));
  const fees = trade.fees.map(({ asset: kept, cost: fee }) => feeOf(conversion, cost, kept, fee));
  const known = fees.filter((fee) => fee.units !== null && fee.units !== 0n);
  const [shown] = known;
  const move = moverOf(conversion, trade);
  const main = [
    move('sold', asset, soldUnits, ['available', 'outside']),
    move('received', quoteAsset, receivedUnits, ['outside', 'available']),
  ];
  const kept = known.flatMap((fee) => feeMoves(move, conversion, fee));
  return {
    fill: {
      tradeId: trade.id,
      soldUnits,
      receivedUnits,
      feeAsset: shown?.asset ?? null,
      feeUnits: shown?.units ?? 0n,
      exact: { amount: trade.amount, cost: trade.cost, fees: trade.fees },
      at: trade.at,
    },
    transfers: [...main, ...kept].flatMap((one) => one ?? []),
    faults: fees
      .filter((fee) => fee.units === null)
      .map((fee) => `a fee of ${fee.text} ${fee.asset} is not in the books: unknown asset`),
  };
}

type Fee = {
  readonly asset: string;
  readonly text: string;
  /** Null when nobody knows the asset's smallest unit; below zero for a rebate. */
  readonly units: bigint | null;
};

function feeOf({ quoteAsset }: Conversion, cost: Exact, asset: string, text: string): Fee {
  const found = findAsset(asset);
  if (found === undefined) return { asset, text, units: null };
  const fee = exact(text);
  const { decimals } = found;
  if (fee.digits < 0n) {
    return { asset, text, units: -unitsDown({ ...fee, digits: -fee.digits }, decimals) };
  }
  if (asset !== quoteAsset) return { asset, text, units: unitsUp(fee, decimals) };
  // Of what came in: what is left of both together is rounded down once.
  return { asset, text, units: unitsDown(cost, decimals) - unitsDown(minus(cost, fee), decimals) };
}

type Place = 'available' | 'outside' | 'fees';
type Move = (
  what: string,
  asset: string,
  units: bigint,
  way: readonly [Place, Place],
) => NewTransfer | null;

function moverOf({ merchantId, paymentId, id, mode, exchange }: Conversion, trade: Trade): Move {
  const rail = `exchange-${exchange}`;
  const account = (kind: Place, asset: string): string =>
    accountId(kind === 'available' ? { mode, kind, asset } : { mode, kind, asset, rail });
  return (what, asset, units, [from, to]) =>
    units <= 0n
      ? null
      : {
          merchantId,
          id: `${paymentId}/${id}/${trade.id}/${what}`,
          debit: account(from, asset),
          credit: account(to, asset),
          amount: { units, asset },
          paymentId,
          reason: `conversion: ${what}`,
          // It was sold: if a chain took the coin back in the meantime, that is a debt.
          mayOverdraw: true,
        };
}

function feeMoves(
  move: Move,
  { asset, quoteAsset }: Conversion,
  fee: Fee,
): readonly (NewTransfer | null)[] {
  const units = fee.units ?? 0n;
  const name = `fee-${fee.asset}`;
  if (units < 0n) return [move(`rebate-${fee.asset}`, fee.asset, -units, ['outside', 'available'])];
  const paid = move(name, fee.asset, units, ['available', 'fees']);
  if (fee.asset === asset || fee.asset === quoteAsset) return [paid];
  // Paid with something that the merchant held at the exchange, of which our books knew nothing.
  return [move(`${name}-in`, fee.asset, units, ['outside', 'available']), paid];
}
