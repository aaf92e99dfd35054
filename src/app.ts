// The composition root: every module is built here, by hand, and handed what it needs.

import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import type { Logger } from 'pino';
import { createCheckout } from './checkout/checkout.ts';
import type { Config } from './config.ts';
import { type Database, createDatabase } from './db/database.ts';
import { pendingMigrations } from './db/migrate.ts';
import { type Desk, createDesk, deskApi } from './desk-wiring.ts';
import type { Dialect } from './dialects/dialect.ts';
import { createSandboxControls } from './dialects/dragoman/sandbox.ts';
import { type DialectNeeds, createDialects } from './dialects/index.ts';
import { createLimiter } from './dialects/limiter.ts';
import { type Exchanges, createExchanges } from './exchanges/exchanges.ts';
import { type Job, enqueue } from './jobs/jobs.ts';
import { type Credentials, createCredentials } from './merchants/credentials.ts';
import { newId } from './merchants/ids.ts';
import { type Merchants, createMerchants } from './merchants/merchants.ts';
import { type People, createPeople } from './merchants/people.ts';
import type { Users } from './merchants/users.ts';
import { type Vault, createVault } from './merchants/vault.ts';
import { type Metrics, createMetrics } from './metrics.ts';
import type { ReadinessCheck } from './operations.ts';
import { type Changes, createChanges } from './payments/changes.ts';
import type { EventListener } from './payments/events.ts';
import { recall } from './payments/idempotency.ts';
import { type Payments, createPayments } from './payments/payments.ts';
import { type Market, createMarket } from './rates/market.ts';
import { createPairState } from './rates/pair-state.ts';
import { type Rates, createRates } from './rates/rates.ts';
import type { RateSource } from './rates/source.ts';
import { createTableSource } from './rates/table.ts';
import { createTestSource } from './rates/test-table.ts';
import { type Rails, createRails } from './rails/index.ts';
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
  readonly people: People;
  readonly users: Users;
  readonly payments: Payments;
  readonly rates: Rates;
  readonly exchanges: Exchanges;
  readonly desk: Desk;
  /** Everything that is done later, by whichever worker comes first. */
  readonly jobs: readonly Job[];
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
  const db = openDatabase(options, onError);
  const merchants = createMerchants({ db, now });
  const credentials = createCredentials({ db, now });
  const secretKey = options.vaultKey;
  const vault = createVault(secretKey);
  const desk = createDesk({ db, secretKey, enqueue, now, log, payments: () => payments });
  const { rails, close: closeRails } = railsOf(options, db, desk);
  const people = createPeople({ db, secretKey, now });
  const { market, fixed, rates } = ratesOf(options, db);
  const metrics = createMetrics(db);
  metrics.showRates(rates.health, now);
  const settings = config.exchanges;
  const onFinished = metrics.converted;
  const exchanges = createExchanges({ db, vault, rates, enqueue, now, settings, onFinished });
  const changes = createChanges({ connection: options.connection, onError });
  // Payments tell the fanout, which asks the dialects, which talk to payments: the circle is closed
  // by filling this map once all three stand.
  const renderers = new Map<string, Dialect>();
  const fanout = createFanout({ merchants, renderers, vault, newId, now, log });
  const payments = await createPayments({
    db,
    merchants,
    vault,
    rails,
    rates,
    enqueue,
    now,
    listener: listenerOf(exchanges, fanout, desk),
    payoutMade: desk.payouts.payoutMade,
    // Other changes reach the dispatcher, here and elsewhere, by what `changes` hears.
    committed: (deliveries) => {
      if (deliveries > 0) dispatcher.wake();
    },
    sandboxDelayMs: config.sandboxDelayMs,
    maxWaiting: config.maxWaitingCreates,
  });
  const parts = {
    options,
    db,
    merchants,
    credentials,
    people,
    users: people.users,
    payments,
    rates,
    exchanges,
    desk,
    jobs: [...payments.jobs, ...people.jobs, ...exchanges.jobs, ...desk.jobs],
    changes,
    rails,
    metrics,
  };
  const pairState = createPairState({ rates, market, fixed, now });
  const dialects = createDialects(dialectNeeds(parts, vault, pairState));
  for (const dialect of dialects) renderers.set(dialect.name, dialect);
  const client = webhookClient(options);
  const dispatcher = dispatcherOf(parts, vault, dialects, client);
  changes.onAny(() => dispatcher.wake());
  let server: FastifyInstance | null = null;
  return {
    ...parts,
    dispatcher,
    server: () => (server ??= serverOf(parts, dialects)),
    close: async () => {
      await payments.drain();
      await changes.stop();
      for (const part of [client, { close: rates.stop }, exchanges, people]) await part.close();
      await closeRails();
      await db.close();
    },
  };
}

