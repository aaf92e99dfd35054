// The acceptance list of wire/bitxpay.md: reading, closing and listing links, lines 13 to 25.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Shop, createBody, liveKey, openShop, otherKey, testKey } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const detailMembers = [
  'id',
  'name',
  'amount',
  'currency',
  'payment_type',
  'payment_status',
  'payment_link',
  'expires_at',
  'is_active',
  'max_uses',
  'current_uses',
  'is_expired',
  'is_available',
  'decimals',
  'usd_price',
  'payers',
  'merchant_customer',
  'txs',
  'payment_reference',
];
const itemMembers = [
  'id',
  'name',
  'amount',
  'currency',
  'status',
  'payment_link',
  'expires_at',
  'is_active',
  'created_at',
  'payment_reference',
];

async function play(id: string, ...events: ('pay' | 'confirm' | 'fail')[]): Promise<void> {
  for (const event of events) await shop.payments.play(await shop.payment(id), event);
}

function itemsOf(json: Json): Json[] {
  return json.payment_links as Json[];
}

function idsOf(json: Json): unknown[] {
  return itemsOf(json).map(({ id }) => id);
}

describe('reading a link', () => {
  it('acceptance 13: by UUID and by reference, equal bodies without the secret', async () => {
    const link = await shop.link();
    const byId = await shop.get(link.id);
    const byReference = await shop.get(link.payment_reference);
    expect(byId.status).toBe(200);
    expect(byReference.text).toBe(byId.text);
    expect(Object.keys(byId.json)).toEqual(detailMembers);
    expect(byId.json).toMatchObject({
      id: link.id,
      amount: 12.5,
      payment_type: 'direct',
      payment_status: 'processing',
      payment_link: `https://pay.example.com/payment_link?payment_id=${link.id}`,
      is_expired: false,
      is_available: true,
      decimals: 2,
      usd_price: '12.5000',
      txs: [],
      merchant_customer: {
        customer_id: 'TRE1787238200',
        customer_name: 'Example Payer',
        email: 'payer@example.com',
      },
    });
    const [payer] = byId.json.payers as Json[];
    expect(payer).toMatchObject({ name: 'Example Payer', country: null });
    expect(payer?.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('acceptance 14: neither form is 400; unknown, foreign and other mode are 404', async () => {
    const bad = await shop.get('xyz');
    expect(bad.status).toBe(400);
    expect(bad.json).toEqual({
      error: 'invalid_request',
      message: 'payment_id must be a valid UUID',
      code: 400,
    });
    const { id } = await shop.link();
    const missing = [
      await shop.get(randomUUID()),
      await shop.get('AAA-000000-PMT'),
      await shop.get(id, { key: otherKey }),
      await shop.get(id, { key: liveKey }),
    ];
    for (const { status, json } of missing) {
      expect(status).toBe(404);
      expect(json).toEqual({ error: 'not_found', message: 'Payment not found', code: 404 });
    }
  });
});

describe('closing a link', () => {
  it('acceptance 15: expired answers the link as it is then, and the path wins', async () => {
    const link = await shop.link();
    const other = await shop.link();
    const { status, json } = await shop.patch(link.id, { id: other.id, status: 'expired' });
    expect(status).toBe(200);
    expect(json).toEqual({
      ...link,
      payment_status: 'expired',
      expires_in: 0,
      is_active: false,
      expiry_date: '2026-01-31T12:00:00Z',
    });
    expect((await shop.get(other.id)).json.payment_status).toBe('processing');
  });

  it('acceptance 16: the same word again is fine, another 422, a strange one 400', async () => {
    const { id } = await shop.link();
    const first = await shop.patch(id, { status: 'expired' });
    const again = await shop.patch(id, { status: 'expired' });
    expect(again.text).toBe(first.text);
    const other = await shop.patch(id, { status: 'cancelled' });
    expect(other.status).toBe(422);
    expect(other.json.message).toBe('Cannot update status of expired payment');
    const issue = 'must be one of: expired, inactive, cancelled';
    for (const body of [{ status: 'paid' }, {}, { status: null }, { status: ['expired'] }]) {
      const strange = await shop.patch(id, body);
      expect(strange.status).toBe(400);
      expect(strange.json.details).toEqual([{ field: 'status', issue }]);
    }
  });

  it('acceptance 17: an unknown link is 404, no id at all is a field error', async () => {
    const unknown = await shop.patch(randomUUID(), { status: 'expired' });
    expect(unknown.status).toBe(404);
    expect(unknown.json.message).toBe('Payment link not found');
    const { status, json } = await shop.patch('xyz', { status: 'expired' });
    expect(status).toBe(400);
    expect(json.details).toEqual([{ field: 'id', issue: 'must be a valid UUID' }]);
  });

  it('acceptance 18: a completed link keeps its status', async () => {
    const { id } = await shop.link();
    await play(id, 'pay', 'confirm');
    const { status, json } = await shop.patch(id, { status: 'expired' });
    expect(status).toBe(422);
    expect(json).toEqual({
      error: 'unprocessable_entity',
      message: 'Cannot update status of completed payment',
      code: 422,
    });
  });

  it('acceptance 19: inactive shows everywhere and can still be cancelled', async () => {
    const { id } = await shop.link();
    const patched = await shop.patch(id, { status: 'inactive' });
    expect(patched.json).toMatchObject({ payment_status: 'inactive', is_active: false });
    expect((await shop.patch(id, { status: 'inactive' })).text).toBe(patched.text);
    const read = await shop.get(id);
    expect(read.json).toMatchObject({ payment_status: 'inactive', is_available: false });
    const list = await shop.get('/api/v1/payments/links?statuses=inactive');
    expect(itemsOf(list.json)).toMatchObject([{ id, status: 'inactive', is_active: false }]);
    const payment = await shop.payment(id);
    await expect(shop.payments.choose(payment, 'sandbox')).rejects.toThrow();
    expect((await shop.patch(id, { status: 'cancelled' })).json.payment_status).toBe('cancelled');
  });

  it('acceptance 20: money that is confirming cannot be stopped, and completes', async () => {
    const { id } = await shop.link();
    await play(id, 'pay');
    for (const status of ['expired', 'inactive', 'cancelled']) {
      const refused = await shop.patch(id, { status });
      expect(refused.status).toBe(422);
      expect(refused.json.message).toBe('Cannot update status of processing payment');
    }
    await play(id, 'confirm');
    expect((await shop.get(id)).json.payment_status).toBe('completed');
  });
});

describe('listing links', () => {
  const list = '/api/v1/payments/links';

  it('acceptance 21: an envelope, newest first, status but no payment_status', async () => {
    const first = await shop.link();
    const second = await shop.link();
    const url = `${list}?page=1&page_size=20&statuses=active,processing`;
    const headers = { authorization: `Bearer ${testKey}` };
    const { status, json } = await shop.get(url, { key: null, headers });
    expect(status).toBe(200);
    expect(Object.keys(json)).toEqual([
      'page',
      'page_size',
      'total_items',
      'total_pages',
      'has_more',
      'payment_links',
    ]);
    expect(idsOf(json).slice(0, 2)).toEqual([second.id, first.id]);
    const [item] = itemsOf(json);
    expect(Object.keys(item ?? {})).toEqual(itemMembers);
    expect(item).toMatchObject({
      status: 'processing',
      amount: 12.5,
      payment_link: `https://pay.example.com/link/${second.id}`,
      created_at: '2026-01-31T12:00:00Z',
    });
  });

  it('acceptance 22: paging out of range and unknown words are refused', async () => {
    for (const size of ['0', '101', 'x', '1.5', '-1']) {
      const { status, json } = await shop.get(`${list}?page_size=${size}`);
      expect(status).toBe(400);
      expect(json).toEqual({
        error: 'invalid_request',
        message: 'page_size must be between 1 and 100',
        code: 400,
      });
    }
    const page = await shop.get(`${list}?page=0`);
    expect(page.status).toBe(400);
    expect(page.json.message).toBe('page must be greater than or equal to 1');
    const word = await shop.get(`${list}?statuses=foo`);
    expect(word.status).toBe(400);
    expect(word.json.details).toMatchObject([{ field: 'statuses' }]);
  });

  it('acceptance 23: the words filter as they show, a currency in any case', async () => {
    const euro = await shop.link({ order_currency: 'EUR' });
    const done = await shop.link();
    await play(done.id, 'pay', 'confirm');
    const paused = await shop.link();
    await shop.patch(paused.id, { status: 'inactive' });
    const completed = await shop.get(`${list}?statuses=completed&page_size=100`);
    expect(itemsOf(completed.json).every(({ status }) => status === 'completed')).toBe(true);
    expect(idsOf(completed.json)).toContain(done.id);
    expect(idsOf((await shop.get(`${list}?statuses=inactive`)).json)).toEqual([paused.id]);
    const all = await shop.get(`${list}?statuses=all&page_size=100`);
    const everything = await shop.get(`${list}?page_size=100`);
    expect(all.json.total_items).toBe(everything.json.total_items);
    const dollars = await shop.get(`${list}?currency=usd&page_size=100`);
    expect(itemsOf(dollars.json).every(({ currency }) => currency === 'USD')).toBe(true);
    expect(idsOf((await shop.get(`${list}?currency=eur`)).json)).toEqual([euro.id]);
    for (const unknown of ['BTC', 'COC', 'ABC']) {
      expect((await shop.get(`${list}?currency=${unknown}`)).status).toBe(400);
    }
    const two = await shop.get(`${list}?statuses=inactive,completed&page_size=100`);
    expect(idsOf(two.json)).toEqual(expect.arrayContaining([done.id, paused.id]));
  });

  it('acceptance 24: dates are inclusive; a bad date or an empty range is refused', async () => {
    const before = shop.clock.at;
    shop.clock.at = new Date('2026-01-30T23:59:59.700Z');
    const { id } = await shop.link();
    shop.clock.at = before;
    const inside = [
      'from_date=2026-01-30&to_date=2026-01-30',
      'to_date=2026-01-30T23:59:59Z',
      'from_date=2026-01-31T00:59:59%2B01:00&to_date=2026-01-31T00:59:59+01:00',
    ];
    for (const query of inside)
      expect(idsOf((await shop.get(`${list}?${query}`)).json)).toEqual([id]);
    for (const query of [
      'from_date=x',
      'to_date=2026-02-30',
      'from_date=2026-02-02&to_date=2026-02-01',
    ]) {
      const { status, json } = await shop.get(`${list}?${query}`);
      expect(status).toBe(400);
      expect(json.message).toBe('Validation failed');
    }
  });

  it('acceptance 25: a page past the end is empty', async () => {
    const { status, json } = await shop.get(`${list}?page=999`);
    expect(status).toBe(200);
    expect(json).toMatchObject({ page: 999, has_more: false, payment_links: [] });
  });

  it('shows nothing of another merchant or mode', async () => {
    const created = await shop.post(createBody);
    expect(created.status).toBe(200);
    for (const key of [otherKey, liveKey]) {
      const { json } = await shop.get(list, { key });
      expect(json).toMatchObject({ total_items: 0, total_pages: 0, has_more: false });
    }
  });
});
