// Hostile requests to xBillion's API: headers, bodies, numbers and texts that nobody means well.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pairOf } from '../../../src/dialects/xbillion/authenticate.ts';
import { type Json, type Shop, basic, createBody, customer, openShop, path } from './shop.ts';

let shop: Shop;
let limited: Shop;
beforeAll(async () => {
  shop = await openShop();
  limited = await openShop({ config: { rateLimits: true } });
});
afterAll(async () => {
  await shop.close();
  await limited.close();
});

const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64');

describe('a Basic header', () => {
  it.each([
    ['Basic YTpi', 'a:b'],
    ['basic YTpi', 'a:b'],
    ['BASIC   YTpi', 'a:b'],
    ['Basic YTpi ', 'a:b'],
    [`Basic ${base64('a:b:c:')}`, 'a:b:c:'],
    [`Basic ${base64('ш:ж')}`, 'ш:ж'],
    [`Basic ${base64('a:b').replaceAll('=', '')}`, 'a:b'],
  ])('%j is %j', (header, pair) => {
    expect(pairOf(header)).toBe(pair);
  });

  it.each([
    undefined,
    '',
    ' ',
    'Basic',
    'Basic ',
    'BasicYTpi',
    'Basic !!!',
    'Basic YTpi YTpi',
    'Basic YTpi, Basic YTpi',
    'Basic YT=pi',
    'Basic YTpi===',
    'Bearer YTpi',
    'Token YTpi',
    'Digest username="a"',
    'YTpi',
    `Basic ${base64('no colon')}`,
    `Basic ${base64(':no name')}`,
    `Basic ${base64('no secret:')}`,
    `Basic ${base64(':')}`,
    `Basic ${base64(Buffer.from([0x61, 0x3a, 0xff, 0xfe]))}`,
    `Basic ${base64(Buffer.from([0xc0, 0x80, 0x3a, 0x61]))}`,
  ])('%j is none', (header) => {
    expect(pairOf(header)).toBeNull();
  });

  it('of any other pair is 401, in the very same words', async () => {
    const { A } = shop.pairs;
    const [name = '', secret = ''] = A.split(':');
    const wrong = [
      `${A} `,
      ` ${A}`,
      A.toUpperCase(),
      A.slice(0, -1),
      `${A}\0`,
      `${name}:${secret}:`,
      `${name}\0:${secret}`,
      `${secret}:${name}`,
      `${shop.other.id}:${secret}`,
      `${name}:${shop.pairs.B.split(':')[1]}`,
      `${name}:' or 1=1 --`,
      `${name}:${'x'.repeat(5_000)}`,
      `${'x'.repeat(5_000)}:${secret}`,
    ];
    const first = await shop.create({}, { as: 'nobody:nothing' });
    for (const as of wrong) {
      const { status, text } = await shop.create({}, { as });
      expect([as, status, text]).toEqual([as, 401, first.text]);
    }
  });

  it('does not open with another dialect’s key, nor a pair theirs', async () => {
    const key = shop.test.key;
    for (const as of [`${shop.merchant.id}:${key}`, `${key}:${key}`]) {
      expect((await shop.get('xyz', { as })).status).toBe(401);
    }
    const headers = { 'x-api-key': key };
    expect((await shop.get('xyz', { as: null, headers })).status).toBe(401);
    const links = await shop.get('links', { headers: { 'x-api-key': shop.pairs.A } });
    expect(links.status).toBe(401);
  });

  it('of a revoked pair and of an inactive merchant is 401', async () => {
    const merchant = await shop.app.merchants.create('Closing down');
    const pair = `${merchant.id}:short-lived`;
    const { id } = await shop.issue(pair, merchant.id, 'test');
    expect((await shop.create({}, { as: pair })).status).toBe(200);
    const actor = { userId: null, address: null };
    await shop.app.merchants.changeCommerce(merchant.id, { active: false }, actor);
    expect((await shop.create({}, { as: pair })).status).toBe(401);
    await shop.app.merchants.changeCommerce(merchant.id, { active: true }, actor);
    expect((await shop.create({}, { as: pair })).status).toBe(200);
    await shop.app.credentials.revoke(id);
    expect((await shop.create({}, { as: pair })).status).toBe(401);
  });
});

