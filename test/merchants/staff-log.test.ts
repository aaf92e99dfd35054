// The staff log: newest first, page by page, by merchant and by person.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { listStaffActions, record } from '../../src/merchants/staff-log.ts';
import { type House, createHouse } from './house.ts';

let house: House;

beforeAll(async () => {
  house = await createHouse();
});

afterAll(() => house.close());

test('pages follow each other without gap or repetition, also within one moment', async () => {
  const { id: merchantId } = await house.merchants.create('Paged shop');
  const { user } = await house.person();
  for (let index = 0; index < 7; index += 1) {
    if (index % 3 === 0) house.wait(1);
    await record(house.db, {
      at: house.now(),
      userId: index % 2 ? user.id : null,
      merchantId,
      action: 'test.done',
      subject: String(index),
      details: null,
      address: null,
    });
  }
  const seen: (string | null)[] = [];
  let page = await listStaffActions(house.db, { merchantId, limit: 2 });
  for (let before = page.at(-1); before; before = page.at(-1)) {
    seen.push(...page.map(({ subject }) => subject));
    page = await listStaffActions(house.db, { merchantId, limit: 2, before });
  }
  expect(seen).toEqual(['6', '5', '4', '3', '2', '1', '0']);
  const hers = await listStaffActions(house.db, { userId: user.id });
  expect(hers.map(({ subject }) => subject)).toEqual(['5', '3', '1']);
});

test('never more than a thousand rows', async () => {
  await house.db.query(
    `insert into staff_actions (id, at, action)
     select gen_random_uuid(), now(), 'test.many' from generate_series(1, 1100)`,
  );
  expect(await listStaffActions(house.db, { limit: 5_000 })).toHaveLength(1_000);
});

test('rows are only ever added, whoever asks the database', async () => {
  const { id: merchantId } = await house.merchants.create('Honest shop');
  const act = { action: 'test.done', subject: null, details: null, userId: null, address: null };
  await record(house.db, { ...act, merchantId, at: house.now() });
  for (const attempt of ['update staff_actions set action = $1', 'delete from staff_actions']) {
    const values = attempt.includes('$1') ? ['other'] : [];
    await expect(house.db.query(attempt, values)).rejects.toThrow('only ever added to');
  }
  expect(await listStaffActions(house.db, { merchantId })).toHaveLength(1);
});
