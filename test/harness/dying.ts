// Acts whose connection ends before each of their statements, as it does when a process is killed.

import type pg from 'pg';
import { expect } from 'vitest';
import type { Database } from '../../src/db/database.ts';

type Dying = {
  /** The connection that is given this one of the statements from now on ends before it. */
  before(statement: number): void;
  /** Whether that has happened; afterwards nothing ends any more. */
  hasDied(): boolean;
  /** The pool is as it was. */
  end(): void;
};

const die = 'select pg_terminate_backend(pg_backend_pid())';

function createDying(pool: pg.Pool): Dying {
  const known = new Set<pg.PoolClient>();
  let left = Infinity;
  const acquired = (client: pg.PoolClient): void => {
    if (known.has(client)) return;
    known.add(client);
    const query = client.query.bind(client) as (...values: unknown[]) => Promise<unknown>;
    client.query = ((...values: unknown[]) => {
      left -= 1;
      // Both go off together, and neither is answered by more than the end of the connection.
      if (left === 0) query(die).catch(() => undefined);
      return query(...values);
    }) as typeof client.query;
  };
  pool.on('acquire', acquired);
  return {
    before(statement): void {
      left = statement;
    },
    hasDied(): boolean {
      const died = left <= 0;
      left = Infinity;
      return died;
    },
    end(): void {
      pool.off('acquire', acquired);
      // What was put in front of the driver's own method goes.
      for (const client of known) Reflect.deleteProperty(client, 'query');
    },
  };
}

/** Something that changes rows, and what there is to be seen of it when it is done. */
export type Act = {
  readonly run: () => Promise<unknown>;
  readonly seen: () => Promise<unknown>;
};

/** What it is called, how it is prepared, and what is seen when it is done. */
export type MortalAct = readonly [string, () => Promise<Act>, unknown];

type World = { readonly db: Database; audit(): Promise<unknown> };

const MOST_DEATHS = 200;
/** Fewer, and nothing of interest has died. */
const FEWEST_DEATHS = 5;

/**
 * Acts die before each of their statements in turn, until one is done alive: nothing of it is there
 * then, or all of it. What was answered was done, and doing it again changes nothing more. An act
 * of which nothing is there is tried again; after one that was done all the same comes another.
 * The ledger adds up.
 */
export async function diesAnywhere(
  { db, audit }: World,
  prepare: () => Promise<Act>,
  done: unknown,
): Promise<void> {
  const dying = createDying(db.pool);
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
  dying.end();
  expect(deaths).toBeGreaterThan(FEWEST_DEATHS);
  const after = await everything(db);
  await act.run().catch(() => undefined);
  expect(await everything(db)).toBe(after);
  expect(await audit()).toMatchObject({ ok: true, overdrawn: 0 });
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
