// Bad input, catalogue groups C3 and C5: always a 4xx in the vendor's shape, never a 500 or a hang.

import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Shop, createBody, openShop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const text = JSON.stringify(createBody);
const notJson = { error: 'invalid_request', message: 'Request body must be valid JSON', code: 400 };

function withMember(member: string): string {
  return `${text.slice(0, -1)},${member}}`;
}

function nested(open: string, close: string, depth: number): string {
  return open.repeat(depth) + close.repeat(depth);
}

describe('bodies that are no JSON object', () => {
  const bodies: [string, string | Buffer][] = [
    ['an open brace', '{'],
    ['a closing brace', '}'],
    ['a word', 'hello'],
    ['a form', 'merchant_key=1&order_amount=2'],
    ['XML', '<?xml version="1.0"?><a/>'],
    ['null', 'null'],
    ['a number', '1'],
    ['a string', '"text"'],
    ['true', 'true'],
    ['an array', '[]'],
    ['an array of the body', `[${text}]`],
    ['blanks', '   \n'],
    ['two objects', `${text}${text}`],
    ['a trailing comma', text.replace('}', ',}')],
    ['single quotes', "{'merchant_key':'a'}"],
    ['a comment', `/* */${text}`],
    ['a NUL byte inside', text.replace('Premium', 'Pre\0mium')],
    ['a NUL byte behind', `${text}\0`],
    ['a line break inside a string', text.replace('Premium', 'Pre\nmium')],
    ['a broken escape', text.replace('Premium', 'Pre\\xmium')],
    ['a half escape', text.replace('Premium', 'Pre\\u12')],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ['UTF-16 with a byte order mark', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['Latin-1', Buffer.from(text.replace('Premium', 'Prämium'), 'latin1')],
    ['a lone continuation byte', Buffer.from([0x7b, 0x80, 0x7d])],
    [
      'an overlong slash',
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xaf, 0x22, 0x7d])]),
    ],
    [
      'an encoded surrogate',
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xed, 0xa0, 0x80, 0x22, 0x7d])]),
    ],
    ['compressed bytes', gzipSync(text)],
    ['100,000 open arrays', '['.repeat(100_000)],
    ['100,000 nested arrays', nested('[', ']', 100_000)],
    ['100,000 nested objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['a member 100,000 deep', withMember(`"x":${nested('[', ']', 100_000)}`)],
    [
      'webhook_data 200 deep',
      withMember(`"webhook_data":${'{"a":'.repeat(200)}1${'}'.repeat(200)}`),
    ],
  ];
  it.each(bodies)('%s', async (_name, body) => {
    for (const answer of [await shop.post(body), await shop.patch('AAA-000000-PMT', body)]) {
      expect(answer.status).toBe(400);
      expect(answer.json).toEqual(notJson);
    }
  });

  it('a content type that is not JSON', async () => {
    const types = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'x',
      '*/*',
    ];
    for (const type of types) {
      const { status, json } = await shop.post(text, { headers: { 'content-type': type } });
      expect([type, status]).toEqual([type, 400]);
      expect(json).toEqual(notJson);
    }
  });

  it('more than a mebibyte', async () => {
    const { status, json, headers } = await shop.post(
      withMember(`"x":"${'y'.repeat(1024 * 1024)}"`),
    );
    expect(status).toBe(413);
    expect(json).toMatchObject({ error: 'payload_too_large', code: 413 });
    expect(headers['x-ratelimit-limit']).toBe('100');
    const unsigned = await shop.post('x'.repeat(1024 * 1024 + 1), { key: null });
    expect(unsigned.status).toBe(401);
  });
});

