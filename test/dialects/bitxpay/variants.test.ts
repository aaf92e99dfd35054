// What settings change, and what the vendor's client sees under load.

import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp } from '../../harness/app.ts';
import { type Json, type Shop, createBody, merchantKey, openShop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  const config = { checkoutOrigin: null, shortPrefix: true, extraMagic: true };
  shop = await openShop({ config });
});
afterAll(() => shop.close());

const list = '/api/v1/payments/links';

async function words(query: string): Promise<unknown[]> {
  const { json } = await shop.get(`${list}?page_size=100&statuses=${query}`);
  return (json.payment_links as Json[]).map(({ status }) => status);
}

describe('settings of the merchant', () => {
  it('initialStatus: the word and the filter for a link that waits', async () => {
    const paid = await shop.link();
    await shop.payments.play(await shop.payment(paid.id), 'pay');
    await shop.link();
    expect(await words('pending')).toEqual(['processing']);
    expect(await words('processing')).toEqual(['processing', 'processing']);
    await shop.set({ initialStatus: 'pending' });
    expect((await shop.link()).payment_status).toBe('pending');
    expect(await words('pending')).toEqual(['pending', 'pending']);
    expect(await words('processing')).toEqual(['processing']);
    expect(await words('active')).toEqual(['pending', 'pending', 'processing']);
    await shop.set({ initialStatus: 'processing' });
  });

  it('lifetimeSeconds: the deadline', async () => {
    await shop.set({ lifetimeSeconds: 60 });
    const link = await shop.link();
    expect(link).toMatchObject({ expires_in: 60, expiry_date: '2026-01-31T12:01:00Z' });
    await shop.set({ lifetimeSeconds: 1_500 });
  });

  it('acceptWebhookUrl: a member of the body, checked and kept', async () => {
    const url = 'https://other.example.com/hook';
    const ignored = await shop.link({ webhook_url: 5 });
    expect((await shop.payment(ignored.id)).callbackUrl).toBeNull();
    await shop.set({ acceptWebhookUrl: true });
    const link = await shop.link({ webhook_url: url });
    expect((await shop.payment(link.id)).callbackUrl).toBe(url);
    const bad = await shop.post({ ...createBody, webhook_url: 'ftp://x' });
    expect(bad.json.details).toEqual([
      { field: 'webhook_url', issue: 'must be a valid HTTP/HTTPS URL' },
    ]);
    await shop.set({ acceptWebhookUrl: false });
  });

  it('merchantKey: without one nothing can be created', async () => {
    await shop.set({ merchantKey: null });
    for (const merchant_key of [merchantKey, 'null', 'undefined', null]) {
      const { status, json } = await shop.post({ ...createBody, merchant_key });
      expect(status).toBe(400);
      expect(json.details).toMatchObject([{ field: 'merchant_key' }]);
    }
    await shop.set({ merchantKey });
  });

  it('genericForm: three members more, signed with the rest', async () => {
    const link = await shop.link();
    await shop.payments.play(await shop.payment(link.id), 'fail');
    const change = shop.events.find(({ event }) => event.paymentId === link.id && event.seq === 2);
    if (!change) throw new Error('no second event');
    const bag = { webhookUrl: 'https://shop.example.com/hook', genericForm: true };
    const body = shop.dialect.webhook(change, { dialects: { bitxpay: bag } })?.body ?? '';
    const { signature, ...unsigned } = JSON.parse(body) as Json;
    expect(unsigned).toMatchObject({ type: 'payment.failed', data: { payment_id: link.id } });
    const key = link.notify_secret as string;
    const expected = createHmac('sha256', key).update(JSON.stringify(unsigned)).digest('hex');
    expect(signature).toBe(expected);
  });
});

