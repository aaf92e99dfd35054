// Idempotency: a key, the hash of its request and the answer, written with the effect itself.

import { timingSafeEqual } from 'node:crypto';
import type { Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import type { Instruction, Payment } from './nouns.ts';
import { Refusal } from './refusals.ts';

export type IdempotentRequest = {
  /** What kind of request the key belongs to; the same key elsewhere is another key. */
  readonly scope: string;
  readonly key: string;
  readonly requestHash: Buffer;
  /** For keys that name an order: they never make a second payment, however late they come. */
  readonly forever?: boolean;
  /** The answer that a repetition gets, word for word. */
  readonly answer: (payment: Payment, instruction: Instruction | null) => string;
};

/** How long a key is remembered, unless for ever; after that it makes a new payment. */
export const keyLifeMs = 24 * 60 * 60 * 1_000;

/** A key with whose it is and what was asked under it; the id of the payment once it has one. */
export type AskedKey = Pick<IdempotentRequest, 'scope' | 'key' | 'requestHash'> & {
  readonly merchantId: string;
  readonly mode: Mode;
  readonly paymentId: string | null;
};

/**
 * For each key the stored answer of a repetition, the refusal of a request that was another, or
 * null for a key that is new or was written with this very payment. One statement however many
 * there are: it stands before every create.
 */
export async function recall(
  tx: Tx,
  asked: readonly AskedKey[],
  now: Date,
): Promise<(string | Refusal | null)[]> {
  if (asked.length === 0) return [];
  const rows = await tx.query<KeyRow>(
    `select asked.at, i.payment_id, i.request_hash, coalesce(told.answer, i.answer) as answer
       from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
         with ordinality as asked (merchant_id, mode, scope, key, at)
       join idempotency i using (merchant_id, mode, scope, key)
       left join lateral (
         select t.answer from instructions t
          where t.merchant_id = i.merchant_id and t.payment_id = i.payment_id
            and t.answer is not null and i.answer = '' limit 1) told on true
      where i.created_at >= $5`,
    [
      asked.map((one) => one.merchantId),
      asked.map((one) => one.mode),
      asked.map((one) => one.scope),
      asked.map((one) => one.key),
      new Date(now.getTime() - keyLifeMs),
    ],
    'idempotency-recall',
  );
  const found = new Map(rows.map((row) => [row.at, row]));
  return asked.map(({ requestHash, paymentId }, index) => {
    const row = found.get(index + 1);
    if (!row || row.payment_id === paymentId) return null;
    const same = timingSafeEqual(row.request_hash, requestHash);
    return same ? row.answer : new Refusal('idempotency_mismatch');
  });
}

type KeyRow = {
  /** Counted from 1. */
  readonly at: number;
  readonly payment_id: string;
  readonly request_hash: Buffer;
  readonly answer: string;
};

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
