// The whole gateway on a database of its own, with a clock in the test's hands.

import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { createApp } from '../../src/app.ts';
import { keyForms } from '../../src/cli/key-forms.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import type { Mode } from '../../src/merchants/settings.ts';
import { VAULT_KEY_BYTES } from '../../src/merchants/vault.ts';
import type { Rail } from '../../src/rails/rail.ts';
import { startWorker } from '../../src/worker.ts';
import { createTestDatabase } from './database.ts';

export type TestApp = Awaited<ReturnType<typeof startTestApp>>;

export type TestAppOptions = {
  /** Settings by their property names in config.ts. */
  readonly config?: Partial<Config>;
  /** Rails beside the sandbox. */
  readonly rails?: readonly Rail[];
  /** Also the worker: watchers, deadlines, webhooks and jobs, on the real clock. */
  readonly worker?: boolean;
  /** Real time instead of `clock.at`. */
  readonly realClock?: boolean;
};

/** Private networks may be reached: receivers in tests listen on the loopback. */
export async function startTestApp(options: TestAppOptions = {}) {
  const database = await createTestDatabase();
  const clock = { at: new Date('2026-01-31T12:00:00.000Z') };
  const realTime = options.realClock ?? options.worker ?? false;
  const config = testConfig(options.config);
  const app = await createApp({
    config,
    connection: database.connection,
    vaultKey: randomBytes(VAULT_KEY_BYTES),
    version: '0.0.0',
    log: pino({ level: config.logLevel }),
    now: () => (realTime ? new Date() : new Date(clock.at)),
    ...(options.rails ? { rails: options.rails } : {}),
  });
  const worker = options.worker ? await startWorker(app, true) : null;
  if (options.worker) await app.changes.start();
  const server = app.server();
  await server.ready();
  const merchant = await app.merchants.create('Test shop');
  const test = await newKey(app, merchant.id, 'test');
  const live = await newKey(app, merchant.id, 'live');

  return {
    app,
    server,
    clock,
    db: app.db,
    connection: database.connection,
    merchant,
    /** API keys and merchant keys of the BitXPay dialect. */
    test,
    live,
    newKey: (merchantId: string, mode: Mode) => newKey(app, merchantId, mode),
    async close(): Promise<void> {
      await server.close();
      await worker?.stop();
      await app.close();
      await database.drop();
    },
  };
}

function testConfig(overrides: Partial<Config> = {}): Config {
  const defaults = loadConfig({ environment: {}, folder: '/nonexistent' });
  return {
    ...defaults,
    logLevel: 'silent',
    webhookAllowedNetworks: ['127.0.0.0/8'],
    databaseConnections: 8,
    ...overrides,
  };
}

async function newKey(
  app: Awaited<ReturnType<typeof createApp>>,
  merchantId: string,
  mode: Mode,
): Promise<{ id: string; key: string; merchantKey: string }> {
  const form = keyForms.get('bitxpay');
  const [merchant] = (await app.merchants.list()).filter((one) => one.id === merchantId);
  if (!form || !merchant) throw new Error('no such merchant');
  const beside = await form.prepare(app.merchants, merchant, mode);
  const key = form.newSecret(mode);
  const owner = { merchantId, dialect: 'bitxpay', mode, label: 'test' } as const;
  const { id } = await app.credentials.issue({ ...owner, secret: key });
  return { id, key, merchantKey: beside.merchant_key ?? '' };
}
