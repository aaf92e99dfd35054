// Claims: a conversion's row changes hands only when it still is what the claimant has read.

import type { Database, Tx } from '../db/database.ts';
import type { Market } from './connector.ts';
import type { Draft } from './draft.ts';
import { unpaidAfterwards } from './plan.ts';
import {
  type Conversion,
  type ConversionKey,
  type ConversionStatus,
  readConversion,
} from './rows.ts';

/**
 * From here on an order may be there: this commits before anything is sent. Null when somebody else
 * was faster, or the payment was un-paid. `order` is null when the same one is sent again.
 */
export async function claim(
  db: Database,
  conversion: Conversion,
  now: Date,
  order: { readonly market: Market; readonly draft: Draft; readonly sentTo: string } | null,
): Promise<Conversion | null> {
  const rows = await db.query(
    `update conversions
        set status = 'sending', attempts = attempts + 1, sent_at = $6, changed_at = $6,
            market = coalesce($7, market), quote_asset = coalesce($8, quote_asset),
            order_type = coalesce($9, order_type), limit_price = coalesce($10, limit_price),
            ordered_units = coalesce($11, ordered_units), sent_to = coalesce($12, sent_to)
      where merchant_id = $1 and payment_id = $2 and id = $3 and status = $4 and attempts = $5
        and units = $13 and coalesce(not starts_with(reason, '${unpaidAfterwards}'), true)
      returning id`,
    [
      ...keyOf(conversion),
      conversion.status,
      conversion.attempts,
      now,
      order?.market.id ?? null,
      order?.market.quote ?? null,
      order?.draft.orderType ?? null,
      order?.draft.limitPrice ?? null,
      order?.draft.orderedUnits.toString() ?? null,
      order?.sentTo ?? null,
      // Un-paid and paid again with something else meanwhile, it is planned as before.
      conversion.units.toString(),
    ],
  );
  const claimed = rows.length === 0 ? null : await readConversion(db, conversion);
  // Whoever was held up here may read what others have made of it since.
  const mine = claimed?.status === 'sending' && claimed.attempts === conversion.attempts + 1;
  return mine ? claimed : null;
}

/** The exchange has said that it took the order, which is never sent again from now on. */
export async function markOpen(
  tx: Tx,
  conversion: Conversion,
  orderId: string | null,
  now: Date,
): Promise<void> {
  await tx.query(
    `update conversions set status = 'open', exchange_order_id = $4, changed_at = $5
      where merchant_id = $1 and payment_id = $2 and id = $3 and status = 'sending'`,
    [...keyOf(conversion), orderId, now],
  );
}

/** That its payment was un-paid stays to be known, whatever else there is to say. */
const reasonSet = `reason = case when starts_with(reason, '${unpaidAfterwards}')
  then concat_ws('; ', '${unpaidAfterwards}', $4::text) else $4::text end`;

/** The end without a sale. Null when somebody else was faster. */
export async function endConversion(
  tx: Tx,
  conversion: Conversion,
  reason: string,
  now: Date,
): Promise<ConversionStatus | null> {
  const rows = await tx.query<{ status: ConversionStatus }>(
    `update conversions set status = 'refused', changed_at = $5, ${reasonSet}
      where merchant_id = $1 and payment_id = $2 and id = $3 and status = $6 and attempts = $7
        and sold_units = 0
      returning status`,
    [...keyOf(conversion), reason, now, conversion.status, conversion.attempts],
  );
  return rows[0]?.status ?? null;
}

/** Says why it waits. False: it does not wait any more. */
export async function noteWaiting(
  tx: Tx,
  key: ConversionKey,
  reason: string | null,
  now: Date,
): Promise<boolean> {
  const rows = await tx.query(
    `update conversions set changed_at = $5, ${reasonSet}
      where merchant_id = $1 and payment_id = $2 and id = $3
        and status in ('planned', 'sending', 'open')
      returning id`,
    [...keyOf(key), reason, now],
  );
  return rows.length > 0;
}

/** Unfinished conversions on which nobody has worked since; each is given to one caller only. */
export async function takeQuiet(
  tx: Tx,
  since: Date,
  now: Date,
  limit: number,
): Promise<ConversionKey[]> {
  return tx.query<ConversionKey>(
    `update conversions c set changed_at = $2
       from (select merchant_id, payment_id, id from conversions
              where status in ('planned', 'sending', 'open') and changed_at < $1
              order by changed_at limit $3
              for update skip locked) quiet
      where c.merchant_id = quiet.merchant_id and c.payment_id = quiet.payment_id
        and c.id = quiet.id
      returning c.merchant_id as "merchantId", c.payment_id as "paymentId", c.id`,
    [since, now, limit],
  );
}

function keyOf({ merchantId, paymentId, id }: ConversionKey): [string, string, string] {
  return [merchantId, paymentId, id];
}
