// What the database holds, read whole: the oracle compares it with what the shop knows.

import type pg from 'pg';
import { type Database, createDatabase } from '../../src/db/database.ts';
import { embeddedConnection } from '../../src/db/embedded.ts';
import type { Status } from '../../src/payments/machine.ts';
import type { EventKind, Payment, PaymentEvent } from '../../src/payments/nouns.ts';
import { type PaymentRow, paymentColumns, toPayment } from '../../src/payments/rows.ts';

export type Delivery = {
  readonly payment_id: string;
  readonly event_seq: number;
  readonly url: string;
  readonly body: string;
  readonly status: string;
  readonly attempts: number;
};

export type Observation = {
  readonly payment_id: string;
  readonly asset: string;
  readonly units: string;
  readonly final: boolean;
  readonly suspense_units: string;
  readonly available_units: string;
  readonly fees_units: string;
};

/** One payment with all that belongs to it, each list in the order of its events or of time. */
export type PaymentRecord = {
  readonly payment: Payment;
  readonly events: PaymentEvent[];
  readonly deliveries: Delivery[];
  readonly observations: Observation[];
};

const CONNECTIONS = 2;
const STATEMENT_LIMIT_MS = 60_000;

export async function openRecords(dataDir: string): Promise<Database> {
  const connection = await embeddedConnection(dataDir);
  if (!connection) throw new Error(`no database is running on ${dataDir}`);
  return createDatabase({
    connection: connection as pg.ClientConfig,
    maxConnections: CONNECTIONS,
    statementTimeoutMs: STATEMENT_LIMIT_MS,
    onError: () => undefined,
  });
}

export async function readRecords(db: Database): Promise<Map<string, PaymentRecord>> {
  const records = new Map<string, PaymentRecord>();
  const payments = await db.query<PaymentRow>(`select ${paymentColumns} from payments p`);
  for (const row of payments) {
    const record = { payment: toPayment(row), events: [], deliveries: [], observations: [] };
    records.set(row.id, record);
  }
  const strays: string[] = [];
  const recordOf = (id: string): PaymentRecord | undefined => {
    const found = records.get(id);
    if (!found) strays.push(id);
    return found;
  };
  for (const row of await db.query<EventRow>('select * from events order by payment_id, seq')) {
    recordOf(row.payment_id)?.events.push(toEvent(row));
  }
  const deliveries = await db.query<Delivery>(
    `select payment_id, event_seq, url, body, status, attempts from deliveries
      order by payment_id, event_seq, id`,
  );
  for (const row of deliveries) recordOf(row.payment_id)?.deliveries.push(row);
  const observations = await db.query<Observation>('select * from observations');
  for (const row of observations) recordOf(row.payment_id)?.observations.push(row);
  if (strays.length > 0) throw new Error(`rows of no payment: ${strays.slice(0, 5).join(', ')}`);
  return records;
}

type EventRow = {
  readonly merchant_id: string;
  readonly payment_id: string;
  readonly seq: number;
  readonly kind: EventKind;
  readonly status: Status;
  readonly previous_status: Status | null;
  readonly at: Date;
  readonly data: PaymentEvent['data'] | null;
};

function toEvent(row: EventRow): PaymentEvent {
  return {
    merchantId: row.merchant_id,
    paymentId: row.payment_id,
    seq: row.seq,
    kind: row.kind,
    status: row.status,
    previousStatus: row.previous_status,
    at: row.at,
    data: row.data ?? {},
  };
}