function openDatabase(
  { connection, config }: AppOptions,
  onError: (error: Error) => void,
): Database {
  return createDatabase({
    connection,
    maxConnections: config.databaseConnections,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onError,
  });
}

function railsOf({ config, now, log, rails: more }: AppOptions, db: Database, desk: Desk): Rails {
  return createRails({ config, db, now, log, desk: desk.rail, more });
}

/** Whoever hears of events, in the order in which everybody locks what is theirs. */
function listenerOf(exchanges: Exchanges, fanout: EventListener, desk: Desk): EventListener {
  return async (tx, events) => {
    await exchanges.listener(tx, events);
    const deliveries = await fanout(tx, events);
    // Last: it takes requisites, for which others wait who hold nothing but payments.
    await desk.follow(tx, events);
    await desk.payouts.followPayouts(tx, events);
    return deliveries;
  };
}

type Parts = Omit<App, 'dispatcher' | 'server' | 'close'>;

function ratesOf(
  { config, log, now }: AppOptions,
  db: Database,
): { market: Market; fixed: RateSource; rates: Rates } {
  const fixed = createTableSource(config.rates, { name: 'settings', testOnly: false, now });
  const market = createMarket({
    db,
    exchanges: config.exchanges,
    now,
    onError: (error) => log.warn({ err: error }, 'the market prices could not be read'),
  });
  const test = createTestSource(now);
  return { market, fixed, rates: createRates({ test, live: fixed, market, now }) };
}

function dialectNeeds(
  parts: Parts,
  vault: Vault,
  pairState: DialectNeeds['xpay']['rates']['pairState'],
): DialectNeeds {
  const { options, db, merchants, credentials, payments, people, rates } = parts;
  const { config, now } = options;
  const lifted = !config.rateLimits;
  const limiter = createLimiter({ now, lifted });
  const checkoutOrigin = config.publicOrigin;
  const remembered: DialectNeeds['xpay']['remembered'] = async (asked) =>
    (await recall(db, [{ ...asked, paymentId: null }], now()))[0] ?? null;
  return {
    xlink: {
      payments,
      remembered,
      credentials,
      merchantOf: (merchantId) => merchants.load(db, merchantId),
      merchantByShop: merchants.findByShop,
      limiter,
      burst: createLimiter({ now, lifted, windowSeconds: 1 }),
      vault,
      now,
      config: { checkoutOrigin },
    },
    bitxpay: {
      payments,
      credentials,
      settingsOf: async (caller) =>
        (await merchants.load(db, caller.merchantId)).settings[caller.mode],
      limiter,
      rates,
      openSecret: payments.secretOf,
      now,
      config: {
        checkoutOrigin,
        shortPrefix: config.bitxpayShortPrefix,
        extraMagic: config.bitxpayExtraMagic,
      },
    },
    xpay: {
      payments,
      remembered,
      users: people.users,
      signIn: people.signIn,
      merchantOf: (merchantId) => merchants.load(db, merchantId),
      rates: { exchanges: rates.exchanges, version: rates.version, pairState },
      limiter,
      open: vault.open,
      now,
      config: { checkoutOrigin },
    },
    xbillion: {
      payments,
      remembered,
      credentials,
      merchantOf: (merchantId) => merchants.load(db, merchantId),
      limiter,
      rates,
      vault,
      openSecret: payments.secretOf,
      now,
      config: { checkoutOrigin },
    },
  };
}

function webhookClient({ config, version }: AppOptions): WebhookClient {
  return createWebhookClient({ guard: createGuard(config.webhookAllowedNetworks), version });
}

function dispatcherOf(
  { options, db, metrics, payments }: Parts,
  vault: Vault,
  dialects: readonly Dialect[],
  client: WebhookClient,
): Dispatcher {
  return createDispatcher({
    db,
    schedules: new Map(dialects.map((dialect) => [dialect.name, dialect.schedule])),
    request: client.request,
    vault,
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
  const everybody = merchants.list;
  const door = {
    users: parts.users,
    merchantExists: async (id: string) => (await everybody()).some((one) => one.id === id),
  };
  return createServer({
    dialects: [...dialects, deskApi(parts.desk, door)],
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
