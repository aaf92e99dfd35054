// Closing: a merchant ends or pauses a payment, and the clock ends those whose deadline has passed.

import { type Database, type Tx, isConnectionTrouble } from '../db/database.ts';
import type { Apply } from './apply.ts';
import { type Status, decide, statuses } from './machine.ts';
import type { PaymentView } from './nouns.ts';
import type { Command } from './outcome.ts';
import { Refusal } from './refusals.ts';
import type { PaymentKey } from './rows.ts';

/** `cancel-unpaid` is refused once any money was seen. `refund` books all of it as given back. */
export type Closing = 'expire' | 'cancel' | 'cancel-unpaid' | 'pause' | 'refund';

const commands: Readonly<Record<Closing, Command>> = {
  expire: { kind: 'input', input: 'expire' },
  cancel: { kind: 'input', input: 'cancel' },
  'cancel-unpaid': { kind: 'input', input: 'cancel', unlessPaid: true },
  pause: { kind: 'pause' },
  refund: { kind: 'input', input: 'refund' },
};

/** Statuses that the deadline ends: read from the machine, not written twice. */
const expirable: readonly Status[] = statuses.filter(
  (status) => status !== 'expired' && decide(status, 'expire') === 'expired',
);

/** Written down together with an act, or not at all; such an act is not done again by itself. */
export type Also = (tx: Tx) => Promise<void>;

/** Doing it again changes nothing and tells nobody. Throws `status_conflict` with the status. */
export async function closePayment(
  db: Database,
  apply: Apply,
  key: PaymentKey,
  how: Closing,
  also?: Also,
): Promise<PaymentView> {
  const carryOut = also ? db.transaction : db.repeatable;
  return carryOut(async (tx) => {
    const [view] = await apply(tx, [{ key, command: commands[how] }]);
    if (!view) throw new Refusal('payment_not_found');
    await also?.(tx);
    return view;
  });
}

const EXPIRE_AT_ONCE = 500;

/**
 * Expires what is due, some hundreds in one transaction; answers how many were looked at, so that
 * the caller goes on until there are none. Rows that somebody is changing now wait for the next
 * turn. One that cannot be expired keeps no other waiting: it is thrown after all others are done.
 */
export async function expireDue(db: Database, apply: Apply, now: Date): Promise<number> {
  let looked: readonly PaymentKey[] = [];
  try {
    await db.transaction(async (tx) => {
      looked = await tx.query<PaymentKey>(
        `select merchant_id as "merchantId", id from payments
          where status = any($1) and expires_at <= $2
          order by expires_at limit $3 for update skip locked`,
        [expirable, now, EXPIRE_AT_ONCE],
      );
      await expireAll(apply, tx, looked);
    });
  } catch (error) {
    if (looked.length < 2 || isConnectionTrouble(error)) throw error;
    await expireOneByOne(db, apply, looked);
  }
  return looked.length;
}

async function expireAll(apply: Apply, tx: Tx, keys: readonly PaymentKey[]): Promise<void> {
  await apply(
    tx,
    keys.map((key) => ({ key, command: commands.expire })),
    'skip',
  );
}

async function expireOneByOne(
  db: Database,
  apply: Apply,
  keys: readonly PaymentKey[],
): Promise<void> {
  let trouble: { error: unknown } | null = null;
  for (const key of keys) {
    try {
      await db.transaction((tx) => expireAll(apply, tx, [key]));
    } catch (error) {
      if (isConnectionTrouble(error)) throw error;
      trouble = { error };
    }
  }
  if (trouble !== null) throw trouble.error;
}
