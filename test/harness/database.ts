// A database for one test file: a clone of the migrated template, dropped afterwards.

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { createDatabase, type Database } from '../../src/db/database.ts';

export type TestDatabase = {
  readonly db: Database;
  readonly connection: pg.ClientConfig;
  drop(): Promise<void>;
};

const maxConnections = 8;
const statementTimeoutMs = 20_000;

/** `empty` makes a database without tables instead of a clone. */
export async function createTestDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const { template, ...server } = inject('database');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const source = options.empty ? 'template0' : template;
  await administer(`create database ${name} template ${source}`);
  const connection: pg.ClientConfig = { ...server, database: name, ssl: false };
  const db = createDatabase({
    connection,
    maxConnections,
    statementTimeoutMs,
    onError: () => undefined,
  });
  return {
    db,
    connection,
    async drop(): Promise<void> {
      await db.close();
      await administer(`drop database ${name} with (force)`);
    },
  };
}

async function administer(statement: string): Promise<void> {
  const { template: _, ...server } = inject('database');
  // Never the template itself: a database that somebody is connected to cannot be cloned.
  const client = new pg.Client({ ...server, database: 'postgres', ssl: false });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
