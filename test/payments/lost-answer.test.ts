// A create whose commit is not answered: it is known by the time nobody can be asked any more.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CommitInDoubt } from '../../src/db/database.ts';
import { type Core, basicCommand, createCore } from '../harness/core.ts';

let core: Core;
beforeAll(async () => {
  core = await createCore();
});
afterAll(() => core.close());

test('nothing is asked after the commit: who is told "away" has nothing', async () => {
  await core.create();
  const { pool } = core.db;
  const [connect, query] = [pool.connect.bind(pool), pool.query.bind(pool)];
  let commits = 0;
  // The database commits, and the word of it is lost; then it is away for all but this create.
  pool.connect = (async () => {
    const client = await connect();
    const run = client.query.bind(client) as (...values: unknown[]) => Promise<unknown>;
    client.query = (async (...values: unknown[]) => {
      const answer = await run(...values);
      if (values[0] !== 'commit') return answer;
      commits += 1;
      if (commits === 1) throw new CommitInDoubt('lost');
      return answer;
    }) as typeof client.query;
    return client;
  }) as typeof pool.connect;
  pool.query = (async () => {
    throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  }) as typeof pool.query;
  const name = randomUUID();
  const made = await core.payments.create({ ...basicCommand(core.merchant.id), name });
  [pool.connect, pool.query] = [connect, query];
  expect(commits).toBe(2);
  const rows = await core.db.query('select id from payments where name = $1', [name]);
  expect(rows).toEqual([{ id: made.payment?.id }]);
});
