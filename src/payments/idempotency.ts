// Idempotency: a key, the hash of its request and the answer, written with the effect itself.

import { timingSafeEqual } from 'node:crypto';
import type { Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import type { Payment } from './nouns.ts';
import { Refusal } from './refusals.ts';

export type IdempotentRequest = {
  /** What kind of request the key belongs to; the same key elsewhere is another key. */
  readonly scope: string;
  readonly key: string;
  readonly requestHash: Buffer;
  /** The answer that a repetition gets, word for word. */
  readonly answer: (payment: Payment) => string;
};

/** How long a key is remembered: 24 hours. After that the same key makes a new payment. */
export const keyLifeMs = 24 * 60 * 60 * 1_000;

type Owner = { readonly merchantId: string; readonly mode: Mode };
type Key = { readonly scope: string; readonly key: string; readonly requestHash: Buffer };

/** The stored answer for a repetition, null for a new key; throws when the request was another. */
export async function recall(tx: Tx, owner: Owner, key: Key, now: Date): Promise<string | null> {
  const [row] = await tx.query<{ request_hash: Buffer; answer: string }>(
    `select request_hash, answer from idempotency
      where merchant_id = $1 and mode = $2 and scope = $3 and key = $4 and created_at >= $5`,
    [owner.merchantId, owner.mode, key.scope, key.key, new Date(now.getTime() - keyLifeMs)],
  );
  if (!row) return null;
  if (!timingSafeEqual(row.request_hash, key.requestHash)) {
    throw new Refusal('idempotency_mismatch');
  }
  return row.answer;
}

const FORGET_AT_ONCE = 10_000;

/** Deletes keys past their life; answers how many. Bounded, so that no lock is held for long. */
export async function forgetOldKeys(tx: Tx, now: Date): Promise<number> {
  const rows = await tx.query(
    `delete from idempotency where (merchant_id, mode, scope, key) in (
       select merchant_id, mode, scope, key from idempotency
        where created_at < $1 order by created_at limit $2)
     returning 1`,
    [new Date(now.getTime() - keyLifeMs), FORGET_AT_ONCE],
  );
  return rows.length;
}
