// The acceptance list of wire/xlink.md: bodies, fields, lines 24 to 29, limits, routes, 34, 41.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Shop, base, links, methods, openShop } from './shop.ts';

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

const usd = { payment_method_type_id: methods.bankUsd, currency: 'USD', amount: '100.00' };

describe('bodies', () => {
  it('acceptance 24: that are no JSON object', async () => {
    for (const body of ['{', '[]', 'null', '"text"', '1']) {
      const { status, json } = await shop.post('sessions', body);
      expect([body, status, json]).toEqual([
        body,
        422,
        { detail: [{ loc: ['body'], msg: 'JSON decode error', type: 'json_invalid' }] },
      ]);
    }
    const empty = await shop.post('sessions', '');
    expect([empty.status, empty.fields.length]).toEqual([422, 6]);
    expect((await shop.post('operations', '{')).status).toBe(422);
    expect((await shop.call('POST', 'sessions')).status).toBe(422);
  });

  it('of any or no content type are read', async () => {
    for (const type of ['text/plain', 'application/json; charset=utf-8', 'x/y']) {
      const headers = { 'content-type': type };
      expect((await shop.create({}, { headers })).status).toBe(200);
    }
    const headers = { 'x-api-key': shop.keys.A };
    const payload = Buffer.from(JSON.stringify(shop.body()));
    const bare = { method: 'POST', url: `${base}/sessions`, headers, payload } as const;
    expect((await shop.server.inject(bare)).statusCode).toBe(200);
  });

  it('too large are 413 in the vendor’s words', async () => {
    const { status, json, headers } = await shop.post('sessions', ' '.repeat(1024 * 1024 + 1));
    expect([status, json]).toEqual([413, { detail: 'Request body too large' }]);
    expect(headers['x-ratelimit-limit']).toBe('1000');
    const stranger = await shop.post('sessions', '{', { as: 'nobody' });
    expect(stranger.status).toBe(403);
  });
});

describe('fields', () => {
  const faults: [unknown, string][] = [
    ['0', 'greater_than'],
    [0, 'greater_than'],
    [-1, 'greater_than'],
    ['-1', 'greater_than'],
    ['1e3', 'value_error'],
    ['NaN', 'value_error'],
    ['abc', 'value_error'],
    ['', 'value_error'],
    ['1,5', 'value_error'],
    [' 1', 'value_error'],
    [true, 'string_type'],
    [{}, 'string_type'],
    [['1'], 'string_type'],
    ['100.001', 'decimal_max_places'],
    [100.001, 'decimal_max_places'],
    ['1234567890123456', 'value_error'],
    ['1'.repeat(70), 'value_error'],
  ];

  it('acceptance 25: the amount', async () => {
    const { status, json } = await shop.create({ ...usd, amount: undefined });
    const detail = [{ loc: ['body', 'amount'], msg: 'Field required', type: 'missing' }];
    expect([status, json]).toEqual([422, { detail }]);
    for (const [amount, type] of faults) {
      const found = await shop.create({ ...usd, amount });
      const [error] = found.detail as Json[];
      expect([amount, found.status, found.fields, error?.type]).toEqual([
        amount,
        422,
        ['amount'],
        type,
      ]);
    }
  });

  it('acceptance 26: excess zeros are not excess', async () => {
    expect((await shop.create({ amount: '50000.00' })).json.amount).toBe('50000');
    await shop.set({ methods: [{ ...lowKrw }] });
    expect((await shop.create({ ...low, amount: '5000.00' })).json.amount).toBe('5000');
    const { status, fields } = await shop.create({ amount: '5000.50' });
    expect([status, fields]).toEqual([422, ['amount']]);
    await shop.set({ methods: [] });
  });

  it('acceptance 27: the method and its limits', async () => {
    const below = await shop.create({ amount: '9999' });
    const text = 'Amount must be between 10000 and 2000000 KRW';
    expect([below.status, below.detail]).toEqual([400, text]);
    expect((await shop.create({ amount: '2000001' })).detail).toBe(text);
    const id = '550e8400-e29b-41d4-a716-446655440000';
    const unknown = await shop.create({ payment_method_type_id: id });
    expect([unknown.status, unknown.detail]).toEqual([400, 'Payment method type not found']);
    const direction = await shop.create({ payment_method_type_id: methods.bankKrwPayout });
    expect(direction.detail).toBe('Payment method type not found');
    const bad = await shop.create({ payment_method_type_id: 'x' });
    expect([bad.status, bad.fields]).toEqual([422, ['payment_method_type_id']]);
    const currency = await shop.create({ ...usd, currency: 'EUR' });
    const other = 'Currency is not supported by this payment method';
    expect([currency.status, currency.detail]).toEqual([400, other]);
  });

  it('acceptance 28: the shop', async () => {
    const theirs = await shop.create({ shop_id: shop.other.shopId });
    expect([theirs.status, theirs.detail]).toEqual([400, 'Shop not found']);
    expect((await shop.create({ shop_id: String(shop.shopId) })).status).toBe(200);
    for (const id of ['abc', '', 1.5, true, {}, '1.0']) {
      const { status, fields } = await shop.create({ shop_id: id });
      expect([id, status, fields]).toEqual([id, 422, ['shop_id']]);
    }
    expect((await shop.create({ shop_id: 0 })).fields).toEqual(['shop_id']);
    expect((await shop.create({ shop_id: 999_999_999_999 })).detail).toBe('Shop not found');
  });

  it('acceptance 29: URLs', async () => {
    const wrong = ['ftp://example.com', 'not a url', '', '//a.b', 'https://', 'https://a b.c'];
    for (const url of [...wrong, 'https://u:p@a.b', `https://a.b/${'x'.repeat(2_048)}`]) {
      for (const name of ['callback_url', 'return_url']) {
        const { status, fields } = await shop.create({ [name]: url });
        expect([url, status, fields]).toEqual([url, 422, [name]]);
      }
    }
    expect((await shop.create({ callback_url: null, return_url: null })).status).toBe(200);
  });

  it('report all that is wrong, in the order of the table', async () => {
    const found = await shop.post('sessions', {
      metadata: [],
      return_url: 1,
      callback_url: 1,
      currency: 'US',
      amount: 'x',
      payer_id: 1,
      operation_number: '',
      operation_type: 'REFUND',
      payment_method_type_id: 1,
      shop_id: 'x',
    });
    expect((found.detail as Json[]).map(({ type }) => type)).toEqual([
      'int_parsing',
      'uuid_parsing',
      'enum',
      'value_error',
      'string_type',
      'value_error',
      'enum',
      'string_type',
      'string_type',
      'dict_type',
    ]);
  });

  it('take words and codes in any case', async () => {
    const { status, json } = await shop.create({ operation_type: 'payin', currency: 'krw' });
    expect([status, json.operation_type, json.currency]).toEqual([200, 'PAYIN', 'KRW']);
  });
});

