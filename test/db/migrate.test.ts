// Migrations: whole or not at all, once, in turn, and never changed after.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrate, pendingMigrations } from '../../src/db/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';

let database: TestDatabase;
let folder: string;

beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
  folder = await mkdtemp(join(tmpdir(), 'dragoman-migrations-'));
});

afterEach(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

test('the real migrations apply once and leave nothing pending', async () => {
  expect((await pendingMigrations(database.connection)).length).toBeGreaterThan(0);
  expect((await migrate(database.connection))[0]).toBe('0001_foundation.sql');
  expect(await migrate(database.connection)).toEqual([]);
  expect(await pendingMigrations(database.connection)).toEqual([]);
});

test('eight processes that start together apply each migration once', async () => {
  await write('0001_first.sql', 'create table first (id int); select pg_sleep(0.05)');
  await write('0002_second.sql', 'create table second (id int)');
  const results = await Promise.all(Array.from({ length: 8 }, run));
  expect(results.flat().sort()).toEqual(['0001_first.sql', '0002_second.sql']);
});

test('a migration that fails in its middle leaves nothing, and works when run again', async () => {
  await write('0001_first.sql', 'create table first (id int)');
  await write('0002_second.sql', 'create table second (id int); select 1 / 0');
  await expect(run()).rejects.toThrow(/0002_second.sql failed: division by zero/);
  expect(await tables()).toEqual(['first', 'schema_migrations']);
  await write('0002_second.sql', 'create table second (id int)');
  expect(await run()).toEqual(['0002_second.sql']);
});

test('killed inside a migration it leaves nothing, and the next start completes it', async () => {
  await write('0001_first.sql', 'create table first (id int); select pg_sleep(20)');
  const killed = run().catch((error: Error) => error);
  await expect.poll(sleeping).toBe(1);
  await database.db.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event = 'PgSleep'`,
  );
  expect(await killed).toBeInstanceOf(Error);
  expect(await tables()).toEqual(['schema_migrations']);
  await write('0001_first.sql', 'create table first (id int)');
  expect(await run()).toEqual(['0001_first.sql']);
});

test('a changed file is refused, and so is a database of a newer release', async () => {
  await write('0001_first.sql', 'create table first (id int)');
  await run();
  await write('0001_first.sql', 'create table first (id bigint)');
  await expect(run()).rejects.toThrow(/0001_first.sql was changed after it had been applied/);
  await rm(join(folder, '0001_first.sql'));
  await expect(run()).rejects.toThrow(/does not know/);
});

test('gaps and odd names are refused', async () => {
  await write('0001_first.sql', 'select 1');
  await write('0003_third.sql', 'select 1');
  await expect(run()).rejects.toThrow(/without gaps/);
  await rm(join(folder, '0003_third.sql'));
  await write('second.sql', 'select 1');
  await expect(run()).rejects.toThrow(/not named like/);
});

function run(): Promise<string[]> {
  return migrate(database.connection, pathToFileURL(`${folder}/`));
}

function write(name: string, sql: string): Promise<void> {
  return writeFile(join(folder, name), sql);
}

async function tables(): Promise<string[]> {
  const rows = await database.db.query<{ tablename: string }>(
    `select tablename from pg_tables where schemaname = 'public' order by tablename`,
  );
  return rows.map((row) => row.tablename);
}

async function sleeping(): Promise<number> {
  const rows = await database.db.query<{ count: number }>(
    `select count(*) from pg_stat_activity
      where datname = current_database() and wait_event = 'PgSleep'`,
  );
  return rows[0]?.count ?? 0;
}
