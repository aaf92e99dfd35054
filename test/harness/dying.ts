// A pool whose connection ends before a chosen statement, as it does when the process is killed.

import type pg from 'pg';
import { expect } from 'vitest';
import type { Database } from '../../src/db/database.ts';

export type Dying = {
  /** The connection that is given this one of the statements from now on ends before it. */
  before(statement: number): void;
  /** Whether that has happened; afterwards nothing ends any more. */
  hasDied(): boolean;
};

const end = 'select pg_terminate_backend(pg_backend_pid())';

export function createDying(pool: pg.Pool): Dying {
  const known = new WeakSet<pg.PoolClient>();
  let left = Infinity;
  pool.on('acquire', (client) => {
    if (known.has(client)) return;
    known.add(client);
    const query = client.query.bind(client) as (...values: unknown[]) => Promise<unknown>;
    client.query = ((...values: unknown[]) => {
      left -= 1;
      // Both go off together, and neither is answered by more than the end of the connection.
      if (left === 0) query(end).catch(() => undefined);
      return query(...values);
    }) as typeof client.query;
  });
  return {
    before(statement): void {
      left = statement;
    },
    hasDied(): boolean {
      const died = left <= 0;
      left = Infinity;
      return died;
    },
  };
}

/** Something that changes rows, and what there is to be seen of it when it is done. */
export type Act = {
  readonly run: () => Promise<unknown>;
  readonly seen: () => Promise<unknown>;
};

const MOST_DEATHS = 200;
/** Fewer, and nothing of interest has died. */
const FEWEST_DEATHS = 5;

/**
 * Acts die before each of their statements in turn, until one is done alive: nothing of it is there
 * then, or all of it. What was answered was done, and doing it again changes nothing more. An act
 * of which nothing is there is tried again; after one that was done all the same comes another.
 */
export async function diesAnywhere(
  db: Database,
  dying: Dying,
  prepare: () => Promise<Act>,
  done: unknown,
): Promise<void> {
  let act = await prepare();
  let deaths = 0;
  for (let isAlive = false; !isAlive;) {
    const before = await everything(db);
    dying.before(deaths + 1);
    const ended = await act.run().then(
      () => 'done',
      () => 'failed',
    );
    isAlive = !dying.hasDied();
    if (!isAlive) deaths += 1;
    expect(deaths).toBeLessThan(MOST_DEATHS);
    if ((await everything(db)) === before) {
      expect([isAlive, ended]).toEqual([false, 'failed']);
      continue;
    }
    expect(await act.seen()).toEqual(done);
    if (!isAlive) act = await prepare();
  }
  expect(deaths).toBeGreaterThan(FEWEST_DEATHS);
  const after = await everything(db);
  await act.run().catch(() => undefined);
  expect(await everything(db)).toBe(after);
}

/** Every row of ours, as hashes. */
async function everything(db: Database): Promise<string> {
  const tables = await db.query<{ name: string }>(
    `select table_name as name from information_schema.tables
      where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
  );
  const parts = tables.map(
    ({ name }) => `select '${name}' as name,
      md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as rows from ${name} t`,
  );
  return JSON.stringify(await db.query(parts.join(' union all ')));
}
