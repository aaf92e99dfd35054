// The nightly audit reads everything: neither the server nor this process gives it up.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, createDatabase } from '../../src/db/database.ts';
import { createTestDatabase } from '../harness/database.ts';

/** Beyond the limit of a statement, plus what this process waits longer than the server. */
const longSeconds = 5.5;

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = createDatabase({
    connection: database.connection,
    maxConnections: 1,
    statementTimeoutMs: 100,
    onError: () => undefined,
  });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

test('a statement that takes longer than all limits is waited for, and only there', async () => {
  const sql = 'select 1 as one, pg_sleep($1)';
  await expect(db.query(sql, [longSeconds])).rejects.toThrow('statement timeout');
  const rows = await db.unhurried((tx) => tx.query(sql, [longSeconds]));
  expect(rows).toMatchObject([{ one: 1 }]);
  await expect(db.query(sql, [longSeconds])).rejects.toThrow('statement timeout');
});