describe('the rate limit', () => {
  it('is 600 a minute for a pair and 100 for an address without one', async () => {
    const many = (count: number, as: string | null) =>
      Promise.all(Array.from({ length: count }, () => limited.get('xyz', { as })));
    const known = await many(600, limited.pairs.A);
    expect(new Set(known.map(({ status }) => status))).toEqual(new Set([400]));
    const [over] = await many(1, limited.pairs.A);
    expect([over?.status, over?.code, over?.json.errors]).toEqual([429, 'rate_limited', []]);
    expect(over?.headers['retry-after']).toBe('60');
    expect((await limited.get('xyz', { as: limited.pairs.B })).status).toBe(400);
    const unknown = await many(101, null);
    expect(unknown.map(({ status }) => status).toSorted()).toEqual([
      ...Array.from({ length: 100 }, () => 401),
      429,
    ]);
    const headers = Object.keys(known[0]?.headers ?? {});
    expect(headers.filter((name) => name.includes('ratelimit'))).toEqual([]);
    limited.advance(60_000);
    expect((await limited.get('xyz')).status).toBe(400);
  });
});

describe('a body', () => {
  it.each([
    ['', 400, 'validation_error'],
    ['null', 400, 'malformed_request'],
    ['"text"', 400, 'malformed_request'],
    ['1', 400, 'malformed_request'],
    ['{"amount":1,}', 400, 'malformed_request'],
    ['{}{}', 400, 'malformed_request'],
    [Buffer.from([0x7b, 0xff, 0x7d]), 400, 'malformed_request'],
    ['['.repeat(30_000), 400, 'malformed_request'],
    [`{"a":${'['.repeat(100)}${']'.repeat(100)}}`, 400, 'malformed_request'],
  ])('%j is %i', async (body, status, code) => {
    const found = await shop.post(body);
    expect([found.status, found.code]).toEqual([status, code]);
  });

  it.each(['application/json', 'APPLICATION/JSON; charset=utf-8', 'application/vnd.api+json'])(
    'of type %j is read',
    async (type) => {
      const headers = { 'content-type': type };
      expect((await shop.post(shop.body(), { headers })).status).toBe(200);
    },
  );

  it('of another type is malformed', async () => {
    for (const type of ['text/json', 'application/x-www-form-urlencoded', 'application/jsonp']) {
      const found = await shop.post(shop.body(), { headers: { 'content-type': type } });
      expect([type, found.status, found.code]).toEqual([type, 400, 'malformed_request']);
    }
  });

  it('with members of the language’s own objects is only a body', async () => {
    const text = JSON.stringify(shop.body());
    const found = await shop.post(text.replace('{', '{"__proto__":{"amount":1},"toString":1,'));
    expect(found.status).toBe(200);
    const bare = await shop.post('{"__proto__":{"amount":100,"currency":"USD"}}');
    expect(bare.fields).toEqual(['amount', 'currency', 'order_id', 'service', 'customer']);
    for (const service of ['__proto__', 'constructor', 'toString']) {
      expect((await shop.create({ service })).code).toBe('unknown_service');
    }
  });
});

