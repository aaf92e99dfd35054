// What operators may see of deliveries: those of one payment with every attempt, and how many wait.

import type { Tx } from '../db/database.ts';
import type { Outcome } from './schedules.ts';

export type Attempt = {
  readonly deliveryId: string;
  readonly attempt: number;
  readonly at: Date;
  readonly durationMs: number;
  readonly outcome: Outcome;
  readonly httpStatus: number | null;
  /** What the receiver said, or why nothing was sent. */
  readonly answer: string | null;
};

export type Delivery = {
  readonly id: string;
  readonly eventSeq: number;
  readonly dialect: string;
  readonly url: string;
  readonly body: string;
  readonly status: 'pending' | 'delivered' | 'dead';
  /** null when nothing more is going to happen. */
  readonly nextAt: Date | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  /** Oldest first. */
  readonly attempts: readonly Attempt[];
};

/** In the order of the payment's events. Headers are left out: some hold a merchant's secret. */
export async function deliveriesOfPayment(
  db: Tx,
  payment: { readonly merchantId: string; readonly id: string },
): Promise<Delivery[]> {
  const deliveries = await db.query<Omit<Delivery, 'attempts'>>(
    `select id, event_seq as "eventSeq", dialect, url, body, status,
            case when status = 'pending' then next_at end as "nextAt",
            created_at as "createdAt", finished_at as "finishedAt"
     from deliveries where merchant_id = $1 and payment_id = $2
     order by event_seq, id`,
    [payment.merchantId, payment.id],
  );
  const attempts = await db.query<Attempt>(
    `select delivery_id as "deliveryId", attempt, at, duration_ms as "durationMs", outcome,
            http_status as "httpStatus", answer
     from delivery_attempts where merchant_id = $1 and delivery_id = any($2::uuid[])
     order by delivery_id, attempt`,
    [payment.merchantId, deliveries.map((one) => one.id)],
  );
  return deliveries.map((delivery) => ({
    ...delivery,
    attempts: attempts.filter((one) => one.deliveryId === delivery.id),
  }));
}

export type Backlog = {
  readonly pending: number;
  /** When the longest overdue of them should have been tried; null when none is overdue. */
  readonly oldestDueAt: Date | null;
};

/** Reads every pending row: for a metrics page every few seconds, not for every request. */
export async function backlog(db: Tx, now: Date): Promise<Backlog> {
  const [row] = await db.query<Backlog>(
    `select count(*) as pending, min(next_at) filter (where next_at <= $1) as "oldestDueAt"
     from deliveries where status = 'pending'`,
    [now],
  );
  return row ?? { pending: 0, oldestDueAt: null };
}