describe('bodies that are fine after all', () => {
  it.each([
    ['a byte order mark', Buffer.from(`\ufeff${text}`)],
    ['blanks around', `\r\n ${text}\n`],
    ['a repeated member: the last counts', withMember('"order_amount":12.5').replace('12.5', '0')],
    ['__proto__', withMember('"__proto__":{"order_amount":0,"isAdmin":true}')],
    ['constructor', withMember('"constructor":{"prototype":{"order_amount":0}}')],
    ['members of ours', withMember('"status":"completed","uses":1,"merchantId":"x","mode":"live"')],
    ['hasOwnProperty', withMember('"hasOwnProperty":1,"toString":2')],
    ['a wide body', withMember(`"x":[${'1,'.repeat(50_000)}1]`)],
    ['emoji', text.replace('Premium', '😀 Prämium 支付')],
  ])('%s', async (_name, body) => {
    const { status, json } = await shop.post(body);
    expect(status).toBe(200);
    expect(json).toMatchObject({ order_amount: 12.5, payment_status: 'processing' });
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  });

  it('an empty body is a field error, with and without a length', async () => {
    for (const body of ['', undefined]) {
      const answer = await shop.call('POST', '', {
        body,
        headers: { 'content-type': 'application/json' },
      });
      expect(answer.status).toBe(400);
      expect(answer.json.details).toHaveLength(7);
    }
    expect((await shop.call('POST', '', {})).json.details).toHaveLength(7);
  });

  it('JSON under its other names', async () => {
    const types = [
      'application/json; charset=utf-8',
      'APPLICATION/JSON',
      'application/vnd.api+json',
    ];
    for (const type of types) {
      const { status } = await shop.post(text, { headers: { 'content-type': type } });
      expect([type, status]).toEqual([type, 200]);
    }
  });
});

describe('fields that cannot be kept', () => {
  const long = (length: number) => 'x'.repeat(length);
  it.each([
    ['payment_name', '\0'],
    ['payment_name', 'a\0b'],
    ['payment_name', '\ud800'],
    ['payment_name', long(256)],
    ['payment_name', 5],
    ['payment_name', {}],
    ['payer_id', 'a\0'],
    ['payer_id', 5],
    ['payer_id', long(256)],
    ['payer_name', '\udc00x'],
    ['payer_name', []],
    ['payer_phone', long(51)],
    ['payer_phone', 15550100],
    ['payer_ip', long(65)],
    ['payer_ip', { '::1': 1 }],
    ['payer_email', 'a@b\0.com'],
    ['payer_email', `${long(250)}@example.com`],
    ['payer_email', 'a b@example.com'],
    ['payer_email', 'a@example..com'],
    ['payer_email', 'a@example.com\r\nBcc: b@example.com'],
    ['payer_email', ['a@example.com']],
    ['success_url', 'javascript:alert(1)'],
    ['success_url', 'JaVaScRiPt://x.com/%0aalert(1)'],
    ['success_url', 'data:text/html,<script>'],
    ['success_url', '//evil.example.com'],
    ['success_url', '/relative'],
    ['success_url', 'http://'],
    ['success_url', 'http://a b.com'],
    ['success_url', ' https://shop.example.com'],
    ['success_url', 'https://shop.example.com/\r\nSet-Cookie: a=b'],
    ['success_url', 'https://shop.example.com/\0'],
    ['success_url', 'https://shop.example.com:99999/'],
    ['success_url', `https://shop.example.com/${long(2048)}`],
    ['cancel_url', 5],
    ['cancel_url', 'file:///etc/passwd'],
    ['webhook_data', 'text'],
    ['webhook_data', 5],
    ['webhook_data', []],
    ['webhook_data', { x: long(10 * 1024) }],
    ['max_uses', -1],
    ['max_uses', '5'],
    ['max_uses', 1e400],
    ['max_uses', true],
    ['merchant_key', 5],
    ['merchant_key', { $ne: null }],
    ['order_currency', ['USD']],
    ['order_currency', 'USD\0'],
  ])('%s %j', async (field, value) => {
    const { status, json } = await shop.post({ ...createBody, [field]: value });
    // JSON has no Infinity: it goes out as null, which for an optional field means "left out".
    if (value === Infinity) return expect(status).toBe(200);
    expect(status).toBe(400);
    expect(json).toMatchObject({ message: 'Validation failed', details: [{ field }] });
  });

  it('a number that no double holds is no max_uses', async () => {
    const { status } = await shop.post(withMember('"max_uses":1e400'));
    expect(status).toBe(400);
  });
});

