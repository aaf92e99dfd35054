// Attempts to prove a password: how many may fail before one has to wait, for all processes alike.

import { hash } from 'node:crypto';
import type { Database, Tx } from '../db/database.ts';
import { newId } from './ids.ts';

export type Attempt = {
  /** Whose password it is meant to be, also of nobody's: an e-mail. */
  readonly account: string;
  /** Where it comes from, IPv6 by its /64. */
  readonly address: string;
  /** Who that is, if anybody: places where this person signed in before stay open. */
  readonly userId: string | null;
};

export type Attempts = {
  /**
   * Counts the attempt as a failure before anybody knows, so that attempts at the same moment
   * cannot all slip through. Answers null, or for how many seconds nothing is tried.
   */
  reserve(attempt: Attempt): Promise<number | null>;
  /** It succeeded: its failures until now are forgotten. */
  forgive(tx: Tx, attempt: Attempt): Promise<void>;
  /** Deletes what counts no more; answers once all is gone. */
  forget(): Promise<void>;
};

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
const WINDOW_MS = 15 * MINUTE_MS;
/** No two processes' clocks differ by more; what is further ahead was written by a wrong clock. */
const MAX_AHEAD_MS = MINUTE_MS;
/** wire/xpay.md 3.1. Counted for one account from one address: a stranger locks out himself. */
const MAX_PER_ACCOUNT_AND_ADDRESS = 5;
const MAX_PER_ADDRESS = 20;
/** From everywhere together; beyond it, only places known of that person may go on. */
const MAX_PER_ACCOUNT = 50;
export const PLACE_LIFE_MS = 90 * 24 * 60 * MINUTE_MS;
const FORGET_AT_ONCE = 5_000;

/** First halves of two-part advisory locks: one account, one address at a time. */
const ACCOUNT_LOCK = 61_001;
const ADDRESS_LOCK = 61_002;

export function createAttempts(deps: { db: Database; now: () => Date }): Attempts {
  const { db, now } = deps;

  async function reserve(attempt: Attempt): Promise<number | null> {
    const id = newId();
    const at = now();
    const account = accountOf(attempt);
    return db.repeatable(async (tx) => {
      // Always the account first: two that want both never wait for each other.
      await tx.query('select pg_advisory_xact_lock($1, $2), pg_advisory_xact_lock($3, $4)', [
        ACCOUNT_LOCK,
        account.readInt32BE(0),
        ADDRESS_LOCK,
        hash('sha256', attempt.address, 'buffer').readInt32BE(0),
      ]);
      const closedUntil = await closing(tx, attempt, id, at);
      if (closedUntil > at.getTime()) return Math.ceil((closedUntil - at.getTime()) / SECOND_MS);
      await tx.query(
        `insert into sign_in_failures (id, account, address, at) values ($1, $2, $3, $4)
         on conflict (id) do nothing`,
        [id, account, attempt.address, at],
      );
      return null;
    });
  }

  async function forgive(tx: Tx, attempt: Attempt): Promise<void> {
    await tx.query('delete from sign_in_failures where account = $1 and address = $2', [
      accountOf(attempt),
      attempt.address,
    ]);
  }

  async function forget(): Promise<void> {
    const before = new Date(now().getTime() - WINDOW_MS);
    for (let gone = FORGET_AT_ONCE; gone === FORGET_AT_ONCE;) {
      const rows = await db.query(
        `delete from sign_in_failures where id in (
           select id from sign_in_failures where at <= $1 order by at limit $2)
         returning 1`,
        [before, FORGET_AT_ONCE],
      );
      gone = rows.length;
    }
  }

  return { reserve, forgive, forget };
}

/**
 * When the next attempt may come, in epoch milliseconds; 0: now. Of the newest failures that fill
 * a limit, the oldest decides: once it has left the window there is room for one more.
 */
async function closing(tx: Tx, attempt: Attempt, id: string, at: Date): Promise<number> {
  const since = new Date(at.getTime() - WINDOW_MS);
  const [row] = await tx.query<{
    both: Date | null;
    address: Date | null;
    account: Date | null;
    known: boolean;
  }>(
    `select
       (select at from sign_in_failures
         where account = $1 and address = $2 and at > $3 and at <= $7 and id <> $4
         order by at desc offset ${MAX_PER_ACCOUNT_AND_ADDRESS - 1} limit 1) as both,
       (select at from sign_in_failures
         where address = $2 and at > $3 and at <= $7 and id <> $4
         order by at desc offset ${MAX_PER_ADDRESS - 1} limit 1) as address,
       (select at from sign_in_failures
         where account = $1 and at > $3 and at <= $7 and id <> $4
         order by at desc offset ${MAX_PER_ACCOUNT - 1} limit 1) as account,
       exists (select 1 from sign_in_places
                where user_id = $5 and address = $2 and at > $6) as known`,
    [
      accountOf(attempt),
      attempt.address,
      since,
      id,
      attempt.userId,
      new Date(at.getTime() - PLACE_LIFE_MS),
      new Date(at.getTime() + MAX_AHEAD_MS),
    ],
  );
  const limits = [row?.both, row?.address, row?.known ? null : row?.account];
  return Math.max(0, ...limits.map((oldest) => (oldest ? oldest.getTime() + WINDOW_MS : 0)));
}

/** Kept as a hash: what people type into the wrong box is sometimes their password. */
function accountOf({ account }: Attempt): Buffer {
  return hash('sha256', account, 'buffer');
}
