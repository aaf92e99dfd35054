// The composition root: every module is built here, by hand, and handed what it needs.

import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import type { Logger } from 'pino';
import { v7 as newId } from 'uuid';
import { createCheckout } from './checkout/checkout.ts';
import type { Config } from './config.ts';
import { type Database, createDatabase } from './db/database.ts';
import { pendingMigrations } from './db/migrate.ts';
import type { Dialect } from './dialects/dialect.ts';
import { createSandboxControls } from './dialects/dragoman/sandbox.ts';
import { createDialects } from './dialects/index.ts';
import { createLimiter } from './dialects/limiter.ts';
import { enqueue } from './jobs/jobs.ts';
import { type Credentials, createCredentials } from './merchants/credentials.ts';
import { type Merchants, createMerchants } from './merchants/merchants.ts';
import { createVault } from './merchants/vault.ts';
import { type Metrics, createMetrics } from './metrics.ts';
import type { ReadinessCheck } from './operations.ts';
import { type Changes, createChanges } from './payments/changes.ts';
import { type Payments, createPayments } from './payments/payments.ts';
import { type Rates, createRates } from './rates/rates.ts';
import { createTableSource } from './rates/table.ts';
import { createTestSource } from './rates/test-table.ts';
import { createRails } from './rails/index.ts';
import type { Rail } from './rails/rail.ts';
import { createServer } from './server.ts';
import { createGuard } from './webhooks/addresses.ts';
import { createFanout } from './webhooks/fanout.ts';
import { type WebhookClient, createWebhookClient } from './webhooks/request.ts';
import { type Dispatcher, createDispatcher } from './webhooks/deliver.ts';

export type AppOptions = {
  readonly config: Config;
  readonly connection: pg.ClientConfig;
  readonly vaultKey: Buffer;
  readonly version: string;
  readonly log: Logger;
  readonly now: () => Date;
  /** More rails than the configured ones, for tests. */
  readonly rails?: readonly Rail[];
};

export type App = {
  readonly options: AppOptions;
  readonly db: Database;
  readonly merchants: Merchants;
  readonly credentials: Credentials;
  readonly payments: Payments;
  readonly changes: Changes;
  readonly rails: readonly Rail[];
  readonly dispatcher: Dispatcher;
  readonly metrics: Metrics;
  /** Role "api"; built once, listens nowhere by itself. */
  server(): FastifyInstance;
  /** Ends what the app opened; the server and the worker are stopped before. */
  close(): Promise<void>;
};

const STATEMENT_TIMEOUT_MS = 30_000;

export async function createApp(options: AppOptions): Promise<App> {
  const { config, log, now } = options;
  const onError = (error: Error): void => log.warn({ err: error }, 'a database connection broke');
  const db = createDatabase({
    connection: options.connection,
    maxConnections: config.databaseConnections,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onError,
  });
  const merchants = createMerchants({ db, now });
  const credentials = createCredentials({ db, now });
  const vault = createVault(options.vaultKey);
  const { rails, close: closeRails } = createRails({ config, db, now, log, more: options.rails });
  const rates = ratesOf(config, now);
  const metrics = createMetrics(db);
  const changes = createChanges({ connection: options.connection, onError });
  // Payments tell the fanout, which asks the dialects, which talk to payments: the circle is closed
  // by filling this map once all three stand.
  const renderers = new Map<string, Dialect>();
  const fanout = createFanout({ merchants, renderers, newId, now, log });
  const payments = await createPayments({
    db,
    merchants,
    vault,
    rails,
    rates,
    enqueue,
    now,
    listener: fanout,
    // Other changes reach the dispatcher, here and elsewhere, by what `changes` hears.
    committed: (deliveries) => {
      if (deliveries > 0) dispatcher.wake();
    },
    sandboxDelayMs: config.sandboxDelayMs,
    maxWaiting: config.maxWaitingCreates,
  });
  const parts = { options, db, merchants, credentials, payments, rates, changes, rails, metrics };
  const dialects = dialectsOf(parts);
  for (const dialect of dialects) renderers.set(dialect.name, dialect);
  const client = webhookClient(options);
  const dispatcher = dispatcherOf(parts, dialects, client);
  changes.onAny(() => dispatcher.wake());
  let server: FastifyInstance | null = null;
  return {
    ...parts,
    dispatcher,
    server: () => (server ??= serverOf(parts, dialects)),
    close: async () => {
      await payments.drain();
      await changes.stop();
      await client.close();
      await closeRails();
      await db.close();
    },
  };
}

type Parts = Pick<
  App,
  'options' | 'db' | 'merchants' | 'credentials' | 'payments' | 'changes' | 'rails' | 'metrics'
> & { readonly rates: Rates };

function ratesOf(config: Config, now: () => Date): Rates {
  const live = createTableSource(config.rates, { name: 'settings', testOnly: false, now });
  return createRates({ test: createTestSource(now), live, now });
}

function dialectsOf(parts: Parts): readonly Dialect[] {
  const { options, db, merchants, credentials, payments, rates } = parts;
  const { config, now } = options;
  return createDialects({
    bitxpay: {
      payments,
      credentials,
      settingsOf: async (caller) =>
        (await merchants.load(db, caller.merchantId)).settings[caller.mode],
      limiter: createLimiter({ now, lifted: !config.rateLimits }),
      rates,
      openSecret: payments.secretOf,
      now,
      config: {
        checkoutOrigin: config.publicOrigin,
        shortPrefix: config.bitxpayShortPrefix,
        extraMagic: config.bitxpayExtraMagic,
      },
    },
  });
}

function webhookClient({ config, version }: AppOptions): WebhookClient {
  return createWebhookClient({ guard: createGuard(config.webhookAllowedNetworks), version });
}

function dispatcherOf(
  { options, db, metrics, payments }: Parts,
  dialects: readonly Dialect[],
  client: WebhookClient,
): Dispatcher {
  return createDispatcher({
    db,
    schedules: new Map(dialects.map((dialect) => [dialect.name, dialect.schedule])),
    request: client.request,
    now: options.now,
    log: options.log,
    onAttempt: metrics.attempted,
    isCrowded: payments.isCrowded,
  });
}

function serverOf(parts: Parts, dialects: readonly Dialect[]): FastifyInstance {
  const { options, db, merchants, payments, changes, metrics } = parts;
  const checkout = createCheckout({
    payments,
    onChange: changes.onChange,
    merchantName: async (id) => (await merchants.load(db, id)).name,
    now: options.now,
    testButtons: true,
  });
  const { trustProxy } = options.config;
  return createServer({
    dialects,
    plugins: [async (instance) => void instance.register(checkout), createSandboxControls(parts)],
    checks: readinessChecks(parts),
    metrics: metrics.registry,
    log: options.log,
    trustProxy: trustProxy === false ? false : [...trustProxy],
  });
}

function readinessChecks({ options, db, rails }: Parts): ReadinessCheck[] {
  return [
    {
      name: 'database',
      check: async () => {
        await db.query('select 1');
        return null;
      },
    },
    {
      name: 'migrations',
      check: async () => {
        const waiting = await pendingMigrations(options.connection);
        return waiting.length === 0 ? null : `not applied yet: ${waiting.join(', ')}`;
      },
    },
    ...rails.map((rail) => ({ name: rail.name, check: () => rail.health() })),
  ];
}
