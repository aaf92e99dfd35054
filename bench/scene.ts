// Everything a run needs: the gateway, its database, the servers it is compared with, the load.

import type pg from 'pg';
import { type Database, createDatabase } from '../src/db/database.ts';
import { migrateJobs } from '../src/jobs/jobs.ts';
import { migrate } from '../src/db/migrate.ts';
import { createMerchants } from '../src/merchants/merchants.ts';
import { type Helper, startHelper } from './child.ts';
import { type Gateway, newDataFolder, startGateway } from './gateway.ts';
import { type Inserts, createInserts } from './limits.ts';
import type { Load, LoadResult } from './load.ts';
import type { ReceiverAnswer, ReceiverQuestion } from './receiver.ts';
import type { Shop } from './requests.ts';
import { type Series, createSeries } from './series.ts';
import type { Variant, VariantServer } from './variant-server.ts';
import type { WebhookLoop } from './webhook-loop.ts';

export type Plan = {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** How many deliveries wait when the dispatcher's rate is measured. */
  readonly deliveries: number;
  readonly ledgerTransfers: number;
};

export type Target = { readonly port: number; readonly shop: Shop };

/** Its times are the plan's when they are left out. */
type Sent = Omit<Load, 'seconds' | 'warmUpSeconds'> & Partial<Load>;

export type Scene = {
  readonly plan: Plan;
  readonly series: Series;
  readonly dataDir: string;
  readonly gateway: Gateway;
  readonly real: Target;
  readonly stubbed: Target;
  readonly naive: Target;
  readonly outbox: Target;
  readonly barePort: number;
  /** The gateway's own database. */
  readonly db: Database;
  /** One of the same shape beside it, on the same server, for all that is not the gateway. */
  readonly beside: Database;
  readonly besideConnection: pg.ClientConfig;
  readonly inserts: Inserts;
  readonly receiver: Helper<ReceiverQuestion, ReceiverAnswer>;
  readonly webhookLoop: Helper<WebhookLoop, number>;
  /** Creates that the gateway acknowledged, all phases together. */
  acknowledged: number;
  /** The most memory that the gateway's process held after any phase. */
  mostMemoryMb: number;
  /** What must not happen and did; it voids the run. */
  readonly mishaps: string[];
  send(load: Sent): Promise<LoadResult>;
  /** The same from another process, while the first one is sending. */
  sendBeside(load: Sent): Promise<LoadResult>;
  /** Stops the helpers and the gateway, and leaves the data folder. */
  close(): Promise<void>;
};

const BESIDE = 'bench';
const OWN_CONNECTIONS = 3;
const STATEMENT_TIMEOUT_MS = 300_000;

export async function openScene(plan: Plan, nodeOptions: string): Promise<Scene> {
  const dataDir = await newDataFolder();
  const gateway = await startGateway(dataDir, nodeOptions);
  const db = openDatabase(gateway.connection);
  const besideConnection = { ...gateway.connection, database: BESIDE };
  await db.query(`create database ${BESIDE}`);
  await migrate(besideConnection);
  const beside = openDatabase(besideConnection);
  await migrateJobs(beside);
  await allowWebhookUrls(db, gateway);
  const { bitxpay: keys } = gateway.demo;
  const shop = { apiKey: keys.api_key, merchantKey: keys.merchant_key };
  const helpers: { stop(): Promise<void> }[] = [];
  const load = kept(startHelper<Load, LoadResult>('load.ts'));
  const loadBeside = kept(startHelper<Load, LoadResult>('load.ts'));
  const receiver = kept(startHelper<ReceiverQuestion, ReceiverAnswer>('receiver.ts'));
  const webhookLoop = kept(startHelper<WebhookLoop, number>('webhook-loop.ts'));
  const inserts = kept(await createInserts(besideConnection));
  const { seconds, warmUpSeconds } = plan;

  function kept<H extends { stop(): Promise<void> }>(helper: H): H {
    helpers.push(helper);
    return helper;
  }

  function variant(kind: Variant['kind']): Promise<VariantServer> {
    const helper = kept(startHelper<Variant, VariantServer>('variant-server.ts'));
    return helper.ask({ kind, connection: besideConnection });
  }

  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    for (const helper of helpers) await helper.stop();
    await db.close();
    await beside.close();
    await gateway.stop();
  }

  const scene: Scene = {
    plan,
    dataDir,
    gateway,
    db,
    beside,
    besideConnection,
    inserts,
    receiver,
    webhookLoop,
    series: createSeries(),
    real: { port: gateway.port, shop },
    stubbed: await variant('stubbed'),
    naive: await variant('naive'),
    outbox: await variant('outbox'),
    barePort: await kept(startHelper<null, number>('bare-server.ts')).ask(null),
    acknowledged: 0,
    mostMemoryMb: 0,
    mishaps: [],
    async send(one) {
      const result = await load.ask({ seconds, warmUpSeconds, ...one });
      if (one.port === gateway.port) {
        scene.mostMemoryMb = Math.max(scene.mostMemoryMb, await gateway.memoryMb());
      }
      return result;
    },
    sendBeside: (one) => loadBeside.ask({ seconds, warmUpSeconds, ...one }),
    close: () => (closing ??= close()),
  };
  return scene;
}

function openDatabase(connection: pg.ClientConfig): Database {
  return createDatabase({
    connection,
    maxConnections: OWN_CONNECTIONS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onError: () => undefined,
  });
}

// A payment is called back about its making when its own request names a URL, and not otherwise.
async function allowWebhookUrls(db: Database, { demo }: Gateway): Promise<void> {
  const merchants = createMerchants({ db, now: () => new Date() });
  await merchants.updateSettings(demo.merchant.id, 'test', (settings) => {
    const own = { ...settings.dialects?.['bitxpay'], acceptWebhookUrl: true, createdEvent: true };
    return { ...settings, dialects: { ...settings.dialects, bitxpay: own } };
  });
}
