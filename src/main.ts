// The entry point: reads the settings, starts the chosen roles, and stops them cleanly.

import { readFileSync } from 'node:fs';
import type pg from 'pg';
import type { Logger } from 'pino';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { createDatabase } from './db/database.ts';
import { type Embedded, startEmbedded } from './db/embedded.ts';
import { FolderInUse } from './db/lock.ts';
import { MigrationRefused, migrate } from './db/migrate.ts';
import { DatabaseRefused } from './db/refused.ts';
import { unsafeSettings } from './db/safety.ts';
import { migrateJobs } from './jobs/jobs.ts';
import { createLog } from './log.ts';
import type { Running } from './roles.ts';
import { loadSecretKey } from './secret.ts';
import { StartRefused } from './start-refused.ts';

const STOP_LIMIT_MS = 30_000;
const IMPATIENT_MS = 1_000;
const MIGRATION_CONNECTIONS = 2;
const MIGRATION_TIMEOUT_MS = 600_000;

await main();

async function main(): Promise<void> {
  const startedAt = performance.now();
  try {
    const config = loadConfig();
    const log = createLog(config);
    const starting = start(config, log);
    // From the first moment: who is told to stop while starting finishes the start, and stops.
    stopOnSignals(starting, log);
    await starting;
    log.info({ milliseconds: Math.round(performance.now() - startedAt) }, 'started');
  } catch (error) {
    const expected = [ConfigError, StartRefused, FolderInUse, MigrationRefused, DatabaseRefused];
    const plain = expected.some((kind) => error instanceof kind);
    console.error(plain ? `dragoman: ${(error as Error).message}` : error);
    process.exitCode = 1;
  }
}

async function start(config: Config, log: Logger): Promise<Running> {
  // Most of the program is read while the database is made or started; whoever waits for it below
  // hears why it could not be.
  const program = import('./roles.ts');
  program.catch(() => undefined);
  const embedded = config.databaseUrl === null ? await embeddedServer(config, log) : null;
  try {
    const connection = embedded?.connection ?? { connectionString: config.databaseUrl ?? '' };
    await prepareDatabase(connection, log);
    const vaultKey = await loadSecretKey(config);
    const version = readVersion();
    const options = { config, connection, vaultKey, version, log, now };
    return await (await program).startRoles(options, embedded);
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

function now(): Date {
  return new Date();
}

async function embeddedServer(config: Config, log: Logger): Promise<Embedded> {
  const embedded = await startEmbedded({
    dataDir: config.dataDir,
    log: { info: (message) => log.info(message), warn: (message) => log.warn(message) },
  });
  void embedded.lost.then((error) => {
    log.fatal({ err: error }, 'the embedded database is gone for good');
    process.exit(1);
  });
  return embedded;
}

async function prepareDatabase(connection: pg.ClientConfig, log: Logger): Promise<void> {
  const db = createDatabase({
    connection,
    maxConnections: MIGRATION_CONNECTIONS,
    statementTimeoutMs: MIGRATION_TIMEOUT_MS,
    onError: (error) => log.warn({ err: error }, 'a database connection broke'),
  });
  try {
    const dangers = await unsafeSettings(db);
    if (dangers.length > 0) throw new StartRefused(dangers.join('\n'));
    const applied = await migrate(connection);
    if (applied.length > 0) log.info({ applied }, 'migrations applied');
    await migrateJobs(db);
  } finally {
    await db.close();
  }
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function stopOnSignals(starting: Promise<Running>, log: Logger): void {
  let stoppingSince: number | null = null;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // A process manager may signal us and the starter, which passes it on: that is one signal. A
      // later Ctrl-C means: at once. Nothing is lost by that, only the next start is slower.
      if (stoppingSince !== null) {
        if (performance.now() - stoppingSince > IMPATIENT_MS) process.exit(1);
        return;
      }
      stoppingSince = performance.now();
      log.info({ signal }, 'stopping');
      const limit = setTimeout(() => {
        log.error('stopping took too long');
        process.exit(1);
      }, STOP_LIMIT_MS);
      starting
        .then((running) => running.stop())
        .then(() => {
          clearTimeout(limit);
          log.info('stopped');
        })
        .catch((error: unknown) => {
          log.error({ err: error }, 'stopping failed');
          process.exit(1);
        });
    });
  }
}
