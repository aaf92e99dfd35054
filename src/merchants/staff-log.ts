// The staff log: what people did, written in the transaction that does it. Rows are only added.

import type { Tx } from '../db/database.ts';
import { newId } from './ids.ts';

/** Who acts, and from where; a null `userId` is whoever holds the server's own shell. */
export type Actor = {
  readonly userId: string | null;
  readonly address: string | null;
};

/** The server's own shell: whoever may run commands there owns the database anyway. */
export const shell: Actor = { userId: null, address: null };

export type StaffAction = Actor & {
  readonly at: Date;
  /** Null: it concerns no merchant. */
  readonly merchantId: string | null;
  /** What was done, as `user.created`. */
  readonly action: string;
  /** What it was done to: an id, an e-mail. */
  readonly subject: string | null;
  /** What changed. Never a secret: this log is read by people. */
  readonly details: Readonly<Record<string, unknown>> | null;
};

export type StaffActionRow = StaffAction & { readonly id: string };

const MAX_LISTED = 1_000;

/** Call it in the transaction of the act itself: neither is ever there without the other. */
export async function record(tx: Tx, action: StaffAction): Promise<void> {
  const { at, userId, merchantId, action: name, subject, details, address } = action;
  await tx.query(
    `insert into staff_actions (id, at, user_id, merchant_id, action, subject, details, address)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [newId(), at, userId, merchantId, name, subject, details, address],
  );
}

export type StaffLogFilter = {
  readonly merchantId?: string;
  readonly userId?: string;
  /** Only what was done before this row, for the next page. */
  readonly before?: Pick<StaffActionRow, 'at' | 'id'>;
  readonly limit?: number;
};

/** Newest first, a thousand at most. */
export async function listStaffActions(tx: Tx, filter: StaffLogFilter): Promise<StaffActionRow[]> {
  const { merchantId, userId, before, limit = MAX_LISTED } = filter;
  return tx.query<StaffActionRow>(
    `select id, at, user_id as "userId", merchant_id as "merchantId", action, subject, details,
            address
       from staff_actions
      where ($1::uuid is null or merchant_id = $1)
        and ($2::uuid is null or user_id = $2)
        and ($3::timestamptz is null or (at, id) < ($3, $4::uuid))
      order by at desc, id desc limit $5`,
    [
      merchantId ?? null,
      userId ?? null,
      before?.at ?? null,
      before?.id ?? null,
      Math.min(limit, MAX_LISTED),
    ],
  );
}
