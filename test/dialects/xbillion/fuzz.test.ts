// Anything at all, in any field or header: an answer below 500, in one shape, every time.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJsonObject } from '../../../src/dialects/body.ts';
import { pairOf } from '../../../src/dialects/xbillion/authenticate.ts';
import { readCreateFields } from '../../../src/dialects/xbillion/create-fields.ts';
import { readServices } from '../../../src/dialects/xbillion/services.ts';
import { type Answer, type Json, type Shop, basic, createBody, openShop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const rules = {
  strictEmail: false,
  lenientIp: false,
  insecureWebhook: false,
  isLenient: (service: string) => service === 'string',
};

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.double(),
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }).map(String),
  fc.constantFrom('10.5', '1e9', 'USD', 'crypto', 'string', 'bank-transfer', '\0', '\ud800', ''),
  fc.constantFrom('a@b.cc', '+1234', '203.0.113.7', '::1', 'https://a.b/c', 'ftp://a.b'),
);
const inner = (...names: string[]) => fc.dictionary(fc.constantFrom(...names), anything);
const change = fc.record(
  {
    amount: anything,
    currency: anything,
    order_id: anything,
    service: anything,
    customer: fc.oneof(anything, inner('name', 'email', 'phone', 'ip', '__proto__')),
    return_urls: fc.oneof(anything, inner('success', 'fail')),
    webhook_url: anything,
    ['__proto__']: anything,
  },
  { requiredKeys: [] },
);

let orders = 0;
function changed(changes: Json): string {
  orders += 1;
  return JSON.stringify({ ...createBody, order_id: `fuzz-${orders}`, ...changes });
}

function isWhole({ status, json }: Answer): boolean {
  if (status === 200) return typeof json.id === 'string' && json.status === 'pending';
  const errors = json.errors as Json[];
  const told = Object.keys(json).join() === 'message,code,errors' && Array.isArray(errors);
  return told && errors.length > 0 === (json.code === 'validation_error');
}

describe('any body', () => {
  it('is fields or errors, never an exception', () => {
    const property = fc.property(change, (changes) => {
      const body = readJsonObject(Buffer.from(changed(changes as Json))) ?? {};
      const found = readCreateFields(body, rules);
      if (Array.isArray(found)) {
        expect(found.length).toBeGreaterThan(0);
        expect(new Set(found.map(({ field }) => field)).size).toBe(found.length);
      } else {
        expect(found.hundredths > 0n).toBe(true);
        expect(found.orderId).not.toBe('');
        expect(found.customer.email ?? found.customer.phone).not.toBeNull();
        for (const url of [found.successUrl, found.failUrl, found.webhookUrl]) {
          if (url !== null) expect(/^https?:/i.test(new URL(url).protocol)).toBe(true);
        }
      }
    });
    fc.assert(property, { numRuns: 10_000 });
  });

  it('is answered below 500 over HTTP', async () => {
    const property = fc.asyncProperty(change, async (changes) => {
      const found = await shop.post(changed(changes as Json));
      expect([200, 400, 413, 422]).toContain(found.status);
      expect(isWhole(found)).toBe(true);
    });
    await fc.assert(property, { numRuns: 1_500 });
  });

  it('of random bytes is 400', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (found) => {
      const answer = await shop.post(Buffer.from(found));
      expect([answer.status, isWhole(answer)]).toEqual([400, true]);
    });
    await fc.assert(property, { numRuns: 300 });
  });
});

describe('any path and header', () => {
  const printable = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
  it('is answered below 500', async () => {
    const path = fc.string({ unit: 'binary', maxLength: 60 });
    const property = fc.asyncProperty(path, printable, async (id, header) => {
      const name = encodeURIComponent(id.toWellFormed());
      const known = await shop.get(name);
      expect([400, 401, 403, 404]).toContain(known.status);
      const headers = { authorization: header };
      const unknown = await shop.create({}, { as: null, headers });
      expect([unknown.status, isWhole(unknown)]).toEqual([401, true]);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('a pair survives the way through a header', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((s) => !s.includes(':'));
    const secret = fc.string({ unit: 'grapheme', minLength: 1 });
    const property = fc.property(name, secret, (user, password) => {
      expect(pairOf(basic(`${user}:${password}`))).toBe(`${user}:${password}`);
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});

it('any configuration is services that are enabled or not', () => {
  const member = fc.oneof(anything, fc.dictionary(fc.string(), anything), fc.constant('2'));
  const names = [
    'kind',
    'enabled',
    'method',
    'currencies',
    'minimum',
    'maximum',
    'fee',
    'convertTo',
  ];
  const service = fc.oneof(anything, fc.dictionary(fc.constantFrom(...names), member));
  const property = fc.property(fc.dictionary(fc.string(), service), member, (services, maximum) => {
    for (const [, found] of readServices({ services, maximum }, 'test')) {
      expect(typeof found.enabled).toBe('boolean');
      expect(found.lifetimeMs).toBeGreaterThan(0);
    }
  });
  fc.assert(property, { numRuns: 3_000 });
});
