// One order is one payment at xBillion's, whoever asks how often and in which spelling.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Shop, createBody, customer, openShop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

describe('the same order', () => {
  const full = {
    customer: { name: 'Payer', email: 'a@b.cc', phone: '+1 23', ip: '203.0.113.7' },
    return_urls: { success: 'https://a.example/y', fail: 'https://a.example/n' },
    webhook_url: 'https://a.example/hook',
  };

  it('is the same however it is written', async () => {
    const body = shop.body({ amount: 100 });
    const first = await shop.post(body);
    const spellings = [
      { ...body, amount: '100.00' },
      { ...body, unknown: 1, ...customer({ unknown: 2 }) },
      { ...body, webhook_url: '', return_urls: null },
      { ...body, ...customer({ name: '', phone: null }) },
      Object.fromEntries(Object.entries(body).toReversed()),
    ];
    for (const spelling of spellings) expect((await shop.post(spelling)).text).toBe(first.text);
    const exponent = JSON.stringify(body).replace('"amount":100', '"amount":1.0e2');
    expect((await shop.post(exponent)).text).toBe(first.text);
  });

  const changes: Json[] = [
    { amount: 100.01 },
    { currency: 'EUR' },
    { service: 'bank-transfer' },
    { service: 'nope' },
    { customer: { ...full.customer, name: 'Other' } },
    { customer: { ...full.customer, email: 'b@b.cc' } },
    { customer: { ...full.customer, phone: '+1 24' } },
    { customer: { ...full.customer, ip: '203.0.113.8' } },
    { return_urls: { success: full.return_urls.success } },
    { return_urls: { ...full.return_urls, success: 'https://a.example/z' } },
    { webhook_url: 'https://a.example/other' },
    { webhook_url: undefined },
  ];
  it.each(changes)('with %j is another one', async (change) => {
    const body = shop.body(full);
    await shop.post(body);
    const before = await shop.count();
    const found = await shop.post({ ...body, ...change });
    expect([found.status, found.code]).toEqual([422, 'duplicate_order']);
    expect(await shop.count()).toBe(before);
  });

  it('is answered as it was, also when it could not be made any more', async () => {
    const first = shop.body();
    const { text, json } = await shop.post(first);
    await shop.play(String(json.id), 'pay', 'confirm');
    const settings: Json[] = [
      { services: { crypto: { kind: 'redirect', enabled: false } } },
      { services: { crypto: { kind: 'redirect', maximum: '1' } } },
      { services: { crypto: { kind: 'redirect', currencies: ['EUR'] } } },
      { services: { crypto: { kind: 'details', method: 'gone' } } },
      { maximum: '1', services: {} },
    ];
    for (const change of settings) {
      await shop.set(change);
      const again = await shop.post(first);
      expect([again.status, again.text]).toEqual([200, text]);
      const other = await shop.post({ ...first, amount: 7 });
      expect([other.status, other.code]).toEqual([422, 'duplicate_order']);
    }
    await shop.set({ maximum: null, services: {} });
  });

  it.each([2, 10, 50])('%i times at once, in two forms, makes one payment', async (copies) => {
    const body = shop.body();
    const before = await shop.count();
    const answers = await Promise.all(
      Array.from({ length: copies }, (_, at) => shop.post({ ...body, amount: 100 + (at % 2) })),
    );
    const made = answers.filter(({ status }) => status === 200);
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    expect(made).toHaveLength(copies / 2);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['duplicate_order']));
    expect(await shop.count()).toBe(before + 1);
  });
});

describe('another order', () => {
  it.each([' A', 'A ', 'a', 'Á', 'A\u0301', "'; drop table payments; --", '🍵', '%', 'A\n'])(
    'is %j beside A',
    async (order_id) => {
      const a = await shop.post({ ...createBody, order_id: 'A' });
      const found = await shop.post({ ...createBody, order_id });
      expect(found.status).toBe(200);
      expect(found.json.id).not.toBe(a.json.id);
      expect(found.json.order_id).toBe(order_id);
      expect((await shop.get(String(found.json.id))).json.order_id).toBe(order_id);
    },
  );

  it('is every one where duplicates are allowed', async () => {
    await shop.set({ allowDuplicates: true });
    const body = shop.body();
    const answers = await Promise.all(Array.from({ length: 5 }, () => shop.post(body)));
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(5);
    expect((await shop.post({ ...body, amount: 1 })).status).toBe(200);
    await shop.set({ allowDuplicates: false });
    expect((await shop.post(body)).status).toBe(200);
  });

  it('is the one of a link that uses the same key', async () => {
    const body = shop.body();
    const link = {
      merchant_key: shop.test.merchantKey,
      order_currency: 'USD',
      order_amount: 100,
      payment_name: 'Tea',
      payer_email: 'payer@example.com',
      success_url: 'https://shop.example.com/yes',
      cancel_url: 'https://shop.example.com/no',
    };
    const headers = { 'x-api-key': shop.test.key, 'idempotency-key': String(body.order_id) };
    const path = '/api/v1/payments/links';
    const made = await shop.call('POST', path, { as: null, headers, body: link });
    expect(made.status).toBe(200);
    expect((await shop.post(body)).json.id).not.toBe(made.json.id);
  });
});
