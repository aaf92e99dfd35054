// Upgrades: what an earlier release has written is there, and right, in the tables of this one.

import { randomUUID } from 'node:crypto';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { createTestDatabase } from '../harness/database.ts';

const migrations = new URL('../../src/db/migrations/', import.meta.url);

test('0013: what requisites were used for moves into their rows', async () => {
  const [used, unused] = [randomUUID(), randomUUID()];
  await upgrading('0013', async ({ db, merchant, upgrade }) => {
    await addCards(db, merchant, [used, unused]);
    await db.query(
      `insert into requisite_usage (merchant_id, requisite_id, period, starts, units, operations)
       values ($1, $2, 'day', '2026-10-31', 700, 7), ($1, $2, 'month', '2026-10-01', 900, 9),
         ($1, $2, 'day', '2026-11-02', 300, 3), ($1, $2, 'day', '2026-11-03', 100, 1),
         ($1, $2, 'month', '2026-11-01', 400, 4)`,
      [merchant, used],
    );
    await upgrade();
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
  });
});

test('0015: numbers are known as before, and every requisite keeps its way to pay', async () => {
  const [first, second] = [randomUUID(), randomUUID()];
  await upgrading('0015', async ({ db, merchant, upgrade }) => {
    await addCards(db, merchant, [first, second]);
    await db.query(`update requisites set kind = 'iban' where id = $1`, [second]);
    await upgrade();
    const rows = await db.query(
      `select r.id, r.way, n.kind, convert_from(n.number_hash, 'UTF8') as hashed
         from requisites r join requisite_numbers n
           on n.merchant_id = r.merchant_id and n.requisite_id = r.id
          and (n.mode, n.kind, n.currency) = (r.mode, r.kind, r.currency)
        order by r.way desc`,
    );
    expect(rows).toEqual([
      { id: first, way: 'card', kind: 'card', hashed: first },
      { id: second, way: 'bank', kind: 'iban', hashed: second },
    ]);
  });
});

type Upgrading = {
  readonly db: Database;
  readonly merchant: string;
  /** Applies the migrations that were left out. */
  readonly upgrade: () => Promise<unknown>;
};

/** A database as it was before the migration, with a merchant in it. */
async function upgrading(
  migration: string,
  work: (before: Upgrading) => Promise<void>,
): Promise<void> {
  const database = await createTestDatabase({ empty: true });
  const folder = await mkdtemp(join(tmpdir(), 'dragoman-migrations-'));
  const { db, connection } = database;
  try {
    for (const file of await readdir(migrations)) {
      if (file < migration) await copyFile(new URL(file, migrations), join(folder, file));
    }
    await migrate(connection, pathToFileURL(`${folder}/`));
    const merchant = randomUUID();
    await db.query(
      `insert into merchants (id, name, created_at, settings) values ($1, 'Corner', now(), '{}')`,
      [merchant],
    );
    await work({ db, merchant, upgrade: () => migrate(connection) });
  } finally {
    await database.drop();
    await rm(folder, { recursive: true });
  }
}

/** Requisites whose number's hash is their own id. */
async function addCards(db: Database, merchant: string, ids: readonly string[]): Promise<void> {
  await db.query(
    `insert into requisites (merchant_id, id, mode, kind, currency, details, number_hash,
       last_four, turn_at, created_at)
     select $1, id, 'live', 'card', 'EUR', '', id::text::bytea, '4242', now(), now()
       from unnest($2::uuid[]) as id`,
    [merchant, ids],
  );
}
