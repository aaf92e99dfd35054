// Closing: a merchant ends or pauses a payment, and the clock ends those whose deadline has passed.

import type { Database } from '../db/database.ts';
import type { Apply } from './apply.ts';
import { type Status, decide, statuses } from './machine.ts';
import type { PaymentView } from './nouns.ts';
import type { Command } from './outcome.ts';
import { Refusal } from './refusals.ts';
import type { PaymentKey } from './rows.ts';

export type Closing = 'expire' | 'cancel' | 'pause';

const commands: Readonly<Record<Closing, Command>> = {
  expire: { kind: 'input', input: 'expire' },
  cancel: { kind: 'input', input: 'cancel' },
  pause: { kind: 'pause' },
};

/** Statuses that the deadline ends: read from the machine, not written twice. */
const expirable: readonly Status[] = statuses.filter(
  (status) => status !== 'expired' && decide(status, 'expire') === 'expired',
);

/** Doing it again changes nothing and tells nobody. Throws `status_conflict` with the status. */
export async function closePayment(
  db: Database,
  apply: Apply,
  key: PaymentKey,
  how: Closing,
): Promise<PaymentView> {
  return db.repeatable(async (tx) => {
    const [view] = await apply(tx, [{ key, command: commands[how] }]);
    if (!view) throw new Refusal('payment_not_found');
    return view;
  });
}

const EXPIRE_AT_ONCE = 500;

/**
 * Expires what is due, some hundreds in one transaction; answers how many were looked at, so that
 * the caller goes on until there are none. Rows that somebody is changing now wait for the next
 * turn.
 */
export async function expireDue(db: Database, apply: Apply, now: Date): Promise<number> {
  return db.transaction(async (tx) => {
    const due = await tx.query<PaymentKey>(
      `select merchant_id as "merchantId", id from payments
        where status = any($1) and expires_at <= $2
        order by expires_at limit $3 for update skip locked`,
      [expirable, now, EXPIRE_AT_ONCE],
    );
    const command: Command = { kind: 'input', input: 'expire' };
    await apply(
      tx,
      due.map((key) => ({ key, command })),
      'skip',
    );
    return due.length;
  });
}
