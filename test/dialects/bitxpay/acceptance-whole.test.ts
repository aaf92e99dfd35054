// Lines of the acceptance list that need the whole gateway: hosted page, sandbox clock, deliveries.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestApp, startTestApp } from '../../harness/app.ts';
import { type Receiver, startReceiver } from '../../webhooks/receiver.ts';
import { type Json, createBody } from './shop.ts';

const limitMs = 20_000;

let whole: TestApp;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  whole = await startTestApp({ worker: true, config: { sandboxDelayMs: 50, rateLimits: false } });
  const { merchants } = whole.app;
  await merchants.updateSettings(whole.merchant.id, 'test', (settings) => ({
    ...settings,
    dialects: {
      bitxpay: { ...settings.dialects?.bitxpay, webhookUrl: `${receiver.origin}/hook` },
    },
  }));
});
afterAll(async () => {
  await whole.close();
  await receiver.close();
});

async function call(method: 'GET' | 'POST' | 'PATCH', url: string, body?: Json) {
  const answer = await whole.server.inject({
    method,
    url,
    headers: { 'x-api-key': whole.test.key, host: 'pay.example.com' },
    ...(body ? { payload: body } : {}),
  });
  return { status: answer.statusCode, headers: answer.headers, json: answer.json() as Json };
}

async function link(change: Json = {}): Promise<Json & { id: string }> {
  const body = { ...createBody, merchant_key: whole.test.merchantKey, ...change };
  const { status, json } = await call('POST', '/api/v1/payments/links', body);
  expect(status).toBe(200);
  return json as Json & { id: string };
}

async function untilWord(id: unknown, word: string): Promise<void> {
  const read = async () => (await call('GET', `/api/v1/payments/links/${id}`)).json.payment_status;
  await expect.poll(read, { timeout: limitMs, interval: 50 }).toBe(word);
}

function sentFor(id: unknown) {
  return receiver.received.filter(({ body }) => body.includes(`"payment_id":"${id}"`));
}

function typesOf(id: unknown): unknown[] {
  return sentFor(id).map(({ body }) => (JSON.parse(body) as Json).event_type);
}

/** Makes the next attempt due now: what the clock would do minutes later. */
async function hurry(id: unknown): Promise<void> {
  await whole.db.query(
    `update deliveries set next_at = now() where payment_id = $1 and status = 'pending'`,
    [id],
  );
  whole.app.dispatcher.wake();
}

describe('the whole gateway', () => {
  it('acceptance 2: all three link URLs open the page', async () => {
    const { id, payment_reference, hosted_url } = await link();
    expect(hosted_url).toBe(`http://pay.example.com/link/${payment_reference}`);
    const urls = [`/link/${payment_reference}`, `/link/${id}`, `/payment_link?payment_id=${id}`];
    for (const url of urls) {
      const page = await whole.server.inject(url);
      expect([url, page.statusCode]).toEqual([url, 200]);
      expect(page.headers['content-type']).toContain('text/html');
    }
  });

  it('acceptance 19: the hosted page of an inactive link takes no payer', async () => {
    const { id } = await link();
    await call('PATCH', `/api/v1/payments/links/${id}`, { status: 'inactive' });
    const method = whole.app.rails.flatMap((rail) => rail.methods())[0]?.id ?? '';
    const view = await whole.app.payments.findForPayer(id);
    if (!view) throw new Error('the link is not there');
    await expect(whole.app.payments.choose(view.payment, method)).rejects.toMatchObject({
      code: 'payment_not_open',
    });
  });

  it('acceptance 31: 10 completes and 20 fails by itself, 30 stays and then expires', async () => {
    const completes = await link({ order_amount: 10 });
    const fails = await link({ order_amount: 20 });
    const stays = await link({ order_amount: 30 });
    await untilWord(completes.id, 'completed');
    await untilWord(fails.id, 'failed');
    await untilWord(stays.id, 'processing');
    await whole.db.query('update payments set expires_at = now() where id = $1', [stays.id]);
    await untilWord(stays.id, 'expired');
  });

  it('acceptance 32: the completed link is delivered in order', async () => {
    const { id } = await link({ order_amount: 10 });
    await receiver.until(() => typesOf(id).includes('payment.completed'));
    expect(typesOf(id)).toEqual(['payment.processing', 'payment.completed']);
    const [sent] = sentFor(id);
    expect(sent?.headers['content-type']).toBe('application/json');
    expect(sent?.headers['x-bitxpay-signature']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('acceptance 33: 500 then 201 are two deliveries of the same bytes, 302 fails', async () => {
    const answers = [500, 201];
    receiver.answerWith((_request, response) => {
      response.writeHead(answers.shift() ?? 200).end();
    });
    const { id } = await link({ order_amount: 20 });
    await receiver.until(() => sentFor(id).length === 1);
    await expect.poll(() => attemptsOf(id), { timeout: limitMs }).toEqual([500]);
    await hurry(id);
    await receiver.until(() => sentFor(id).length === 2);
    const [first, second] = sentFor(id);
    expect(second?.body).toBe(first?.body);
    await expect.poll(() => statusOf(id), { timeout: limitMs }).toBe('delivered');
    receiver.answerWith((_request, response) => {
      response.writeHead(302, { location: `${receiver.origin}/elsewhere` }).end();
    });
    const moved = await link({ order_amount: 20 });
    await expect.poll(() => attemptsOf(moved.id), { timeout: limitMs }).toEqual([302]);
    expect(await statusOf(moved.id)).toBe('pending');
    expect(receiver.received.some(({ path }) => path === '/elsewhere')).toBe(false);
  });
});

async function attemptsOf(id: unknown): Promise<unknown[]> {
  const rows = await whole.db.query<{ http_status: number }>(
    `select a.http_status from delivery_attempts a join deliveries d
         on d.merchant_id = a.merchant_id and d.id = a.delivery_id
      where d.payment_id = $1 order by a.at`,
    [id],
  );
  return rows.map((row) => row.http_status);
}

async function statusOf(id: unknown): Promise<unknown> {
  const [row] = await whole.db.query<{ status: string }>(
    'select status from deliveries where payment_id = $1',
    [id],
  );
  return row?.status;
}
