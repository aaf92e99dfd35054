// The database as a shell command meets it: the running gateway's, or started for the command.

import pg from 'pg';
import type { Config } from '../config.ts';
import { createDatabase, type Database } from '../db/database.ts';
import { embeddedConnection, startEmbedded } from '../db/embedded.ts';
import { migrate, pendingMigrations } from '../db/migrate.ts';
import type { Terminal } from './command.ts';

export type Reached = {
  readonly connection: pg.ClientConfig;
  /** Whether this command started the server, so that nobody else uses it. */
  readonly ours: boolean;
  stop(): Promise<void>;
};

const maxConnections = 4;
// An audit reads the whole ledger.
const statementTimeoutMs = 600_000;
const connectTimeoutMs = 10_000;

/** Runs `work` on an up-to-date database and leaves no server behind that was not there before. */
export async function withDatabase<T>(
  config: Config,
  terminal: Terminal,
  work: (db: Database) => Promise<T>,
): Promise<T> {
  const reached = await reachDatabase(config, terminal);
  try {
    await bringUpToDate(reached);
    const db = createDatabase({
      connection: reached.connection,
      maxConnections,
      statementTimeoutMs,
      onError: (error) => terminal.say(error.message),
    });
    try {
      return await work(db);
    } finally {
      await db.close();
    }
  } finally {
    await reached.stop();
  }
}

/** DATABASE_URL, else the running gateway's embedded server, else one of our own. */
export async function reachDatabase(config: Config, terminal: Terminal): Promise<Reached> {
  const nothing = async (): Promise<void> => undefined;
  if (config.databaseUrl !== null) {
    return { connection: { connectionString: config.databaseUrl }, ours: false, stop: nothing };
  }
  const running = await embeddedConnection(config.dataDir);
  if (running && (await answers(running))) {
    return { connection: running, ours: false, stop: nothing };
  }
  const log = { info: () => undefined, warn: (line: string) => terminal.say(line) };
  const server = await startEmbedded({ dataDir: config.dataDir, log });
  return { connection: server.connection, ours: true, stop: () => server.stop() };
}

export async function bringUpToDate(reached: Reached): Promise<void> {
  // Tables are never changed under a gateway that runs: it migrates when it starts.
  if (reached.ours) {
    await migrate(reached.connection);
    return;
  }
  const pending = await pendingMigrations(reached.connection);
  if (pending.length > 0) {
    throw new Error(
      `the database lacks ${pending.join(', ')}: start the gateway of this release once`,
    );
  }
}

async function answers(connection: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: connectTimeoutMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