const low = { payment_method_type_id: '00000000-0000-4000-8000-00000000000a' };
const lowKrw = {
  id: low.payment_method_type_id,
  name: 'Any won',
  instrument: 'BANK_TRANSFER',
  currency: 'KRW',
  operation: 'PAYIN',
};

describe('the rate limit', () => {
  it('acceptance 34: shows on every answer and refuses request 1001', async () => {
    const paths: [string, string, string | null, number][] = [
      ['GET', 'operations', limited.keys.A, 200],
      ['GET', 'operations', null, 403],
      ['GET', 'operations', 'nobody', 403],
      ['POST', 'sessions', limited.keys.A, 422],
      ['POST', 'sessions', null, 403],
      ['GET', 'sessions/xyz', limited.keys.A, 404],
      ['GET', 'unknown', limited.keys.A, 404],
      ['DELETE', 'sessions', limited.keys.A, 405],
      ['POST', links, limited.keys.A, 422],
    ];
    for (const [method, path, as, status] of paths) {
      const found = await limited.call(method, path, { as });
      expect([path, found.status]).toEqual([path, status]);
      expect(found.headers['x-ratelimit-limit']).toBe('1000');
      expect(found.headers['x-ratelimit-remaining']).toMatch(/^\d+$/);
      const end = limited.clock.at.getTime() / 1_000 + 60;
      expect(found.headers['x-ratelimit-reset']).toBe(String(end));
    }
    limited.advance(60_000);
    for (let second = 0; second < 10; second += 1) {
      const asked = Array.from({ length: 100 }, () => limited.get('sessions/xyz'));
      const found = await Promise.all(asked);
      expect(new Set(found.map(({ status }) => status))).toEqual(new Set([404]));
      limited.advance(1_000);
    }
    const over = await limited.get('sessions/xyz');
    expect([over.status, over.json]).toEqual([429, { detail: 'Rate limit exceeded' }]);
    expect(over.headers['retry-after']).toBe('50');
    expect(over.headers['x-ratelimit-remaining']).toBe('0');
    expect((await limited.get('sessions/xyz', { as: limited.keys.B })).status).toBe(404);
  });

  it('refuses request 101 within a second', async () => {
    limited.advance(60_000);
    const found = await Promise.all(Array.from({ length: 101 }, () => limited.get('sessions/xyz')));
    expect(found.map(({ status }) => status).filter((status) => status === 429)).toHaveLength(1);
    expect(found.at(-1)?.headers['retry-after']).toBe('1');
    limited.advance(1_000);
    expect((await limited.get('sessions/xyz')).status).toBe(404);
  });
});

describe('routes', () => {
  it('acceptance 41: other methods and unknown paths', async () => {
    const wrong = await shop.call('DELETE', 'sessions', { as: null });
    expect([wrong.status, wrong.json]).toEqual([405, { detail: 'Method Not Allowed' }]);
    expect(wrong.headers.allow).toBe('POST');
    for (const path of [`${base}/unknown`, base, '/api/v1/public', `${base}/Sessions`]) {
      const { status, json } = await shop.get(path, { as: null });
      expect([path, status, json]).toEqual([path, 404, { detail: 'Not Found' }]);
    }
  });
});
