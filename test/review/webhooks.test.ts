// Which webhooks a life writes: each thing that happened once, in order, numbered as its event.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SandboxEvent } from '../../src/payments/play.ts';
import { type TestApp, startTestApp } from '../harness/app.ts';
import { order } from './order.ts';

const links = '/api/v1/payments/links';

let shop: TestApp;
beforeAll(async () => {
  shop = await startTestApp({ config: { rateLimits: false } });
  await shop.app.merchants.updateSettings(shop.merchant.id, 'test', (old) => ({
    ...old,
    dialects: { bitxpay: { ...old.dialects?.['bitxpay'], webhookUrl: 'http://127.0.0.1:9/' } },
  }));
});
afterAll(() => shop.close());

type Step = SandboxEvent | 'again' | 'cancelled' | 'expired' | 'inactive';

function ask(method: 'POST' | 'PATCH', url: string, payload: object) {
  const headers = { 'x-api-key': shop.test.key, 'content-type': 'application/json' };
  return shop.server.inject({ method, url, headers, payload });
}

async function lived(steps: readonly Step[], maxUses: number): Promise<string[]> {
  const payload = order(shop.test.merchantKey, 15, { max_uses: maxUses });
  const { id } = (await ask('POST', links, payload)).json<{ id: string }>();
  for (const step of steps) {
    if (step === 'cancelled' || step === 'expired' || step === 'inactive') {
      await ask('PATCH', `${links}/${id}`, { status: step });
      continue;
    }
    if (step === 'again') {
      const view = await shop.app.payments.findForPayer(id);
      if (view) await shop.app.payments.choose(view.payment, 'sandbox').catch(() => undefined);
      continue;
    }
    await ask('POST', `/sandbox/payments/${id}`, { event: step });
  }
  const rows = await shop.db.query<{ body: string; event_seq: number }>(
    'select body, event_seq from deliveries where payment_id = $1 order by event_seq',
    [id],
  );
  const seqs = rows.map((row) => row.event_seq);
  expect(new Set(seqs).size).toBe(seqs.length);
  return rows.map(({ body }) => (JSON.parse(body) as { event_type: string }).event_type.slice(8));
}

const lives: readonly (readonly [readonly Step[], number, readonly string[]])[] = [
  [[], 1, []],
  [['pay'], 1, ['processing']],
  [['pay', 'confirm'], 1, ['processing', 'completed']],
  [['pay', 'confirm', 'confirm'], 1, ['processing', 'completed']],
  [['pay', 'confirm', 'reverse'], 1, ['processing', 'completed', 'processing']],
  [
    ['pay', 'confirm', 'reverse', 'again', 'pay', 'confirm'],
    1,
    ['processing', 'completed', 'processing', 'completed'],
  ],
  [['pay', 'reverse'], 1, ['processing']],
  [['pay', 'reverse', 'expired'], 1, ['processing', 'expired']],
  [['underpay'], 1, ['processing']],
  [['underpay', 'confirm', 'again', 'pay', 'confirm'], 1, ['processing', 'completed']],
  [['underpay', 'confirm', 'expired'], 1, ['processing', 'expired']],
  [['overpay', 'confirm'], 1, ['processing', 'completed']],
  [['pay', 'confirm', 'pay', 'confirm'], 1, ['processing', 'completed']],
  [['expired', 'expired'], 1, ['expired']],
  [['cancelled', 'cancelled', 'pay'], 1, ['cancelled']],
  [
    ['again', 'expired', 'pay', 'confirm', 'reverse'],
    1,
    // Money of the very moment of the deadline came in time.
    ['expired', 'processing', 'completed', 'expired'],
  ],
  [['inactive', 'inactive', 'expired'], 1, ['expired']],
  [['again', 'inactive', 'pay', 'confirm'], 1, ['processing', 'completed']],
  [['fail'], 1, ['failed']],
  [['pay', 'fail', 'confirm'], 1, ['processing', 'failed']],
  [['pay', 'confirm'], 2, ['processing', 'completed']],
  [['pay', 'confirm', 'again', 'pay', 'confirm'], 2, ['processing', 'completed', 'completed']],
  [['pay', 'confirm', 'reverse'], 2, ['processing', 'completed']],
  [['pay', 'confirm', 'cancelled'], 2, ['processing', 'completed', 'cancelled']],
  [['pay', 'confirm', 'cancelled', 'reverse'], 2, ['processing', 'completed', 'cancelled']],
  [['pay', 'confirm', 'expired'], 3, ['processing', 'completed', 'expired']],
];

test.each(lives)('%j, %i uses: %j', async (steps, maxUses, told) => {
  expect(await lived(steps, maxUses)).toEqual(told);
});
