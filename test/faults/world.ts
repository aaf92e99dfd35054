// The whole gateway with a breakable connection to its database, and the oracle of every fault.

import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { expect } from 'vitest';
import { createApp } from '../../src/app.ts';
import { keyForms } from '../../src/cli/key-forms.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import type { Database } from '../../src/db/database.ts';
import { VAULT_KEY_BYTES } from '../../src/merchants/vault.ts';
import type { Rail } from '../../src/rails/rail.ts';
import { type Loop, startWorker } from '../../src/worker.ts';
import { createJournal } from '../chaos/journal.ts';
import { snapshotChecks } from '../chaos/snapshot.ts';
import { createTestDatabase } from '../harness/database.ts';
import { startProxy } from './proxy.ts';

export type World = Awaited<ReturnType<typeof openWorld>>;
export type Json = Record<string, unknown>;

type WorldOptions = {
  readonly config?: Partial<Config>;
  readonly rails?: readonly Rail[];
  /** Settings of each database session, as in `-c lock_timeout=100ms`. */
  readonly session?: string;
};

export const linksPath = '/api/v1/payments/links';

export async function openWorld(options: WorldOptions = {}) {
  const database = await createTestDatabase();
  const proxy = await startProxy(database.connection);
  const defaults = loadConfig({ environment: {}, folder: '/nonexistent' });
  const config: Config = {
    ...defaults,
    logLevel: 'silent',
    rateLimits: false,
    webhookAllowedNetworks: ['127.0.0.0/8'],
    databaseConnections: 8,
    sandboxDelayMs: 0,
    ...options.config,
  };
  const app = await createApp({
    config,
    connection: { ...proxy.connection, ...(options.session ? { options: options.session } : {}) },
    vaultKey: randomBytes(VAULT_KEY_BYTES),
    version: '0.0.0',
    log: pino({ level: config.logLevel }),
    now: () => new Date(),
    ...(options.rails ? { rails: options.rails } : {}),
  });
  const server = app.server();
  await server.ready();
  const shop = await newShop(app);
  let worker: Loop | null = null;

  async function call(method: 'GET' | 'POST' | 'PATCH', url: string, body?: Json, key?: string) {
    const answer = await server.inject({
      method,
      url,
      headers: { 'x-api-key': shop.key, ...(key === undefined ? {} : { 'idempotency-key': key }) },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: answer.statusCode, text: answer.body, headers: answer.headers };
  }

  /** Asks for a link; `name` tells it from all others. */
  function create(name: string, change: Json = {}, key?: string) {
    return call('POST', linksPath, { ...linkBody(shop.merchantKey, name), ...change }, key);
  }

  async function link(name: string, change: Json = {}): Promise<string> {
    const { status, text } = await create(name, change);
    expect(status, text).toBe(200);
    return (JSON.parse(text) as { id: string }).id;
  }

  /** How many links bear the name. */
  async function made(name: string): Promise<number> {
    const sql = 'select 1 from payments where name = $1';
    return (await database.db.query(sql, [name])).length;
  }

  async function view(id: string) {
    const found = await app.payments.find({ merchantId: shop.merchantId, mode: 'test' }, id);
    if (!found) throw new Error(`no payment ${id}`);
    return found;
  }

  async function startsWorker(): Promise<void> {
    worker = await startWorker(app, true);
  }

  async function close(): Promise<void> {
    proxy.plan([]);
    proxy.comeBack();
    await server.close();
    await worker?.stop();
    await app.close();
    await proxy.close();
    await database.drop();
  }

  return {
    app,
    proxy,
    shop,
    call,
    create,
    link,
    made,
    view,
    startsWorker,
    close,
    /** Straight to the database, past the proxy. */
    db: database.db,
    play: (id: string, event: string) => call('POST', `/sandbox/payments/${id}`, { event }),
    patch: (id: string, status: string) => call('PATCH', `${linksPath}/${id}`, { status }),
    sound: () => sound(database.db),
  };
}

/** The oracle: ledger, events and sightings agree, whatever was broken before. */
async function sound(db: Database): Promise<void> {
  for (const { name, find } of snapshotChecks(db, createJournal())) {
    expect(await find(), name).toEqual([]);
  }
}

function linkBody(merchantKey: string, name: string): Json {
  return {
    merchant_key: merchantKey,
    order_currency: 'USD',
    order_amount: 12.5,
    payment_name: name,
    payer_email: 'payer@example.com',
    success_url: 'https://shop.example.com/thanks',
    cancel_url: 'https://shop.example.com/cart',
    webhook_data: { name },
  };
}

async function newShop(app: Awaited<ReturnType<typeof createApp>>) {
  const form = keyForms.get('bitxpay');
  if (!form) throw new Error('there is no form of a BitXPay key');
  const merchant = await app.merchants.create('Test shop');
  const beside = await form.prepare(app.merchants, merchant, 'test');
  const key = form.newSecret('test');
  const owner = { merchantId: merchant.id, dialect: 'bitxpay', mode: 'test', label: 'f' } as const;
  await app.credentials.issue({ ...owner, secret: key });
  return { merchantId: merchant.id, key, merchantKey: beside['merchant_key'] ?? '' };
}