describe('fields', () => {
  it('report all that is wrong at once, in order', async () => {
    const { fields } = await shop.post({
      webhook_url: 'x',
      return_urls: { fail: 'x', success: 'x' },
      customer: { ip: 'x', phone: 'x', email: 'x', name: 1 },
      service: 1,
      order_id: 1,
      currency: 1,
      amount: 'x',
    });
    expect(fields).toEqual([
      'amount',
      'currency',
      'order_id',
      'service',
      'customer.name',
      'customer.email',
      'customer.phone',
      'customer.ip',
      'return_urls.success',
      'return_urls.fail',
      'webhook_url',
    ]);
  });

  const wrong: [string, Json][] = [
    ['amount', { amount: {} }],
    ['amount', { amount: [] }],
    ['amount', { amount: ' 1' }],
    ['amount', { amount: '1e3' }],
    ['amount', { amount: '+1' }],
    ['amount', { amount: '01' }],
    ['amount', { amount: '1,5' }],
    ['amount', { amount: '١' }],
    ['amount', { amount: '0.00' }],
    ['amount', { amount: 1e21 }],
    ['amount', { amount: '1'.repeat(60) }],
    ['amount', { amount: '99999999999999.99' }],
    ['currency', { currency: ['USD'] }],
    ['currency', { currency: 'USD ' }],
    ['order_id', { order_id: '' }],
    ['order_id', { order_id: 'a\0b' }],
    ['order_id', { order_id: '\ud800' }],
    ['service', { service: 'x'.repeat(256) }],
    ['customer', { customer: [] }],
    ['customer', { customer: 'x' }],
    ['customer', { customer: null }],
    ['customer.name', customer({ name: 'a\0b' })],
    ['customer.email', customer({ email: 'a@b' })],
    ['customer.email', customer({ email: 'a@b.c' })],
    ['customer.email', customer({ email: 'a b@c.dd' })],
    ['customer.phone', customer({ phone: '11234567890' })],
    ['customer.phone', customer({ phone: '+' })],
    ['customer.phone', customer({ phone: '+1(234)567' })],
    ['customer.ip', customer({ ip: '203.0.113.256' })],
    ['customer.ip', customer({ ip: '203.0.113.7/24' })],
    ['customer.ip', customer({ ip: 'fe80::1%eth0' })],
    ['return_urls', { return_urls: 'x' }],
    ['return_urls.fail', { return_urls: { fail: 'javascript:alert(1)' } }],
    ['return_urls.success', { return_urls: { success: 'https://' } }],
    ['return_urls.success', { return_urls: { success: 'https://a b.c' } }],
    ['webhook_url', { webhook_url: 'https://user:pass@shop.example.com' }],
    ['webhook_url', { webhook_url: '//shop.example.com' }],
    ['webhook_url', { webhook_url: {} }],
  ];
  it.each(wrong)('%s is refused in %j', async (field, change) => {
    const { status, fields } = await shop.create(change);
    expect([status, fields]).toEqual([400, [field]]);
  });

  it('numbers beyond a double are refused, not rounded', async () => {
    const text = JSON.stringify(shop.body({ amount: 'AMOUNT' }));
    for (const amount of ['1e400', '12345678901234567890', '0.0100000000000000000001']) {
      const { status, fields } = await shop.post(text.replace('"AMOUNT"', amount));
      expect([amount, status, fields]).toEqual([amount, 400, ['amount']]);
    }
  });

  it('an empty text and a null are absent', async () => {
    const nothing = { return_urls: { success: '', fail: null }, webhook_url: '' };
    const found = await shop.create({ ...nothing, ...customer({ name: '', phone: null }) });
    expect(found.status).toBe(200);
    expect((await shop.create({ return_urls: '', customer: '' })).fields).toEqual(['customer']);
  });
});

describe('paths', () => {
  it.each([
    ['%', 400],
    ['%zz', 400],
    ['%00', 400],
    ['..%2f..', 400],
    ['links%2f', 400],
    ['x'.repeat(3_000), 404],
    ["' or 1=1", 400],
  ])('%j is %i', async (id, status) => {
    const found = await shop.get(encodeURI(id).replaceAll('%25', '%'));
    expect([400, 404]).toContain(found.status);
    if (status === 400) expect([found.status, found.fields]).toEqual([400, ['id']]);
    expect(found.json).toMatchObject({ message: expect.any(String), errors: expect.any(Array) });
  });

  it('an id in capitals is the same id', async () => {
    const { id } = await shop.made();
    expect((await shop.get(id.toUpperCase())).json.id).toBe(id);
  });

  it('other methods and deeper paths answer without a pair', async () => {
    const { id } = await shop.made();
    for (const method of ['DELETE', 'PATCH', 'PUT', 'POST']) {
      const found = await shop.call(method, id, { as: null });
      expect([found.status, found.code]).toEqual([405, 'method_not_allowed']);
      expect(found.headers.allow).toBe('GET, HEAD');
    }
    expect((await shop.call('HEAD', id)).status).toBe(200);
    expect((await shop.call('GET', `${path}//`, { as: null })).status).toBe(404);
  });
});

it('an unexpected error says nothing of itself', async () => {
  const find = shop.app.payments.find;
  Object.assign(shop.app.payments, { find: () => Promise.reject(new Error(createBody.order_id)) });
  const { status, json } = await shop.get('019a0000-0000-7000-8000-000000000001');
  Object.assign(shop.app.payments, { find });
  expect(status).toBe(500);
  expect(json).toEqual({ message: 'Internal error.', code: 'internal_error', errors: [] });
});

it('basic is what the header says', () => {
  expect(pairOf(basic('a:b'))).toBe('a:b');
});
