// Before all tests: one database server in a temporary folder, with a migrated template to clone.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMigrations } from 'graphile-worker';
import type pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    database: { host: string; port: number; user: string; template: string };
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'dragoman-test-'));
  // Under root the server's user must enter it, or the cluster would go to /var/lib.
  await chmod(dataDir, 0o755);
  const quiet = { info: () => undefined, warn: () => undefined };
  const server = await startEmbedded({ dataDir, log: quiet });
  const { connection } = server;
  await migrate(connection);
  await runMigrations({ connectionString: connectionUrl(connection) });
  const { host, port, user, database } = connection;
  project.provide('database', {
    host: host ?? '',
    port: port ?? 0,
    user: String(user),
    template: String(database),
  });
  return async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}

function connectionUrl(connection: pg.ClientConfig): string {
  const host = encodeURIComponent(connection.host ?? '');
  return `postgres://${connection.user}@${host}:${connection.port}/${connection.database}`;
}
