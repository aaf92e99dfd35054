// Migrations: numbered SQL files, forward only, each applied once, whole, and never changed after.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

type Migration = {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
};

/** The database does not fit this release. The message is meant for the operator. */
export class MigrationRefused extends Error {
  override name = 'MigrationRefused';
}

// Any constant serves, as long as every release agrees on it.
const LOCK = 7_206_451_903;
const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.sql$/;
const folderOfMigrations = new URL('./migrations/', import.meta.url);

const CREATE_TABLE = `
  create table if not exists schema_migrations (
    version integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now()
  )`;

/**
 * Brings the database up to this release and returns the names of what was applied. Processes that
 * start together take turns; one killed half-way leaves whole migrations only. Refuses a database
 * whose applied files differ from ours or are newer than us.
 */
export async function migrate(
  connection: pg.ClientConfig,
  folder: URL = folderOfMigrations,
): Promise<string[]> {
  const migrations = await readMigrations(folder);
  // A connection of its own: migrations may take longer than the pool's statement limit.
  const client = new pg.Client(connection);
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(CREATE_TABLE);
    const waiting = withoutApplied(migrations, await readApplied(client));
    for (const migration of waiting) await apply(client, migration);
    return waiting.map((migration) => migration.name);
  } finally {
    // The lock belongs to the session and ends with it.
    await client.end();
  }
}

/** The migrations that the database still lacks; an empty list when it is up to date. */
export async function pendingMigrations(connection: pg.ClientConfig): Promise<string[]> {
  const migrations = await readMigrations(folderOfMigrations);
  const client = new pg.Client(connection);
  client.on('error', () => undefined);
  await client.connect();
  try {
    const table = await client.query(`select to_regclass('schema_migrations') as name`);
    const applied = table.rows[0]?.name ? await readApplied(client) : [];
    return withoutApplied(migrations, applied).map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

type Applied = { version: number; name: string; checksum: string };

async function readMigrations(folder: URL): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  const migrations: Migration[] = [];
  for (const file of files) {
    const [, version, name] = FILE_NAME.exec(file) ?? [];
    if (!version || !name) throw new Error(`${file} is not named like 0001_what_it_does.sql`);
    const sql = await readFile(new URL(file, folder), 'utf8');
    const checksum = createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex');
    migrations.push({ version: Number.parseInt(version, 10), name: file, sql, checksum });
  }
  migrations.forEach((migration, index) => {
    if (migration.version !== index + 1) {
      throw new Error(`migrations are numbered without gaps or doubles: see ${migration.name}`);
    }
  });
  return migrations;
}

async function readApplied(client: pg.Client): Promise<Applied[]> {
  const answer = await client.query<Applied>(
    'select version, name, checksum from schema_migrations order by version',
  );
  return answer.rows;
}

function withoutApplied(migrations: Migration[], applied: Applied[]): Migration[] {
  for (const row of applied) {
    const ours = migrations.find((migration) => migration.version === row.version);
    if (!ours) {
      throw new MigrationRefused(
        `the database has migration ${row.name}, which this release does not know: ` +
          'it was used by a newer release; start that one',
      );
    }
    if (ours.checksum !== row.checksum) {
      throw new MigrationRefused(
        `migration ${ours.name} was changed after it had been applied: ` +
          'restore the file, and put the change into a new one',
      );
    }
  }
  return migrations.filter(({ version }) => !applied.some((row) => row.version === version));
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query('begin');
    await client.query(migration.sql);
    await client.query(
      'insert into schema_migrations (version, name, checksum) values ($1, $2, $3)',
      [migration.version, migration.name, migration.checksum],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`migration ${migration.name} failed: ${reason}`, { cause: error });
  }
}
