// Recent answers: what was said under a key lately, so that a repetition costs no transaction.

import { timingSafeEqual } from 'node:crypto';
import type { AskedKey } from './idempotency.ts';

export type RepeatedRequest = Omit<AskedKey, 'paymentId'>;

export type RecentAnswers = {
  /** Null: not said lately, by another process, or to another request. The database knows. */
  find(asked: RepeatedRequest): string | null;
  /** To be called once the answer is durable. */
  keep(asked: RepeatedRequest, answer: string): void;
};

/** Far within the life of a key. Shops repeat within seconds; whoever comes later is looked up. */
const KEPT_MS = 60_000;
const KEPT_CHARACTERS = 4_000_000;

type Kept = { readonly requestHash: Buffer; readonly answer: string; readonly until: number };

export function createRecentAnswers(now: () => Date): RecentAnswers {
  /** In the order in which they were kept. */
  const kept = new Map<string, Kept>();
  let characters = 0;

  function find(asked: RepeatedRequest): string | null {
    const found = kept.get(nameOf(asked));
    if (!found || found.until <= now().getTime()) return null;
    return timingSafeEqual(found.requestHash, asked.requestHash) ? found.answer : null;
  }

  function keep(asked: RepeatedRequest, answer: string): void {
    const name = nameOf(asked);
    forget(name);
    const { requestHash } = asked;
    kept.set(name, { requestHash, answer, until: now().getTime() + KEPT_MS });
    characters += name.length + answer.length;
    for (const [oldest, { until }] of kept) {
      if (characters <= KEPT_CHARACTERS && until > now().getTime()) break;
      forget(oldest);
    }
  }

  function forget(name: string): void {
    const found = kept.get(name);
    if (!found) return;
    kept.delete(name);
    characters -= name.length + found.answer.length;
  }

  return { find, keep };
}

/** Only a key may hold a space. */
function nameOf({ merchantId, mode, scope, key }: RepeatedRequest): string {
  return `${merchantId} ${mode} ${scope} ${key}`;
}
