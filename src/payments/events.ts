// Events: what happened to a payment, in order. They are the outbox: whoever must hear of them is
// told inside the transaction that writes them.

import { type Tx, send } from '../db/database.ts';
import type { EventKind, EventOfPayment, Payment, PaymentEvent } from './nouns.ts';

/**
 * Runs inside the transaction that appends the events; what it writes commits with them. Answers
 * how many deliveries wait because of them.
 */
export type EventListener = (tx: Tx, changes: readonly EventOfPayment[]) => Promise<number>;

/** The channel on which other processes hear which payments changed. */
export const changesChannel = 'dragoman_payments';

export type Happening = {
  readonly kind: EventKind;
  readonly data: PaymentEvent['data'];
};

/** `before` is null for a new payment. `payment.eventSeq` is the last number used. */
export function numbered(
  payment: Payment,
  before: Payment | null,
  happenings: readonly Happening[],
  at: Date,
): PaymentEvent[] {
  const first = payment.eventSeq - happenings.length + 1;
  return happenings.map(({ kind, data }, index) => ({
    merchantId: payment.merchantId,
    paymentId: payment.id,
    seq: first + index,
    kind,
    status: payment.status,
    previousStatus: before?.status ?? null,
    at,
    data,
  }));
}

export async function appendEvents(
  tx: Tx,
  changes: readonly EventOfPayment[],
  listener: EventListener,
): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map(({ event }) => ({
    merchant_id: event.merchantId,
    payment_id: event.paymentId,
    seq: event.seq,
    kind: event.kind,
    status: event.status,
    previous_status: event.previousStatus,
    at: event.at,
    data: event.data,
  }));
  await send(tx, {
    text: `insert into events
       (merchant_id, payment_id, seq, kind, status, previous_status, at, data)
     select * from json_to_recordset($1) as e (merchant_id uuid, payment_id uuid, seq int,
       kind text, status text, previous_status text, at timestamptz, data jsonb)`,
    values: [JSON.stringify(rows)],
    name: 'events-append',
  });
  await listener(tx, changes);
}

const MAX_NOTIFIED = 200;

/**
 * Tells every process which payments look different now. Once per transaction and never on the
 * create path: a NOTIFY serialises commits. Past a few hundred payments the names would not fit,
 * and everybody looks for themselves.
 */
export async function announce(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const message = ids.length > MAX_NOTIFIED ? '*' : ids.join(',');
  await send(tx, { text: 'select pg_notify($1, $2)', values: [changesChannel, message] });
}
