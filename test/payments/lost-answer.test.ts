// A create whose commit is not answered: it is known by the time nobody can be asked any more.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Core, basicCommand, createCore } from '../harness/core.ts';
import { loseFirstCommit } from '../harness/lost-commits.ts';

let core: Core;
beforeAll(async () => {
  core = await createCore();
});
afterAll(() => core.close());

test('nothing is asked after the commit: who is told "away" has nothing', async () => {
  await core.create();
  const { pool } = core.db;
  const query = pool.query.bind(pool);
  // The word of the commit is lost; then the database is away for all but this create.
  const lost = loseFirstCommit(pool);
  pool.query = (async () => {
    throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  }) as typeof pool.query;
  const name = randomUUID();
  const made = await core.payments.create({ ...basicCommand(core.merchant.id), name });
  pool.query = query;
  lost.end();
  expect(lost.commits()).toBe(2);
  const rows = await core.db.query('select id from payments where name = $1', [name]);
  expect(rows).toEqual([{ id: made.payment?.id }]);
});
