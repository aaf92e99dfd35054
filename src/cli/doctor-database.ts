// What `doctor` asks the database: is it there, new enough, safe, migrated, and what time is it?

import pg from 'pg';
import type { Config } from '../config.ts';
import type { Row, Tx } from '../db/database.ts';
import { pendingMigrations } from '../db/migrate.ts';
import { unsafeSettings } from '../db/safety.ts';
import type { Terminal } from './command.ts';
import { reachDatabase } from './database.ts';
import { reasonOf, type Finding } from './finding.ts';

const oldestVersion = 150_000;
const clockToleranceMs = 5_000;
const connectTimeoutMs = 10_000;

export async function* checkDatabase(config: Config, terminal: Terminal): AsyncGenerator<Finding> {
  const advice =
    config.databaseUrl === null
      ? 'See database.log in the data folder.'
      : 'Check DATABASE_URL, and that the server accepts connections from here.';
  try {
    const reached = await reachDatabase(config, terminal);
    try {
      yield* examine(reached.connection, reached.ours);
    } finally {
      await reached.stop();
    }
  } catch (error) {
    const reason = hidden(error, config.databaseUrl);
    yield { state: 'bad', sentence: `The database cannot be reached: ${reason}.`, advice };
  }
}

async function* examine(connection: pg.ClientConfig, isOurs: boolean): AsyncGenerator<Finding> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: connectTimeoutMs });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const db: Tx = {
      query: async <R = Row>(text: string, values?: readonly unknown[]) =>
        (await client.query(text, values as unknown[])).rows as R[],
    };
    yield await checkVersion(db, isOurs);
    for (const complaint of await unsafeSettings(db)) {
      const advice = 'Nothing starts until it is changed, on the server or for this role.';
      yield { state: 'bad', sentence: `Payments could be lost: ${complaint}.`, advice };
    }
    yield await checkClock(db);
  } finally {
    await client.end();
  }
  yield await checkMigrations(connection);
}

async function checkVersion(db: Tx, isOurs: boolean): Promise<Finding> {
  const [row] = await db.query<{ number: number; text: string }>(
    `select current_setting('server_version_num')::int as number,
            current_setting('server_version') as text`,
  );
  const version = row?.text ?? 'of an unknown version';
  if ((row?.number ?? 0) < oldestVersion) {
    const sentence = `The database is PostgreSQL ${version}, which is too old.`;
    return { state: 'bad', sentence, advice: 'Use PostgreSQL 15 or newer.' };
  }
  const how = isOurs ? 'was started for this check and works' : 'is running and answers';
  return { state: 'good', sentence: `The database (PostgreSQL ${version}) ${how}.` };
}

async function checkClock(db: Tx): Promise<Finding> {
  const [row] = await db.query<{ now: Date }>('select clock_timestamp() as now');
  const differenceMs = Math.abs((row?.now.getTime() ?? 0) - Date.now());
  if (differenceMs <= clockToleranceMs) {
    return { state: 'good', sentence: 'The clocks of this machine and of the database agree.' };
  }
  return {
    state: 'bad',
    sentence: `The clocks of this machine and of the database differ by ${differenceMs} ms.`,
    advice: 'Let both follow network time: deadlines and signatures depend on it.',
  };
}

async function checkMigrations(connection: pg.ClientConfig): Promise<Finding> {
  try {
    const pending = await pendingMigrations(connection);
    if (pending.length === 0) return { state: 'good', sentence: 'The database is up to date.' };
    const sentence = `The database lacks ${pending.join(', ')}; the next start applies it.`;
    return { state: 'note', sentence };
  } catch (error) {
    const sentence = `The database does not fit this release: ${reasonOf(error)}.`;
    return { state: 'bad', sentence };
  }
}

// Some of the driver's messages quote the address it was given, and with it the password.
function hidden(error: unknown, address: string | null): string {
  if (address === null) return reasonOf(error);
  const { password } = new URL(address);
  const reason = reasonOf(error).replaceAll(address, 'DATABASE_URL');
  return password === '' ? reason : reason.replaceAll(decodeURIComponent(password), '***');
}