describe('settings of the deployment', () => {
  it('links point to where the request came from, unless said otherwise', async () => {
    const host = (value: string) => ({ headers: { host: value } });
    const link = await shop.post(createBody, host('pay.example.com:8080'));
    expect(link.json.hosted_url).toMatch(/^http:\/\/pay\.example\.com:8080\/link\/[A-Z]{3}-/);
    const odd = await shop.post(createBody, host('"><script>'));
    expect(odd.json.hosted_url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/link\//);
    const forwarded = {
      headers: { 'x-forwarded-host': 'evil.example.com', host: 'a.example.com' },
    };
    expect((await shop.post(createBody, forwarded)).json.hosted_url).toContain('//a.example.com/');
  });

  it('the short prefix serves the same links', async () => {
    const created = await shop.call('POST', '/v1/payments/links', { body: createBody });
    expect(created.status).toBe(200);
    const path = `/v1/payments/links/${created.json.id as string}`;
    expect((await shop.get(path)).text).toBe((await shop.get(created.json.id as string)).text);
    const closed = await shop.call('PATCH', path, { body: { status: 'cancelled' } });
    expect(closed.json.payment_status).toBe('cancelled');
    expect((await shop.call('DELETE', path)).status).toBe(405);
    expect((await shop.get('/v1/payments')).status).toBe(404);
  });

  it.each([
    [1, 'completes'],
    [2, 'late'],
    [3, 'fails'],
    [4, 'expires'],
    [5, null],
    [10, 'completes'],
  ])('the extra amount %d: %s', async (order_amount, script) => {
    const { id } = await shop.link({ order_amount });
    expect((await shop.payment(id)).script).toBe(script);
  });
});

describe('a payment that another dialect made', () => {
  it('can be read and closed, and shows no secret', async () => {
    const payment = await shop.create({ dialect: 'other', callbackSecret: null, payer: {} });
    const read = await shop.get(payment.id);
    expect(read.json).toMatchObject({
      payers: [{ name: null, email: null, country: null }],
      merchant_customer: { customer_id: null, customer_name: null, email: null },
    });
    const closed = await shop.patch(payment.reference, { status: 'cancelled' });
    expect(closed.json).toMatchObject({ payment_status: 'cancelled', notify_secret: null });
  });
});

describe('too many at once', () => {
  it('are told to come back, in the vendor’s shape, and nothing of theirs is kept', async () => {
    const config = { maxWaitingCreates: 1, rateLimits: false };
    const { server, test, db, close } = await startTestApp({ config });
    const payload = { ...createBody, merchant_key: test.merchantKey };
    const answers = await Promise.all(
      Array.from({ length: 60 }, () =>
        server.inject({
          method: 'POST',
          url: list,
          headers: { 'x-api-key': test.key },
          payload,
        }),
      ),
    );
    const busy = answers.filter(({ statusCode }) => statusCode === 503);
    const made = answers.filter(({ statusCode }) => statusCode === 200);
    expect(busy.length + made.length).toBe(60);
    expect(busy.length).toBeGreaterThan(0);
    expect(busy[0]?.headers).toMatchObject({ 'retry-after': '1', 'x-ratelimit-limit': '100' });
    expect(busy[0]?.json()).toMatchObject({ error: 'service_unavailable', code: 503 });
    const [row] = await db.query<{ count: number }>('select count(*) as count from payments');
    expect(row?.count).toBe(made.length);
    await close();
  });

  it('a key that is revoked meanwhile stops working, whatever is under way', async () => {
    const { server, app, test, close } = await startTestApp({ config: { rateLimits: false } });
    const list20 = () =>
      server
        .inject({ url: list, headers: { 'x-api-key': test.key } })
        .then((one) => one.statusCode);
    const before = Array.from({ length: 20 }, list20);
    await app.credentials.revoke(test.id);
    const after = Array.from({ length: 20 }, list20);
    expect(new Set(await Promise.all(after))).toEqual(new Set([401]));
    for (const status of await Promise.all(before)) expect([200, 401]).toContain(status);
    await close();
  });
});
