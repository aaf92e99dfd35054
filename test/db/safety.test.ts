// A6: a database that may lose what it acknowledged is refused.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type Database } from '../../src/db/database.ts';
import { startEmbedded, type Embedded } from '../../src/db/embedded.ts';
import { unsafeSettings } from '../../src/db/safety.ts';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';

let dataDir: string;
let server: Embedded;
let unsafe: Database;
let safe: TestDatabase;

beforeAll(async () => {
  safe = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'dragoman-unsafe-'));
  await chmod(dataDir, 0o755);
  server = await startEmbedded({
    dataDir,
    log: { info: () => undefined, warn: () => undefined },
    settings: { fsync: 'off', full_page_writes: 'off' },
  });
  unsafe = createDatabase({
    connection: server.connection,
    maxConnections: 1,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  });
});

afterAll(async () => {
  await unsafe.close();
  await server.stop();
  await rm(dataDir, { recursive: true });
  await safe.drop();
});

test('the embedded server is safe as it comes', async () => {
  expect(await unsafeSettings(safe.db)).toEqual([]);
});

test.each(['fsync', 'full_page_writes'])('%s = off is refused', async (name) => {
  const complaints = await unsafeSettings(unsafe);
  expect(complaints).toHaveLength(2);
  expect(complaints.join()).toContain(`the database setting ${name} is off`);
});

test.each(['off'])('synchronous_commit = %s is refused, wherever it was set', async (value) => {
  const name = safe.connection.database;
  await safe.db.query(`alter database ${name} set synchronous_commit = ${value}`);
  const fresh = createDatabase({
    connection: safe.connection,
    maxConnections: 1,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  });
  const complaints = await unsafeSettings(fresh);
  await fresh.close();
  expect(complaints).toEqual([
    'the database setting synchronous_commit is off: ' +
      'a crash loses payments that were already acknowledged',
  ]);
});
