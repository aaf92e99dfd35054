// The same server with another way to store: nothing stored at all, one transaction per request,
// or the real one without a worker. It answers on a database of its own.

import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { pino } from 'pino';
import { type App, createApp } from '../src/app.ts';
import { keyForms } from '../src/cli/key-forms.ts';
import { loadConfig } from '../src/config.ts';
import { VAULT_KEY_BYTES, createVault } from '../src/merchants/vault.ts';
import { type CreateCommand, draftOf } from '../src/payments/create.ts';
import type { Draft } from '../src/payments/insert.ts';
import type { PaymentView } from '../src/payments/nouns.ts';
import { createReferences } from '../src/payments/references.ts';
import { serveParent } from './child.ts';
import { insertOneByOne } from './naive.ts';
import type { Shop } from './requests.ts';

/** `stubbed`: storage replaced. `naive`: a transaction per request. `outbox`: ours, no worker. */
export type Variant = {
  readonly kind: 'stubbed' | 'naive' | 'outbox';
  readonly connection: pg.ClientConfig;
};

export type VariantServer = { readonly port: number; readonly shop: Shop };

/** What the stub remembers, so that a repetition or a read could be answered: bounded. */
const REMEMBERED = 1_000;

const IDLE_CONNECTION_MS = 1_000;

serveParent(serve);

async function serve({ kind, connection }: Variant): Promise<VariantServer> {
  const environment = { RATE_LIMITS: 'off' };
  const config = loadConfig({ environment, folder: '/nonexistent' });
  const vaultKey = randomBytes(VAULT_KEY_BYTES);
  const now = (): Date => new Date();
  const log = pino({ level: 'warn' });
  const app = await createApp({ config, connection, vaultKey, version: '0', log, now });
  // The database's connections are few, and there are several of us.
  app.db.pool.options.idleTimeoutMillis = IDLE_CONNECTION_MS;
  const shop = await newShop(app);
  if (kind !== 'outbox') await replaceStorage(app, vaultKey, kind);
  const server = app.server();
  const origin = new URL(await server.listen({ port: 0, host: '127.0.0.1' }));
  return { port: Number(origin.port), shop };
}

// Everything before and after storing stays: only what happens to a finished draft differs.
async function replaceStorage(app: App, vaultKey: Buffer, kind: 'stubbed' | 'naive') {
  const { db, options } = app;
  const references = await createReferences(db);
  const deps = { vault: createVault(vaultKey), now: options.now };
  const write = kind === 'naive' ? insertOneByOne(db) : remember();
  const create = async (command: CreateCommand) => {
    const draft = draftOf(deps, command, await references.next());
    await write(draft);
    return { payment: draft.payment, replay: null };
  };
  Object.assign(app.payments, { create });
}

function remember(): (draft: Draft) => Promise<void> {
  const views = new Map<string, PaymentView>();
  return async ({ payment }) => {
    views.set(payment.id, { payment, instructions: [], sightings: [] });
    if (views.size > REMEMBERED) views.delete(views.keys().next().value ?? '');
  };
}

async function newShop({ merchants, credentials }: App): Promise<Shop> {
  const merchant = await merchants.create('Bench');
  const form = keyForms.get('bitxpay');
  if (!form) throw new Error('there is no form of a BitXPay key');
  const mode = 'test';
  const { merchant_key: merchantKey = '' } = await form.prepare(merchants, merchant, mode);
  const apiKey = form.newSecret(mode);
  const owner = { merchantId: merchant.id, dialect: 'bitxpay', mode, label: 'bench' } as const;
  await credentials.issue({ ...owner, secret: apiKey });
  await merchants.updateSettings(merchant.id, mode, withCreatedEvent);
  return { apiKey, merchantKey };
}

function withCreatedEvent<S extends { dialects?: Readonly<Record<string, object>> }>(settings: S) {
  const bitxpay = { ...settings.dialects?.['bitxpay'], acceptWebhookUrl: true, createdEvent: true };
  return { ...settings, dialects: { ...settings.dialects, bitxpay } };
}
