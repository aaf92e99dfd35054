// The acceptance list of wire/xlink.md: keys, methods and creating, lines 1 to 14.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Shop, links, methods, openShop, uuid } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** The documented request, under a number of its own. */
const documented = (change: Json = {}): Json =>
  shop.body({
    payment_method_type_id: methods.cardUsd,
    payer_id: 'customer-123',
    amount: '100.00',
    currency: 'USD',
    ...change,
  });

/** The observed body of a link. */
const observed = (change: Json = {}): Json =>
  shop.body({
    payer_id: 'customer-123',
    amount: 50_000,
    callback_url: 'https://shop.example.com/xlink/callback',
    return_url: 'https://shop.example.com/#/pending?id=ORDER-12346',
    metadata: { account_name: 'EXAMPLE HOLDER' },
    ...change,
  });

describe('sessions', () => {
  it('acceptance 1: the documented body', async () => {
    const body = documented();
    const { status, json } = await shop.post('sessions', body);
    expect(status).toBe(200);
    expect(json.session_id).toMatch(uuid);
    expect(json).toMatchObject({
      status: 'active',
      operation_id: json.session_id,
      operation_status: 'PENDING',
      operation_number: body.operation_number,
      payer_id: 'customer-123',
      amount: '100.00',
      currency: 'USD',
      metadata: {},
      payer_requisites: {},
      payment_method_requisites: { card_number: expect.any(String) },
    });
    expect(json.expired_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(json.expires_at).toBe(json.expired_at);
    expect(Object.keys(json).slice(0, 7)).toEqual([
      'session_id',
      'status',
      'expired_at',
      'expires_at',
      'payer_requisites',
      'payment_method_requisites',
      'payment_url',
    ]);
  });

  it('acceptance 2: the same number through the alias is the same session', async () => {
    const body = documented();
    const first = await shop.post('sessions', body);
    const second = await shop.post('/api/v1/p2p/p2p/sessions', body);
    expect([second.status, second.text]).toEqual([200, first.text]);
  });

  it('acceptance 3: a trailing slash, and no redirect', async () => {
    const { status, headers } = await shop.post('sessions/', documented());
    expect(status).toBe(200);
    expect(headers.location).toBeUndefined();
  });
});

describe('the key', () => {
  it('acceptance 4: in a header of any case', async () => {
    for (const name of ['x-api-key', 'X-API-KEY']) {
      const headers = { [name]: shop.keys.A };
      expect((await shop.create({}, { as: null, headers })).status).toBe(200);
    }
  });

  it('acceptance 5: none is 403 with one text', async () => {
    const { status, json } = await shop.create({}, { as: null });
    expect([status, json]).toEqual([403, { detail: 'Not authenticated' }]);
    expect((await shop.create({}, { as: '' })).json).toEqual({ detail: 'Not authenticated' });
  });

  it('acceptance 6: unknown is 403, revoked 401, another scheme none', async () => {
    const unknown = await shop.create({}, { as: 'nobody' });
    expect([unknown.status, unknown.json]).toEqual([403, { detail: 'Invalid API key' }]);
    const { id } = await shop.issue('short-lived', shop.merchant.id, 'test');
    expect((await shop.create({}, { as: 'short-lived' })).status).toBe(200);
    await shop.app.credentials.revoke(id);
    const revoked = await shop.create({}, { as: 'short-lived' });
    const dead = { detail: 'API key expired or revoked' };
    expect([revoked.status, revoked.json]).toEqual([401, dead]);
    const headers = { authorization: `Bearer ${shop.keys.A}` };
    const bearer = await shop.create({}, { as: null, headers });
    expect([bearer.status, bearer.json]).toEqual([403, { detail: 'Not authenticated' }]);
  });
});

describe('payment method types', () => {
  const url = (rest: string) => `payment-method-types?shop_id=${shop.shopId}${rest}`;

  it('acceptance 7: by direction, amount and currency', async () => {
    const query = '&operation_type=PAYIN&amount=50000&currency=KRW';
    const { status, data } = await shop.get(url(query));
    expect(status).toBe(200);
    expect(data).toEqual([
      {
        id: methods.bankKrw,
        name: 'Bank transfer KRW',
        instrument_type: 'BANK_TRANSFER',
        country: 'KR',
        currency: 'KRW',
        min_amount: '10000',
        max_amount: '2000000',
        operation_type: 'PAYIN',
      },
    ]);
    expect((await shop.get(url('&operation_type=PAYIN&amount=9999&currency=krw'))).data).toEqual(
      [],
    );
    expect((await shop.get(url('&amount=50000.5&currency=KRW'))).data).toEqual([]);
    expect((await shop.get(url('&currency=XYZ'))).json).toMatchObject({ total: 0, pages: 0 });
  });

  it('acceptance 8: page by page', async () => {
    const { json } = await shop.get(url('&page=1&size=1'));
    expect(json).toMatchObject({ page: 1, size: 1, total: 6, pages: 6 });
    const names: unknown[] = [];
    for (let page = 1; page <= 6; page += 1) {
      names.push((await shop.get(url(`&page=${page}&size=1`))).data[0]?.name);
    }
    expect(names).toEqual((await shop.get(url(''))).data.map(({ name }) => name));
    expect(names).toEqual(names.toSorted());
  });

  it('acceptance 9: without a shop', async () => {
    const { status, json } = await shop.get('payment-method-types');
    expect(status).toBe(422);
    const detail = [{ loc: ['query', 'shop_id'], msg: 'Field required', type: 'missing' }];
    expect(json).toEqual({ detail });
  });

  it.each(['size=0', 'size=101', 'page=0', 'size=x', 'page=', 'page=1.5', 'page=-1'])(
    'acceptance 10: %s',
    async (query) => {
      const { status, fields } = await shop.get(url(`&${query}`));
      expect([status, fields]).toEqual([422, [query.split('=')[0]]]);
    },
  );
});

describe('links', () => {
  it('acceptance 11: the observed body', async () => {
    const body = observed();
    const { status, json } = await shop.post(links, body);
    expect(status).toBe(200);
    expect(json.session_id).toMatch(uuid);
    expect(json.payment_url).toMatch(new RegExp(`^http://.+/link/${json.session_id}$`));
    const lifetime = Date.parse(String(json.expires_at)) - shop.clock.at.getTime();
    expect(lifetime).toBe(900_000);
    expect(json.payer_requisites).toEqual({ account_name: '****LDER' });
    const page = await shop.server.inject(new URL(String(json.payment_url)).pathname);
    expect(page.statusCode).toBe(200);
  });

  it('acceptance 12: twice is the same bytes', async () => {
    const body = observed();
    const first = await shop.post(links, body);
    const second = await shop.post(links, body);
    expect(second.text).toBe(first.text);
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    expect([second.status, second.headers['idempotent-replayed']]).toEqual([200, 'true']);
    expect((await shop.post('sessions', body)).text).toBe(first.text);
  });

  it('acceptance 13: another amount under the same number changes nothing', async () => {
    const body = observed();
    await shop.post(links, body);
    const { status, json } = await shop.post(links, { ...body, amount: 60_000 });
    expect([status, json.amount]).toEqual([200, '50000']);
  });

  it('acceptance 14: ten at once make one', async () => {
    const body = observed();
    const before = await shop.count();
    const answers = await Promise.all(Array.from({ length: 10 }, () => shop.post(links, body)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    expect(await shop.count()).toBe(before + 1);
  });
});
