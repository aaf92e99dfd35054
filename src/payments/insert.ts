// The statement of the hot path: payments, their first events and idempotency rows, all at once.

import { type RowOf, defineColumns } from '../db/columns.ts';
import type { Tx } from '../db/database.ts';
import { decimalsOf } from '../money/assets.ts';
import { formatDecimal } from '../money/decimal.ts';
import { type IdempotentRequest, keyLifeMs } from './idempotency.ts';
import type { Payment } from './nouns.ts';

/** One payment to be written, with its idempotency row and answer. */
export type Draft = {
  readonly payment: Payment;
  /** The answer is empty until it is known where to pay. */
  readonly idempotency: (Omit<IdempotentRequest, 'answer'> & { answer: string }) | null;
};

/**
 * Answers the ids that were written now. A draft whose idempotency key is taken, or whose id is
 * there already (a commit whose answer was lost), is left out.
 */
export async function insertPayments(
  tx: Tx,
  drafts: readonly Draft[],
  now: Date,
): Promise<Set<string>> {
  if (drafts.length === 0) return new Set();
  const rows = await tx.query<{ id: string }>(
    insertStatement,
    [new Date(now.getTime() - keyLifeMs), ...inputs.valuesOf(drafts.map(rowOf))],
    'payments-insert',
  );
  return new Set(rows.map((row) => row.id));
}

const inputs = defineColumns({
  merchant_id: 'uuid',
  id: 'uuid',
  mode: 'text',
  direction: 'text',
  number: 'int8',
  reference: 'text',
  dialect: 'text',
  merchant_reference: 'text',
  name: 'text',
  price_units: 'numeric',
  price_asset: 'text',
  price_value: 'numeric',
  status: 'text',
  max_uses: 'int4',
  payer: 'text',
  metadata: 'text',
  success_url: 'text',
  cancel_url: 'text',
  callback_url: 'text',
  callback_secret: 'bytea',
  script: 'text',
  created_by: 'uuid',
  dialect_data: 'text',
  exchange: 'int4',
  convert_percent: 'int4',
  fee_units: 'numeric',
  created_at: 'timestamptz',
  expires_at: 'timestamptz',
  key_scope: 'text',
  key: 'text',
  key_created_at: 'timestamptz',
  request_hash: 'bytea',
  answer: 'text',
});

// Keys are inserted in one order in every batch: two batches with the same keys must not deadlock.
const insertStatement = `
with input as materialized (
  ${inputs.select(2)}
), keyed as (
  insert into idempotency
    (merchant_id, mode, scope, key, request_hash, payment_id, answer, created_at)
  select merchant_id, mode, key_scope, key, request_hash, id, answer, key_created_at
    from input where key is not null order by merchant_id, mode, key_scope, key
  on conflict (merchant_id, mode, scope, key) do update
    set request_hash = excluded.request_hash, payment_id = excluded.payment_id,
        answer = excluded.answer, created_at = excluded.created_at
    where idempotency.created_at < $1
  returning payment_id
), made as (
  insert into payments
    (merchant_id, id, mode, direction, number, reference, dialect, merchant_reference, name,
     price_units, price_asset, price_value, status, max_uses, payer, metadata, success_url,
     cancel_url, callback_url, callback_secret, script, created_by, dialect_data, exchange,
     convert_percent, fee_units, created_at, expires_at)
  select merchant_id, id, mode, direction, number, reference, dialect, merchant_reference, name,
         price_units, price_asset, price_value, status, max_uses, payer, metadata, success_url,
         cancel_url, callback_url, callback_secret, script, created_by, dialect_data, exchange,
         convert_percent, fee_units, created_at, expires_at
    from input where key is null or id in (select payment_id from keyed)
  on conflict (merchant_id, id) do nothing
  returning merchant_id, id, status, created_at
), noted as (
  insert into events (merchant_id, payment_id, seq, kind, status, at)
  select merchant_id, id, 1, 'created', status, created_at from made
)
select id from made`;

function rowOf({ payment, idempotency }: Draft): RowOf<typeof inputs> {
  return {
    merchant_id: payment.merchantId,
    id: payment.id,
    mode: payment.mode,
    direction: payment.direction,
    number: payment.number,
    reference: payment.reference,
    dialect: payment.dialect,
    merchant_reference: payment.merchantReference,
    name: payment.name,
    price_units: payment.price.units.toString(),
    price_asset: payment.price.asset,
    price_value: formatDecimal(payment.price.units, decimalsOf(payment.price.asset)),
    status: payment.status,
    max_uses: payment.maxUses,
    payer: JSON.stringify(payment.payer),
    metadata: payment.metadata,
    success_url: payment.successUrl,
    cancel_url: payment.cancelUrl,
    callback_url: payment.callbackUrl,
    callback_secret: payment.callbackSecret,
    script: payment.script,
    created_by: payment.createdBy,
    dialect_data: payment.dialectData,
    exchange: payment.exchange,
    convert_percent: payment.convertPercent,
    fee_units: payment.feeUnits?.toString(),
    created_at: payment.createdAt,
    expires_at: payment.expiresAt,
    key_scope: idempotency?.scope,
    key: idempotency?.key,
    // Later than every moment at which old keys are forgotten.
    key_created_at: idempotency?.forever ? 'infinity' : payment.createdAt,
    request_hash: idempotency?.requestHash,
    answer: idempotency?.answer,
  };
}
