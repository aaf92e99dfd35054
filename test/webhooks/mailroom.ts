// A mailroom for tests: a database, a clock that only tests move, events to send and dispatchers.

import { v7 as newId } from 'uuid';
import { VAULT_KEY_BYTES, createVault } from '../../src/merchants/vault.ts';
import type { EventOfPayment, Payment } from '../../src/payments/nouns.ts';
import { createGuard } from '../../src/webhooks/addresses.ts';
import { createDispatcher } from '../../src/webhooks/deliver.ts';
import type { Dispatcher } from '../../src/webhooks/deliver.ts';
import { deliveriesOfPayment } from '../../src/webhooks/deliveries.ts';
import type { Delivery } from '../../src/webhooks/deliveries.ts';
import { createFanout } from '../../src/webhooks/fanout.ts';
import { createWebhookClient } from '../../src/webhooks/request.ts';
import type { WebhookClient } from '../../src/webhooks/request.ts';
import { houseSchedule } from '../../src/webhooks/schedules.ts';
import type { AttemptReport } from '../../src/webhooks/send.ts';
import type { RenderedWebhook, Schedule } from '../../src/webhooks/webhook.ts';
import { createTestDatabase } from '../harness/database.ts';
import type { TestDatabase } from '../harness/database.ts';

export const merchantId = newId();
export const timeoutMs = 2_000;
export const testSchedule: Schedule = { ...houseSchedule, timeoutMs };
export const vault = createVault(Buffer.alloc(VAULT_KEY_BYTES, 7));

export type Mailroom = Awaited<ReturnType<typeof openMailroom>>;

type DispatcherOptions = Partial<Parameters<typeof createDispatcher>[0]>;

export async function openMailroom() {
  const database: TestDatabase = await createTestDatabase();
  const { db } = database;
  const client = newClient();
  const dispatchers: Dispatcher[] = [];
  const reports: AttemptReport[] = [];
  const watchers = new Set<() => void>();
  let at = Date.parse('2026-03-01T12:00:00Z');
  const now = (): Date => new Date(at);

  const fanout = createFanout({
    merchants: { load: async (_tx, id) => merchantOf(id) },
    renderers: new Map([['test', { webhook: (change) => rendered.get(change) ?? null }]]),
    vault,
    newId,
    now,
  });

  /** Writes one event's delivery, as a payment's change would. */
  async function write(message: Message): Promise<{ paymentId: string }> {
    const change = newChange(message.paymentId ?? newId(), message.seq ?? 1);
    const { url, headers = {}, secretHeaders = {} } = message;
    const body = message.body ?? `${change.event.paymentId} ${change.event.seq}`;
    rendered.set(change, { url, headers, secretHeaders, body });
    await db.transaction((tx) => fanout(tx, [change]));
    return { paymentId: change.event.paymentId };
  }

  function dispatcher(options: DispatcherOptions = {}): Dispatcher {
    const made = createDispatcher({
      db,
      schedules: new Map([['test', testSchedule]]),
      request: client.request,
      vault,
      now,
      log: { warn: () => undefined, error: () => undefined },
      pollMs: 20,
      onAttempt: (report) => {
        reports.push(report);
        for (const look of watchers) look();
      },
      ...options,
    });
    dispatchers.push(made);
    return made;
  }

  /** Resolves when `condition` holds, looking again after each attempt is written down. */
  function attempted(condition: (reports: readonly AttemptReport[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition(reports)) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });
  }

  return {
    db,
    client,
    reports,
    now,
    write,
    dispatcher,
    attempted,
    advance: (ms: number) => {
      at += ms;
    },
    deliveries: (paymentId: string): Promise<Delivery[]> =>
      deliveriesOfPayment(db, { merchantId, id: paymentId }),
    close: async () => {
      await Promise.all(dispatchers.map((one) => one.stop(0)));
      await client.close();
      await database.drop();
    },
  };
}

type Message = {
  readonly url: string;
  readonly paymentId?: string;
  readonly seq?: number;
  readonly headers?: Record<string, string>;
  readonly secretHeaders?: Record<string, string>;
  readonly body?: string;
};

const rendered = new WeakMap<EventOfPayment, RenderedWebhook>();

export function newClient(): WebhookClient {
  return createWebhookClient({ guard: createGuard(['127.0.0.0/8']), version: 'test' });
}

export function merchantOf(id: string) {
  return {
    id,
    shopId: 1,
    name: 'Shop',
    settings: { test: {}, live: {} },
    email: null,
    active: true,
    verification: 'approved',
    document: null,
    fiatWithdraw: false,
  } as const;
}

export function newChange(paymentId: string, seq: number, dialect = 'test'): EventOfPayment {
  const at = new Date();
  const payment: Payment = {
    merchantId,
    id: paymentId,
    mode: 'test',
    direction: 'in',
    number: 1,
    reference: 'AAA-000001-PMT',
    dialect,
    merchantReference: null,
    name: 'A thing',
    price: { units: 1250n, asset: 'USD' },
    status: 'confirming',
    cause: null,
    touched: true,
    paused: false,
    maxUses: 1,
    uses: 0,
    payer: {},
    metadata: null,
    successUrl: null,
    cancelUrl: null,
    callbackUrl: null,
    callbackSecret: null,
    policy: null,
    script: null,
    createdBy: null,
    dialectData: null,
    exchange: null,
    convertPercent: null,
    feeUnits: null,
    eventSeq: seq,
    createdAt: at,
    updatedAt: at,
    expiresAt: at,
  };
  const event = {
    merchantId,
    paymentId,
    seq,
    kind: 'status',
    status: 'confirming',
    previousStatus: 'awaiting',
    at,
    data: {},
  } as const;
  return { event, payment, moment: null };
}
