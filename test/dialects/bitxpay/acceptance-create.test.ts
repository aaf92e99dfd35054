// The acceptance list of wire/bitxpay.md: creating links, lines 1 to 12 and 38.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Shop, createBody, openShop, testKey } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const members = [
  'payment_reference',
  'name',
  'order_currency',
  'order_amount',
  'payment_status',
  'expiry_date',
  'hosted_url',
  'token_type',
  'expires_in',
  'is_active',
  'max_uses',
  'current_uses',
  'notify_secret',
  'id',
];
const required = [
  'merchant_key',
  'order_currency',
  'order_amount',
  'payment_name',
  'payer_email',
  'success_url',
  'cancel_url',
];

function fieldsOf(json: Json): string[] {
  return (json.details as { field: string }[]).map(({ field }) => field);
}

describe('creating a link', () => {
  it('acceptance 1: the documented body answers the link object', async () => {
    const { status, json, headers } = await shop.post(createBody);
    expect(status).toBe(200);
    expect(Object.keys(json)).toEqual(members);
    expect(headers['content-type']).toContain('application/json');
    expect(json).toMatchObject({
      name: 'Premium Subscription',
      order_currency: 'USD',
      order_amount: 12.5,
      payment_status: 'processing',
      expiry_date: '2026-01-31T12:25:00Z',
      token_type: 'x-api-key',
      is_active: true,
      max_uses: 1,
      current_uses: 0,
    });
    expect([1499, 1500]).toContain(json.expires_in);
    expect(json.payment_reference).toMatch(/^[A-Z]{3}-\d{6}-PMT$/);
    expect(json.notify_secret).toMatch(/^[A-Za-z0-9]{24}$/);
    expect(json.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('acceptance 2: hosted_url ends in /link/ and the reference', async () => {
    const link = await shop.link();
    expect(link.hosted_url).toBe(`https://pay.example.com/link/${link.payment_reference}`);
  });

  it('acceptance 3: Bearer and a trailing slash are as good, without redirect', async () => {
    const bearer = { key: null, headers: { authorization: `Bearer ${testKey}` } };
    expect((await shop.post(createBody, bearer)).status).toBe(200);
    const lower = { key: null, headers: { authorization: `bearer ${testKey}` } };
    expect((await shop.post(createBody, lower)).status).toBe(200);
    const slashed = await shop.call('POST', '/api/v1/payments/links/', { body: createBody });
    expect(slashed.status).toBe(200);
    expect(slashed.headers.location).toBeUndefined();
  });

  it('acceptance 4: without a key every endpoint says 401 in its own words', async () => {
    const none = { key: null };
    const { id } = await shop.link();
    const answers = [
      [await shop.post(createBody, none), 'Missing or invalid access token'],
      [await shop.patch(id, { status: 'expired' }, none), 'Missing or invalid access token'],
      [await shop.get(id, none), 'Invalid or expired access token'],
      [await shop.get('', none), 'Invalid or expired token'],
    ] as const;
    for (const [{ status, json }, message] of answers) {
      expect(status).toBe(401);
      expect(json).toEqual({ error: 'unauthorized', message, code: 401 });
    }
  });

  it('acceptance 5: a key in the wrong form, or two keys, is no key', async () => {
    const wrong = [
      { key: `Bearer ${testKey}` },
      { headers: { authorization: 'Bearer test_key_CCCCCCCCCCCCCCCC' } },
      { key: null, headers: { authorization: `Token ${testKey}` } },
      { key: '' },
      { key: 'test_key_unknownunknown0' },
    ];
    for (const request of wrong) expect((await shop.post(createBody, request)).status).toBe(401);
    const both = { headers: { authorization: `Bearer ${testKey}` } };
    expect((await shop.post(createBody, both)).status).toBe(200);
    const other = { headers: { authorization: 'Basic dXNlcjpwYXNz' } };
    expect((await shop.post(createBody, other)).status).toBe(200);
  });

  it('acceptance 6: three broken fields give three issues in table order', async () => {
    const body = { ...createBody, order_amount: 0, order_currency: 'XX', payer_email: 'x' };
    const { status, json } = await shop.post(body);
    expect(status).toBe(400);
    expect(json).toEqual({
      error: 'invalid_request',
      message: 'Validation failed',
      code: 400,
      details: [
        {
          field: 'order_currency',
          issue: 'must be a valid 3-letter ISO 4217 code (e.g. GBP, USD)',
        },
        { field: 'order_amount', issue: 'must be greater than 0' },
        { field: 'payer_email', issue: 'must be a valid email address' },
      ],
    });
  });

  it('acceptance 7: lower-case currency, email without dot, URL without http', async () => {
    const wrong = [
      { order_currency: 'usd' },
      // Another vendor's play money.
      { order_currency: 'COC' },
      { payer_email: 'test@example' },
      { success_url: 'example.com' },
      { success_url: 'ftp://example.com' },
    ];
    for (const change of wrong) {
      const { status, json } = await shop.post({ ...createBody, ...change });
      expect(status).toBe(400);
      expect(fieldsOf(json)).toEqual(Object.keys(change));
    }
  });

  it('acceptance 8: an empty object names seven fields; broken JSON is told as such', async () => {
    const { status, json } = await shop.post({});
    expect(status).toBe(400);
    expect(json.details).toEqual(required.map((field) => ({ field, issue: 'is required' })));
    const broken = await shop.post('{');
    expect(broken.status).toBe(400);
    expect(broken.json).toEqual({
      error: 'invalid_request',
      message: 'Request body must be valid JSON',
      code: 400,
    });
  });

  it('acceptance 9: a numeric string is an amount; other things are not', async () => {
    const good = await shop.post({ ...createBody, order_amount: '10.5' });
    expect(good.status).toBe(200);
    expect(good.json.order_amount).toBe(10.5);
    for (const order_amount of [-5, 'abc', true, 1.005]) {
      const { status, json } = await shop.post({ ...createBody, order_amount });
      expect(status).toBe(400);
      expect(fieldsOf(json)).toEqual(['order_amount']);
    }
  });

  it('acceptance 10: the merchant key of another merchant is refused by its field', async () => {
    const body = { ...createBody, merchant_key: 'mkey-BBBBBBBBBBBBBBBBBBBBBBBBB' };
    const { status, json } = await shop.post(body);
    expect(status).toBe(400);
    expect(fieldsOf(json)).toEqual(['merchant_key']);
  });

  it('acceptance 11: max_uses up to 100', async () => {
    expect((await shop.post({ ...createBody, max_uses: 100 })).json.max_uses).toBe(100);
    const over = await shop.post({ ...createBody, max_uses: 101 });
    expect(over.status).toBe(422);
    expect(over.json).toEqual({
      error: 'unprocessable_entity',
      message: 'Maximum uses cannot exceed 100 for this account tier',
      code: 422,
    });
    for (const max_uses of [0, 1.5, 'x']) {
      expect((await shop.post({ ...createBody, max_uses })).status).toBe(400);
    }
  });

  it('acceptance 12: unknown members are ignored; fields come before business rules', async () => {
    expect((await shop.post({ ...createBody, unknown: { a: 1 } })).status).toBe(200);
    const both = await shop.post({ ...createBody, order_amount: 0, max_uses: 101 });
    expect(both.status).toBe(400);
  });

  it('acceptance 38: the same Idempotency-Key gives the same link, another body 422', async () => {
    const request = { headers: { 'idempotency-key': 'order-1' } };
    const first = await shop.post(createBody, request);
    const second = await shop.post(createBody, request);
    expect(second.status).toBe(200);
    expect(second.text).toBe(first.text);
    const other = await shop.post({ ...createBody, order_amount: 13 }, request);
    expect(other.status).toBe(422);
    expect(other.json.message).toBe('Idempotency key was used with a different request');
  });
});
