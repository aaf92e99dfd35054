// The naive way to store a payment: a transaction per request, a statement per row.

import type { Database } from '../src/db/database.ts';
import { decimalsOf } from '../src/money/assets.ts';
import { formatDecimal } from '../src/money/decimal.ts';
import type { Draft } from '../src/payments/insert.ts';

/** Begin, idempotency, payment, event, commit: what most gateways do. */
export function insertOneByOne(db: Database): (draft: Draft) => Promise<void> {
  return async ({ payment, idempotency }) => {
    await db.transaction(async (tx) => {
      if (idempotency) {
        await tx.query(
          `insert into idempotency
             (merchant_id, mode, scope, key, request_hash, payment_id, answer, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)
           on conflict do nothing`,
          [
            payment.merchantId,
            payment.mode,
            idempotency.scope,
            idempotency.key,
            idempotency.requestHash,
            payment.id,
            idempotency.answer,
            payment.createdAt,
          ],
          'naive-idempotency',
        );
      }
      await tx.query(
        `insert into payments
           (merchant_id, id, mode, number, reference, dialect, merchant_reference, name,
            price_units, price_asset, price_value, status, max_uses, payer, metadata, success_url,
            cancel_url, callback_url, callback_secret, script, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                 $19, $20, $21, $22)`,
        [
          payment.merchantId,
          payment.id,
          payment.mode,
          payment.number,
          payment.reference,
          payment.dialect,
          payment.merchantReference,
          payment.name,
          payment.price.units.toString(),
          payment.price.asset,
          formatDecimal(payment.price.units, decimalsOf(payment.price.asset)),
          payment.status,
          payment.maxUses,
          JSON.stringify(payment.payer),
          payment.metadata,
          payment.successUrl,
          payment.cancelUrl,
          payment.callbackUrl,
          payment.callbackSecret,
          payment.script,
          payment.createdAt,
          payment.expiresAt,
        ],
        'naive-payment',
      );
      await tx.query(
        `insert into events (merchant_id, payment_id, seq, kind, status, at)
         values ($1, $2, 1, 'created', $3, $4)`,
        [payment.merchantId, payment.id, payment.status, payment.createdAt],
        'naive-event',
      );
    });
  };
}
