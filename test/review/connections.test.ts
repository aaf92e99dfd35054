// With a single database connection everything still works: nothing asks for a second one while it
// holds a transaction, which would wait for itself for ever once the pool is busy.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, startTestApp } from '../harness/app.ts';
import { createScriptedRail } from '../harness/scripted-rail.ts';
import { sighting } from './seen.ts';
import { order } from './order.ts';

const rail = createScriptedRail();
let shop: TestApp;
beforeAll(async () => {
  shop = await startTestApp({ config: { databaseConnections: 1 }, rails: [rail] });
  await shop.app.merchants.updateSettings(shop.merchant.id, 'test', (old) => ({
    ...old,
    dialects: {
      bitxpay: {
        ...old.dialects?.['bitxpay'],
        webhookUrl: 'http://127.0.0.1:9/',
        createdEvent: true,
      },
    },
  }));
});
afterAll(() => shop.close());

test('every path, many at once, on one connection', async () => {
  const { payments } = shop.app;
  const headers = { 'x-api-key': shop.test.key, 'content-type': 'application/json' };
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, at) =>
      shop.server.inject({
        method: 'POST',
        url: '/api/v1/payments/links',
        headers: { ...headers, ...(at % 2 ? { 'idempotency-key': `key ${at % 6}` } : {}) },
        payload: order(shop.test.merchantKey, 15),
      }),
    ),
  );
  expect(new Set(answers.map((one) => one.statusCode))).toEqual(new Set([200]));
  const ids = [...new Set(answers.map((one) => one.json<{ id: string }>().id))];
  expect(ids.length).toBe(23);
  const scope = { merchantId: shop.merchant.id, mode: 'test' } as const;
  await Promise.all(
    ids.map(async (id, at) => {
      const view = await payments.find(scope, id);
      if (!view) throw new Error('lost');
      const { payment } = view;
      if (at % 4 === 0) await payments.play(payment, 'pay');
      else if (at % 4 === 1) await payments.close(scope, id, 'cancel');
      else if (at % 4 === 2) {
        const instruction = await payments.choose(payment, 'scripted');
        rail.queue.push(sighting(payment, instruction, 2));
      } else await payments.methods(view);
      await payments.facts(view);
    }),
  );
  await payments.pull(rail);
  shop.clock.at = new Date(shop.clock.at.getTime() + 1_500_000);
  expect(await payments.expireDue()).toBeGreaterThan(0);
  const listed = await shop.server.inject({
    method: 'GET',
    url: '/api/v1/payments/links?page_size=100',
    headers,
  });
  expect(listed.json<{ total_items: number }>().total_items).toBe(ids.length);
  const [waiting] = await shop.db.query<{ count: number }>('select count(*) from deliveries');
  expect(waiting?.count).toBeGreaterThan(ids.length);
});
