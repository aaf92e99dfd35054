// Hostile requests to X-Link's API: keys, bodies, numbers and texts that nobody means well.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJsonObject } from '../../../src/dialects/body.ts';
import { readCreateFields } from '../../../src/dialects/xlink/create-fields.ts';
import { methodsFault, readMethods } from '../../../src/dialects/xlink/methods.ts';
import { readOperationFields } from '../../../src/dialects/xlink/operation-fields.ts';
import { readListQuery, readMethodsQuery } from '../../../src/dialects/xlink/queries.ts';
import { type Answer, type Json, type Shop, methods, openShop, recipient } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
  await shop.fund();
});
afterAll(() => shop.close());

const statuses = [200, 400, 413, 422];

/** One member: a text, or a list of what is wrong and where. */
function isWhole({ status, json }: Answer): boolean {
  if (status === 200) return typeof json.session_id === 'string';
  const one = Object.keys(json).join() === 'detail';
  return one && (status === 422) === Array.isArray(json.detail);
}

const deep = `{"a":${'['.repeat(100)}${']'.repeat(100)}}`;

describe('a body', () => {
  it.each([
    Buffer.from([0x7b, 0xff, 0x7d]),
    '['.repeat(30_000),
    deep,
    '{}{}',
    '{"amount":1,}',
    "{'amount':1}",
    'shop_id=1',
  ])('%j is no JSON', async (body) => {
    for (const url of ['sessions', 'operations']) {
      const { status, detail } = await shop.post(url, body);
      expect([status, detail]).toMatchObject([422, [{ loc: ['body'], type: 'json_invalid' }]]);
    }
  });

  it('with members of the language’s own objects is only a body', async () => {
    const text = JSON.stringify(shop.body());
    const found = await shop.post('sessions', text.replace('{', '{"__proto__":{"amount":1},'));
    expect(found.status).toBe(200);
    const bare = await shop.post('sessions', `{"__proto__":${text}}`);
    expect([bare.status, bare.fields.length]).toEqual([422, 6]);
    const metadata = JSON.parse('{"__proto__":{"x":1},"constructor":1}') as Json;
    const kept = await shop.create({ metadata });
    expect(kept.text).toContain('"metadata":{"__proto__":{"x":1},"constructor":1}');
  });

  it('keeps numbers that a double cannot hold in what is echoed', async () => {
    const body = JSON.stringify(shop.body({ metadata: { n: 'N' } }));
    const big = '12345678901234567890';
    expect((await shop.post('sessions', body.replace('"N"', big))).text).toContain(`{"n":${big}}`);
    const amount = JSON.stringify(shop.body({ amount: 'N' }));
    for (const number of [big, '1e400', '50000.0000000000000000000001']) {
      const { status, fields } = await shop.post('sessions', amount.replace('"N"', number));
      expect([number, status, fields]).toEqual([number, 422, ['amount']]);
    }
  });
});

describe('fields', () => {
  const wrong: [string, unknown][] = [
    ['operation_number', 1],
    ['operation_number', 'a\0b'],
    ['operation_number', 'a\nb'],
    ['operation_number', '\ud800'],
    ['operation_number', 'x'.repeat(256)],
    ['operation_type', 1],
    ['operation_type', 'PAYIN '],
    ['payer_id', 'a\0b'],
    ['payer_id', 'x'.repeat(256)],
    ['payer_id', {}],
    ['currency', ['KRW']],
    ['currency', 'XAU'],
    ['currency', 'COC'],
    ['currency', 'BTC'],
    ['callback_url', 'https://a.b/\0'],
    ['callback_url', 'javascript:alert(1)'],
    ['callback_url', {}],
    ['metadata', 'x'],
    ['metadata', []],
    ['metadata', { a: 'x'.repeat(10 * 1024) }],
    ['payment_method_type_id', { id: methods.bankKrw }],
    ['shop_id', '1'.repeat(40)],
    ['shop_id', [1]],
  ];
  it.each(wrong)('%s is refused in %j', async (field, value) => {
    const found = await shop.create({ [field]: value });
    const fields = field === 'currency' && found.fields.includes('amount') ? [] : [field];
    expect([found.status, found.fields]).toEqual([422, fields]);
  });

  it('of an operation call', async () => {
    const { session_id: id } = await shop.made();
    const bad: [Json, string[]][] = [
      [{}, ['session_id']],
      [{ session_id: 'x' }, ['session_id']],
      [{ session_id: 1, payer_requisites: 'x' }, ['session_id', 'payer_requisites']],
      [{ session_id: id, payer_requisites: [1] }, ['payer_requisites']],
      [{ session_id: id, payer_requisites: [{ value: 'x' }] }, ['payer_requisites']],
      [{ session_id: id, payer_requisites: { a: {} } }, ['payer_requisites.a']],
      [{ session_id: id, payer_requisites: { a: 'x'.repeat(10_240) } }, ['payer_requisites']],
    ];
    for (const [body, fields] of bad) {
      const found = await shop.post('operations', body);
      expect([found.status, found.fields]).toEqual([422, fields]);
    }
    const payer = JSON.parse('{"__proto__":"12345678","a\\u0000b":"12345678"}') as Json;
    const found = await shop.post('operations', { session_id: id, payer_requisites: payer });
    expect([found.status, found.json.payer_requisites]).toEqual([
      200,
      JSON.parse('{"__proto__":"****5678","a\\u0000b":"****5678"}'),
    ]);
  });

  it('of a recipient: numbers are texts, and nothing else is', async () => {
    const account = await shop.paidOut({ metadata: { ...recipient, account_number: 12345678 } });
    expect(account.payment_method_requisites).toMatchObject({ account_number: '****5678' });
    for (const value of [{}, [], true, null]) {
      const metadata = { ...recipient, account_number: value };
      const { status, detail } = await shop.post('sessions', shop.payoutBody({ metadata }));
      expect([status, detail]).toEqual([400, 'metadata.account_number is required for PAYOUT']);
    }
    const nul = { ...recipient, account_name: 'A\0B', extra: '\0' };
    const odd = await shop.paidOut({ metadata: nul });
    expect(odd.metadata).toEqual(nul);
  });
});

