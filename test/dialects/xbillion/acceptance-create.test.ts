// The acceptance list of wire/xbillion.md: creating, its fields and its rules, lines 1 to 19.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Shop, basic, createBody, customer, openShop, path } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe('an answer', () => {
  it('acceptance 1: a redirect service', async () => {
    const { status, json, headers } = await shop.create();
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(json.id).toMatch(uuid);
    expect(json.amount).toEqual({ value: 100, currency: 'USD' });
    const next = json.next as Json;
    expect(next.action).toBe('redirect');
    expect('details' in next).toBe(false);
    const page = new URL(String(next.redirect_url));
    const shown = await shop.server.inject({ method: 'GET', url: page.pathname });
    expect(shown.statusCode).toBe(200);
    expect(json.status).toBe('pending');
    expect(json.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('acceptance 2: a details service', async () => {
    const by = { service: 'bank-transfer', customer: { phone: '+11234567890', ip: '203.0.113.7' } };
    const { status, json } = await shop.create(by);
    expect(status).toBe(200);
    const next = json.next as Json;
    expect(next.action).toBe('show_details');
    expect('redirect_url' in next).toBe(false);
    const details = next.details as Json;
    expect(Object.values(details).every((value) => typeof value === 'string')).toBe(true);
    expect(details).toMatchObject({ amount: '100.00', currency: 'USD' });
    expect(details.expires_at).toBe('2026-01-31T12:30:00Z');
  });

  it('acceptance 3: a trailing slash is the same route', async () => {
    const { status, headers } = await shop.call('POST', `${path}/`, { body: shop.body() });
    expect(status).toBe(200);
    expect(headers.location).toBeUndefined();
    const { id } = await shop.made();
    expect((await shop.get(`${id}/`)).status).toBe(200);
  });
});

describe('authentication', () => {
  it('acceptance 4: without, wrong, unknown, malformed, another scheme', async () => {
    const pair = (id: string, secret: string) => basic(`${id}:${secret}`);
    const headers = [
      undefined,
      pair(shop.merchant.id, 'wrong'),
      pair('00000000-0000-7000-8000-000000000000', 'secret of A'),
      'Basic !!!',
      'Bearer x',
    ];
    for (const authorization of headers) {
      const sent: Record<string, string> = authorization === undefined ? {} : { authorization };
      const found = await shop.create({}, { as: null, headers: sent });
      expect(found.status).toBe(401);
      expect(found.headers['www-authenticate']).toBe('Basic realm="xBillion"');
      const body = { message: 'Merchant is unauthorized.', code: 'unauthorized', errors: [] };
      expect(found.json).toEqual(body);
    }
  });

  it('acceptance 5: a secret with a colon', async () => {
    await shop.issue('merchant-1:secret:word', shop.merchant.id, 'test');
    const authorization = 'Basic bWVyY2hhbnQtMTpzZWNyZXQ6d29yZA==';
    const { status } = await shop.create({}, { as: null, headers: { authorization } });
    expect(status).toBe(200);
  });

  it('acceptance 6: no pair and a bad body', async () => {
    expect((await shop.post('{', { as: null })).status).toBe(401);
    expect((await shop.post({}, { as: null })).status).toBe(401);
  });
});

describe('fields', () => {
  it('acceptance 7: all that is missing, in the order of the table', async () => {
    const { status, code, fields } = await shop.post({});
    expect([status, code]).toEqual([400, 'validation_error']);
    expect(fields).toEqual(['amount', 'currency', 'order_id', 'service', 'customer']);
  });

  it('acceptance 8: e-mail, phone, either or both', async () => {
    const none = await shop.create({ customer: {} });
    expect([none.status, none.fields]).toEqual([400, ['customer.email', 'customer.ip']]);
    const empty = await shop.create(customer({ email: '', phone: '' }));
    expect([empty.status, empty.fields]).toEqual([400, ['customer.email']]);
    expect((await shop.create(customer({ phone: '+1 123-456 78' }))).status).toBe(200);
  });

  it('acceptance 9: the address', async () => {
    const long = `${'0'.repeat(38)}:1234567`;
    const found = async (ip: unknown) => {
      const { status, fields } = await shop.create(customer({ ip }));
      return [status, ...fields];
    };
    expect(await found('203.0.113.7')).toEqual([200]);
    expect(await found('2001:db8:85a3::8a2e:370:7334')).toEqual([200]);
    for (const ip of ['string', long, undefined]) {
      expect(await found(ip)).toEqual([400, 'customer.ip']);
    }
    expect(long).toHaveLength(46);
  });

  it('acceptance 10: the amount', async () => {
    expect((await shop.create({ amount: 0.01 })).json.amount).toEqual({
      value: 0.01,
      currency: 'USD',
    });
    for (const amount of [0, -1, 0.009, 'abc', null, true, 1.005]) {
      const { status, fields } = await shop.create({ amount });
      expect([amount, status, fields]).toEqual([amount, 400, ['amount']]);
    }
    const text = await shop.create({ amount: '10.50' });
    expect(text.json.amount).toEqual({ value: 10.5, currency: 'USD' });
  });

  it('acceptance 11: the currency', async () => {
    expect((await shop.create({ currency: 'CLP', amount: 0.01 })).status).toBe(200);
    for (const currency of ['usd', 'JPY', 'USDT']) {
      const { status, fields } = await shop.create({ currency });
      expect([status, fields]).toEqual([400, ['currency']]);
    }
  });

  it('acceptance 12: the order id', async () => {
    expect((await shop.create({ order_id: 'x'.repeat(255) })).status).toBe(200);
    expect((await shop.create({ order_id: 'ж'.repeat(255) })).status).toBe(200);
    for (const order_id of ['x'.repeat(256), 5]) {
      const { status, fields } = await shop.create({ order_id });
      expect([status, fields]).toEqual([400, ['order_id']]);
    }
  });

  it('acceptance 13: texts that are too long', async () => {
    const url = `https://shop.example.com/${'x'.repeat(231)}`;
    expect(url).toHaveLength(256);
    const email = `payer@${'x'.repeat(246)}.com`;
    expect(email).toHaveLength(256);
    const wrong: [string, Json][] = [
      ['customer.name', customer({ name: 'x'.repeat(256) })],
      ['customer.email', customer({ email })],
      ['customer.phone', customer({ phone: `+${'1'.repeat(30)}` })],
      ['return_urls.success', { return_urls: { success: url } }],
      ['return_urls.fail', { return_urls: { fail: url } }],
      ['webhook_url', { webhook_url: url }],
    ];
    for (const [field, change] of wrong) {
      const { status, fields } = await shop.create(change);
      expect([status, fields]).toEqual([400, [field]]);
    }
  });

  it('acceptance 14: URLs of another kind', async () => {
    const webhook = await shop.create({ webhook_url: 'ftp://example.com' });
    expect([webhook.status, webhook.fields]).toEqual([400, ['webhook_url']]);
    const fail = await shop.create({ return_urls: { fail: 'nope' } });
    expect([fail.status, fail.fields]).toEqual([400, ['return_urls.fail']]);
  });
});

describe('business rules', () => {
  it('acceptance 15: the service and its limit', async () => {
    await shop.set({
      services: {
        closed: { kind: 'redirect', enabled: false },
        small: { kind: 'redirect', maximum: '99.99' },
      },
    });
    const refused = [
      ['nope', 'unknown_service'],
      ['closed', 'service_disabled'],
      ['small', 'limit_exceeded'],
    ];
    for (const [service, code] of refused) {
      const found = await shop.create({ service });
      expect([found.status, found.code, found.json.errors]).toEqual([422, code, []]);
    }
    expect((await shop.create({ service: 'small', amount: 99.99 })).status).toBe(200);
  });

  it('acceptance 16: a bad form comes before an unknown service', async () => {
    const { status, code, fields } = await shop.create({ service: 'nope', amount: 0 });
    expect([status, code, fields]).toEqual([400, 'validation_error', ['amount']]);
  });
});

describe('bodies', () => {
  it('acceptance 17: not JSON, no object, another type, too large', async () => {
    const bodies = [
      ['{', 'application/json'],
      ['[]', 'application/json'],
      [JSON.stringify(createBody), 'text/plain'],
    ];
    for (const [body, type = ''] of bodies) {
      const found = await shop.post(body, { headers: { 'content-type': type } });
      expect([found.status, found.code]).toEqual([400, 'malformed_request']);
      expect(found.json.errors).toEqual([]);
    }
    const large = await shop.create({ padding: 'x'.repeat(64 * 1024) });
    expect([large.status, large.code]).toEqual([413, 'payload_too_large']);
  });

  it('acceptance 18: unknown members and signature headers', async () => {
    const change = { signature: 'x', ...customer({ shoe_size: 43 }), unknown: { deep: [1] } };
    const headers = { 'x-signature': 'nonsense', signature: 'nonsense' };
    expect((await shop.create(change, { headers })).status).toBe(200);
  });

  it('acceptance 19: the vendor’s example', async () => {
    const example =
      '{"amount":0.01,"currency":"USD","order_id":"string","service":"string",' +
      '"customer":{"name":"string","email":"string","phone":"+11234567890","ip":"string"},' +
      '"return_urls":{"fail":"string","success":"string"},"webhook_url":"string"}';
    const { status, json } = await shop.post(example);
    expect(status).toBe(200);
    const { payment } = (await shop.app.payments.findForPayer(String(json.id))) ?? {};
    const { successUrl, cancelUrl, callbackUrl } = payment ?? {};
    expect([successUrl, cancelUrl, callbackUrl]).toEqual([null, null, null]);
    const live = await shop.post(example, { as: shop.pairs.live });
    expect([live.status, live.code]).toEqual([400, 'validation_error']);
    expect(live.fields).toEqual([
      'customer.email',
      'customer.ip',
      'return_urls.success',
      'return_urls.fail',
      'webhook_url',
    ]);
  });
});
