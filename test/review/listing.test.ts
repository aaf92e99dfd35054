// The list against a model of it: words, currency, dates and pages, with ties in time.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, startTestApp } from '../harness/app.ts';
import { order } from './order.ts';

const links = '/api/v1/payments/links';
type Item = {
  id: string;
  status: string;
  currency: string;
  created_at: string;
  is_active: boolean;
};
type Page = {
  total_items: number;
  total_pages: number;
  has_more: boolean;
  payment_links: Item[];
};

let shop: TestApp;
let all: Item[];
beforeAll(async () => {
  shop = await startTestApp({ config: { rateLimits: false } });
  const made: string[] = [];
  for (let at = 0; at < 36; at += 1) {
    if (at % 3 === 0) shop.clock.at = new Date(shop.clock.at.getTime() + 60_000);
    const more = { order_currency: at % 2 ? 'EUR' : 'USD' };
    const payload = order(shop.test.merchantKey, 15, more);
    made.push((await ask('POST', links, payload)).json<{ id: string }>().id);
  }
  const scope = { merchantId: shop.merchant.id, mode: 'test' } as const;
  const { payments } = shop.app;
  for (const [at, id] of made.entries()) {
    const view = await payments.find(scope, id);
    if (!view) throw new Error('lost');
    if (at % 7 === 1) await payments.play(view.payment, 'pay');
    if (at % 7 === 2) await payments.play(view.payment, 'fail');
    if (at % 7 === 3) await payments.close(scope, id, 'cancel');
    if (at % 7 === 4) await payments.close(scope, id, 'pause');
    if (at % 7 === 5) await payments.close(scope, id, 'expire');
    if (at % 7 === 6) {
      await payments.play(view.payment, 'pay');
      await payments.play(view.payment, 'confirm');
    }
  }
  all = (await page('page_size=100')).payment_links;
  expect(all.map((one) => one.id).toSorted()).toEqual(made.toSorted());
});
afterAll(() => shop.close());

function ask(method: 'GET' | 'POST', url: string, payload?: object) {
  const headers = { 'x-api-key': shop.test.key, 'content-type': 'application/json' };
  return shop.server.inject({ method, url, headers, ...(payload ? { payload } : {}) });
}

async function page(query: string): Promise<Page> {
  const answer = await ask('GET', `${links}?${query}`);
  expect(answer.statusCode).toBe(200);
  return answer.json<Page>();
}

test('newest first, ties by id', () => {
  const sorted = all.toSorted((one, two) =>
    one.created_at === two.created_at
      ? two.id.localeCompare(one.id)
      : two.created_at.localeCompare(one.created_at),
  );
  expect(all).toEqual(sorted);
});

test.each([1, 2, 5, 12, 35, 36, 37, 100])('pages of %i: everything once', async (size) => {
  const seen: string[] = [];
  for (let at = 1; ; at += 1) {
    const one = await page(`page=${at}&page_size=${size}`);
    expect(one).toMatchObject({ total_items: 36, total_pages: Math.ceil(36 / size) });
    seen.push(...one.payment_links.map((item) => item.id));
    expect(one.has_more).toBe(seen.length < 36);
    if (!one.has_more) break;
  }
  expect(seen).toEqual(all.map((one) => one.id));
  const beyond = await page(`page=9999999999&page_size=${size}`);
  expect(beyond).toMatchObject({ total_items: 36, has_more: false, payment_links: [] });
});

const words = ['processing', 'completed', 'failed', 'expired', 'cancelled', 'inactive', 'active'];
const is = (word: string) => (item: Item) =>
  word === 'active' ? item.is_active : item.status === word;

test.each(words)('statuses=%s', async (word) => {
  const wanted = all.filter(is(word));
  expect(wanted.length).toBeGreaterThan(0);
  const found = await page(`statuses=${word}&page_size=100`);
  expect(found.payment_links).toEqual(wanted);
  expect(found.total_items).toBe(wanted.length);
});

test('every pair of words is their union, and nothing twice', async () => {
  for (const one of words) {
    for (const two of words) {
      const wanted = all.filter((item) => is(one)(item) || is(two)(item));
      const found = await page(`statuses=${one},${two}&page_size=100`);
      expect(found.payment_links).toEqual(wanted);
    }
  }
  expect((await page('statuses=all,failed&page_size=100')).total_items).toBe(36);
});

test('currency and dates, both ends included', async () => {
  const eur = await page('currency=eur&page_size=100');
  expect(eur.payment_links).toEqual(all.filter((item) => item.currency === 'EUR'));
  const from = all[20]?.created_at ?? '';
  const to = all[5]?.created_at ?? '';
  const between = await page(`from_date=${from}&to_date=${to}&page_size=100&currency=USD`);
  expect(between.payment_links).toEqual(
    all.filter((one) => one.created_at >= from && one.created_at <= to && one.currency === 'USD'),
  );
});

test.each([
  "statuses=completed'--",
  'statuses=refunded;drop',
  'currency=US%00',
  'page=1e3',
  'page=-1',
  'page_size=1.5',
  'page=99999999999999999999',
  'from_date=2026-02-30',
])('%s is refused', async (query) => {
  expect((await ask('GET', `${links}?${query}`)).statusCode).toBe(400);
});
