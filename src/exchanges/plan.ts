// Planning: in the very transaction that completes a payment, what of it is to be sold is written
// down, and crossed out again in the one that un-pays it.

import { createHash } from 'node:crypto';
import { v5 as nameBasedId } from 'uuid';
import type { Tx } from '../db/database.ts';
import type { Enqueue } from '../jobs/jobs.ts';
import { divideDown } from '../money/amount.ts';
import { assetOf } from '../money/assets.ts';
import type { EventOfPayment, Moment, Payment } from '../payments/nouns.ts';
import { activeAmong } from './accounts.ts';
import type { AccountKey } from './connector.ts';
import { SANDBOX_EXCHANGE } from './sandbox.ts';
import type { ConversionKey } from './rows.ts';

/** Runs beside the fanout, in the transaction of the events. */
export type ConversionListener = (tx: Tx, changes: readonly EventOfPayment[]) => Promise<void>;

export const convertJob = 'exchanges.convert';

/** What a conversion says of itself once its payment was un-paid behind its back. */
export const unpaidAfterwards = 'the payment was un-paid after this was sent';
const unpaidBefore = 'the payment was un-paid before anything was sold';

export function createPlanning(deps: {
  readonly enqueue: Enqueue;
  readonly now: () => Date;
}): ConversionListener {
  const { enqueue, now } = deps;

  async function plan(tx: Tx, completed: readonly Wanted[]): Promise<void> {
    const able = await ableAmong(tx, completed);
    const parts = completed.filter((one) => able(accountOf(one.payment))).flatMap(partsOf);
    if (parts.length === 0) return;
    const at = now();
    const planned = await insert(tx, parts, at);
    if (planned.length === 0) return;
    await enqueue(
      tx,
      planned.map((payload) => ({ name: convertJob, payload, runAt: at })),
    );
  }

  return async (tx, changes) => {
    const wanted = changes.filter(concerns);
    if (wanted.length === 0) return;
    const completed = wanted.filter(({ event }) => event.status === 'completed');
    const undone = wanted.filter(({ event }) => event.status !== 'completed');
    if (undone.length > 0) await cross(tx, undone, now());
    if (completed.length > 0) await plan(tx, completed);
  };
}

type Wanted = EventOfPayment & {
  readonly moment: Moment;
  readonly payment: Payment & { readonly exchange: number; readonly convertPercent: number };
};

/** A change into or out of `completed` of a payment of which something is to be sold. */
function concerns(change: EventOfPayment): change is Wanted {
  const { event, payment, moment } = change;
  if (payment.exchange === null || (payment.convertPercent ?? 0) <= 0) return false;
  if (event.kind !== 'status' || moment === null) return false;
  return (event.status === 'completed') !== (event.previousStatus === 'completed');
}

function accountOf({ merchantId, mode, exchange }: Wanted['payment']): AccountKey {
  return { merchantId, mode, exchange };
}

/** In test mode everybody has an account on the one exchange there is. */
async function ableAmong(
  tx: Tx,
  completed: readonly Wanted[],
): Promise<(key: AccountKey) => boolean> {
  const live = completed
    .map(({ payment }) => accountOf(payment))
    .filter(({ mode }) => mode === 'live');
  const active = live.length === 0 ? [] : await activeAmong(tx, live);
  return ({ merchantId, mode, exchange }) =>
    mode === 'test'
      ? exchange === SANDBOX_EXCHANGE
      : active.some((one) => one.merchantId === merchantId && one.exchange === exchange);
}

type Part = { readonly payment: Wanted['payment']; readonly asset: string; readonly units: bigint };

/** What the merchant does not want to keep of each asset, fees already taken, rounded down. */
function partsOf({ payment, moment }: Wanted): Part[] {
  const received = new Map<string, bigint>();
  for (const { amount, availableUnits } of moment.sightings) {
    received.set(amount.asset, (received.get(amount.asset) ?? 0n) + availableUnits);
  }
  return [...received]
    .map(([asset, units]) => ({ payment, asset, units: shareOf(units, payment.convertPercent) }))
    .filter(({ asset, units }) => units > 0n && isForSale(asset, payment.price.asset));
}

/** The remainder stays with the merchant, as coin. */
export function shareOf(units: bigint, percent: number): bigint {
  return divideDown(units * BigInt(percent), 100n);
}

function isForSale(asset: string, priceAsset: string): boolean {
  return asset !== priceAsset && assetOf(asset).kind === 'crypto';
}

/**
 * Once per payment and asset, by ids that follow from both. One that was crossed out before
 * anything was sent is planned again; answers what there is to do.
 */
async function insert(tx: Tx, parts: readonly Part[], at: Date): Promise<ConversionKey[]> {
  const rows = parts.map(({ payment, asset, units }) => ({
    merchant_id: payment.merchantId,
    payment_id: payment.id,
    id: nameBasedId(asset, payment.id),
    mode: payment.mode,
    exchange: payment.exchange,
    asset,
    units: units.toString(),
    quote_asset: payment.price.asset,
    percent: payment.convertPercent,
    client_order_id: clientOrderIdOf(payment.id, asset),
  }));
  return tx.query<ConversionKey>(
    `insert into conversions as c (merchant_id, payment_id, id, mode, exchange, asset, units,
       quote_asset, percent, client_order_id, status, created_at, changed_at)
     select n.*, 'planned', $2::timestamptz, $2 from json_to_recordset($1) as n (merchant_id uuid,
       payment_id uuid, id uuid, mode text, exchange int, asset text, units numeric,
       quote_asset text, percent int, client_order_id text)
     on conflict (merchant_id, payment_id, id) do update
       set status = 'planned', units = excluded.units, reason = null, changed_at = $2,
             created_at = $2
       where c.status = 'cancelled' and c.attempts = 0
     returning merchant_id as "merchantId", payment_id as "paymentId", id`,
    [JSON.stringify(rows), at],
  );
}

/** What was sent goes on, because the coins may be sold already; it only says so. */
async function cross(tx: Tx, undone: readonly Wanted[], at: Date): Promise<void> {
  await tx.query(
    `update conversions c
        set status = case when c.status = 'planned' then 'cancelled' else c.status end,
            reason = case
              when c.status = 'planned' then $3
              when starts_with(c.reason, $4) then c.reason
              else concat_ws('; ', $4::text, c.reason) end,
            changed_at = $5
      where (c.merchant_id, c.payment_id) in (select * from unnest($1::uuid[], $2::uuid[]))
        and (c.status = 'planned' or c.attempts > 0)`,
    [
      undone.map(({ payment }) => payment.merchantId),
      undone.map(({ payment }) => payment.id),
      unpaidBefore,
      unpaidAfterwards,
      at,
    ],
  );
}

const clientOrderIdDigits = 16;
const lettersAndDigits = 36n;

/**
 * 18 small letters and digits, which every exchange takes: Kraken knows free texts up to 18, OKX
 * nothing but letters and digits, Binance up to 36. 82 bits of a hash are not met twice.
 */
function clientOrderIdOf(paymentId: string, asset: string): string {
  const hash = createHash('sha256').update(`${paymentId}/${asset}`).digest('hex');
  const number = BigInt(`0x${hash}`) % lettersAndDigits ** BigInt(clientOrderIdDigits);
  return `dg${number.toString(36).padStart(clientOrderIdDigits, '0')}`;
}
