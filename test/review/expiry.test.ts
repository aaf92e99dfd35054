// One payment that cannot be looked at does not keep the deadlines of all others from being kept.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Core, createCore } from '../harness/core.ts';

let core: Core;
beforeAll(async () => {
  core = await createCore();
});
afterAll(() => core.close());

test('a damaged row: the others expire, and the trouble is told', async () => {
  const bad = await core.create({ lifetimeMs: 1_000 });
  const instruction = await core.payments.choose(bad, 'sandbox');
  await core.payments.play(bad, 'underpay');
  await core.db.query('update instructions set expected_units = 0 where id = $1', [instruction.id]);
  const others = await Promise.all(Array.from({ length: 5 }, () => core.create()));
  core.clock.at = new Date(core.clock.at.getTime() + 2_000_000);
  await expect(core.payments.expireDue()).rejects.toThrow(/zero/);
  for (const { id } of others) expect((await core.view(id)).payment.status).toBe('expired');
  expect((await core.view(bad.id)).payment.status).toBe('awaiting');
  await core.db.query('update instructions set expected_units = 1250 where id = $1', [
    instruction.id,
  ]);
  expect(await core.payments.expireDue()).toBe(1);
  expect((await core.view(bad.id)).payment.status).toBe('expired');
});
