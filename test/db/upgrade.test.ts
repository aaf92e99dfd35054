// Upgrades: what an earlier release has written is there, and right, in the tables of this one.

import { randomUUID } from 'node:crypto';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { migrate } from '../../src/db/migrate.ts';
import { createTestDatabase } from '../harness/database.ts';

const migrations = new URL('../../src/db/migrations/', import.meta.url);

test('0013: what requisites were used for moves into their rows', async () => {
  const database = await createTestDatabase({ empty: true });
  const folder = await mkdtemp(join(tmpdir(), 'dragoman-migrations-'));
  const { db, connection } = database;
  try {
    for (const file of await readdir(migrations)) {
      if (file < '0013') await copyFile(new URL(file, migrations), join(folder, file));
    }
    await migrate(connection, pathToFileURL(`${folder}/`));
    const [merchant, used, unused] = [randomUUID(), randomUUID(), randomUUID()];
    await db.query(
      `insert into merchants (id, name, created_at, settings) values ($1, 'Corner', now(), '{}')`,
      [merchant],
    );
    await db.query(
      `insert into requisites (merchant_id, id, mode, kind, currency, details, number_hash,
         last_four, turn_at, created_at)
       select $1, id, 'live', 'card', 'EUR', '', id::text::bytea, '4242', now(), now()
         from unnest($2::uuid[]) as id`,
      [merchant, [used, unused]],
    );
    await db.query(
      `insert into requisite_usage (merchant_id, requisite_id, period, starts, units, operations)
       values ($1, $2, 'day', '2026-10-31', 700, 7), ($1, $2, 'month', '2026-10-01', 900, 9),
         ($1, $2, 'day', '2026-11-02', 300, 3), ($1, $2, 'day', '2026-11-03', 100, 1),
         ($1, $2, 'month', '2026-11-01', 400, 4)`,
      [merchant, used],
    );
    await migrate(connection);
    const rows = await db.query(
      `select id, counted_day::text, used_day_units, used_day_count, used_month_units,
              used_month_count from requisites order by counted_day nulls last`,
    );
    const none = { used_day_units: '0', used_day_count: 0 };
    expect(rows).toEqual([
      {
        id: used,
        counted_day: '2026-11-03',
        used_day_units: '100',
        used_day_count: 1,
        used_month_units: '400',
        used_month_count: 4,
      },
      { id: unused, counted_day: null, ...none, used_month_units: '0', used_month_count: 0 },
    ]);
  } finally {
    await database.drop();
    await rm(folder, { recursive: true });
  }
});