describe('anything', () => {
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.double(),
    fc.constantFrom('50000', '1e9', 'KRW', 'PAYOUT', 'PAYIN', '\0', '\ud800', '', recipient),
    fc.constantFrom(...Object.values(methods), 'https://a.b/c', 'ftp://a.b', 50_000, 0, -1),
  );
  const names = [
    'shop_id',
    'payment_method_type_id',
    'operation_type',
    'operation_number',
    'payer_id',
    'amount',
    'currency',
    'callback_url',
    'return_url',
    'metadata',
    '__proto__',
  ];
  const change = fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 3 });

  it('in a body is fields or errors, once each and in order', () => {
    const property = fc.property(change, (changes) => {
      const body = JSON.stringify({ ...shop.body(), ...changes });
      const found = readCreateFields(readJsonObject(Buffer.from(body)) ?? {});
      if (!Array.isArray(found)) {
        expect(found.units > 0n).toBe(true);
        return;
      }
      const places = found.map(({ loc }) => names.indexOf(String(loc[1])));
      expect(places).toEqual([...new Set(places)].toSorted((left, right) => left - right));
    });
    fc.assert(property, { numRuns: 5_000 });
  });

  it('in a body is answered below 500', async () => {
    const property = fc.asyncProperty(change, async (changes) => {
      const found = await shop.post('sessions', { ...shop.body(), ...changes });
      expect(statuses).toContain(found.status);
      expect(isWhole(found)).toBe(true);
    });
    await fc.assert(property, { numRuns: 500 });
  });

  it('in an operation call, in a query and in the settings is read', () => {
    const query = fc.dictionary(
      fc.constantFrom('shop_id', 'status', 'amount', 'page', 'size', 'currency', 'sort_by'),
      fc.oneof(fc.string(), fc.array(fc.string()), fc.constant('1')),
    );
    const method = fc.dictionary(fc.constantFrom('id', 'name', 'currency', 'min'), anything);
    const property = fc.property(change, query, method, (body, given, one) => {
      readOperationFields(body as Json);
      readListQuery(given, false);
      readMethodsQuery(given);
      for (const mode of ['test', 'live'] as const) {
        // One that cannot be read closes the sandbox's own of the same id.
        expect(readMethods([one, body], mode).length).toBeLessThanOrEqual(mode === 'test' ? 6 : 0);
      }
      expect(methodsFault([one])).toContain('method 1');
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it('in a path is answered below 500', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    const property = fc.asyncProperty(text, async (found) => {
      const name = encodeURIComponent(found.toWellFormed());
      const number = await shop.get(`operations/${shop.shopId}/${name}`);
      expect([200, 404]).toContain(number.status);
      expect([404, 405, 422]).toContain((await shop.get(`sessions/${name}`)).status);
      expect((await shop.get('operations', { as: found })).status).toBe(403);
    });
    await fc.assert(property, { numRuns: 200 });
    for (const path of ['%', '%zz', '%c3%28', '%ff']) {
      const found = await shop.get(`operations/${shop.shopId}/${path}`);
      expect([found.status, found.fields]).toEqual([422, ['operation_number']]);
    }
  });
});

it('an unexpected error says nothing of itself, and shows the limits', async () => {
  const find = shop.app.payments.findByMerchantReference;
  const fail = () => Promise.reject(new Error('secret'));
  Object.assign(shop.app.payments, { findByMerchantReference: fail });
  const { status, json, headers } = await shop.get(`operations/${shop.shopId}/x`);
  Object.assign(shop.app.payments, { findByMerchantReference: find });
  expect([status, json]).toEqual([500, { detail: 'Internal Server Error' }]);
  expect(headers['x-ratelimit-limit']).toBe('1000');
});