describe('injection', () => {
  const texts = [
    "'; drop table payments; --",
    '" or 1=1 --',
    '$1',
    '{{7*7}}',
    '${7*7}',
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '"><svg/onload=alert(1)>',
    '%s%s%n',
    'a\r\nX-Injected: 1',
    '\u202Egnp.exe',
    '","notify_secret":"","id":"',
    '\\',
    '\\u0041',
    '../../etc/passwd',
    '`id`',
  ];
  it.each(texts)('is only text: %j', async (payment_name) => {
    const webhook_data = { [payment_name]: payment_name };
    const link = await shop.link({ payment_name, payer_id: payment_name, webhook_data });
    expect(link.name).toBe(payment_name);
    const read = await shop.get(link.id);
    expect(read.json).toMatchObject({
      name: payment_name,
      merchant_customer: { customer_id: payment_name },
    });
    expect((await shop.payment(link.id)).metadata).toBe(JSON.stringify(webhook_data));
  });

  it.each(texts)('finds nothing by its path: %j', async (name) => {
    const path = encodeURIComponent(name);
    const get = await shop.get(path);
    expect([get.status, get.json.message]).toEqual([400, 'payment_id must be a valid UUID']);
    expect((await shop.patch(path, { status: 'expired' })).status).toBe(400);
  });

  it.each(texts)('filters nothing by its query: %j', async (value) => {
    for (const field of ['statuses', 'currency', 'from_date', 'to_date', 'page', 'page_size']) {
      const { status, json } = await shop.get(
        `/api/v1/payments/links?${field}=${encodeURIComponent(value)}`,
      );
      expect([field, status]).toEqual([field, 400]);
      expect(json.error).toBe('invalid_request');
    }
  });

  it('stores and repeats a name that imitates the end of an answer', async () => {
    const payment_name = '"notify_secret":"","id":"3d0a5e66-f5a5-432e-86e6-e9405a94fba6"}';
    const headers = { 'idempotency-key': 'imitation' };
    const first = await shop.post({ ...createBody, payment_name }, { headers });
    const second = await shop.post({ ...createBody, payment_name }, { headers });
    expect(second.text).toBe(first.text);
  });
});

describe('paths', () => {
  it.each([
    ['/api/v1/payments/links/%zz', 400],
    ['/api/v1/payments/links/%', 400],
    ['/api/v1/payments/links/%ff', 400],
    ['/api/v1/payments/links/%C0%AF', 400],
    ['/api/v1/payments/links/a%2Fb', 400],
    ['/api/v1/payments/links/%00', 400],
    [`/api/v1/payments/links/${'a'.repeat(4_000)}`, 400],
    ['/api/v1/payments/links/..%2F..%2Fhealth', 400],
    ['/api/v1/payments/links//', 404],
    ['/api/v1/payments//links', 404],
    ['/api//v1/payments/links', 404],
    ['//api/v1/payments/links', 404],
    ['/api/v1/payments/LINKS', 404],
    ['/API/v1/payments/links', 404],
    ['/api/v1/payments/%6Cinks', 404],
    ['/api/v1/payments/links/a/b/c', 404],
    ['/api/v1/payments/links?page=%zz', 400],
    ['/api/v1/payments/links?page[]=1', 200],
    ['/api/v1/payments/links?__proto__=1', 200],
    ['/api/v1/payments/links?page=1&page=1', 200],
    [`/api/v1/payments/links?x=${'a'.repeat(4_000)}`, 200],
  ])('%s is %i', async (path, status) => {
    const answer = await shop.get(path);
    expect(answer.status).toBe(status);
    expect(answer.headers.location).toBeUndefined();
    if (status >= 400)
      expect(answer.json).toMatchObject({ code: status, message: expect.any(String) });
  });
});
