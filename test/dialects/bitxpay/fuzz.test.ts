// Anything at all, in any field: an answer below 500, in the vendor's shape, every time.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJsonObject } from '../../../src/dialects/body.ts';
import { readCreateFields } from '../../../src/dialects/bitxpay/create-fields.ts';
import { type Shop, createBody, merchantKey, openShop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const fields = [...Object.keys(createBody), 'max_uses', 'webhook_url', 'status', '__proto__'];
const rules = { merchantKey, acceptWebhookUrl: true };

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.double(),
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }).map(String),
  fc.constantFrom('10.5', '1e9', 'USD', 'usd', 'a@b.cc', 'https://a.b', '\0', '\ud800', ''),
);
const change = fc.dictionary(fc.constantFrom(...fields), anything, { maxKeys: 4 });

function changed(changes: Record<string, unknown>): string {
  return JSON.stringify({ ...createBody, ...changes });
}

describe('any body', () => {
  it('is fields or details, never an exception', () => {
    const property = fc.property(change, (changes) => {
      const body = readJsonObject(Buffer.from(changed(changes)));
      const found = readCreateFields(body ?? {}, rules);
      if (Array.isArray(found)) {
        expect(found.length).toBeGreaterThan(0);
        for (const { field, issue } of found)
          expect([typeof field, typeof issue]).toContain('string');
      } else {
        expect(found.units > 0n).toBe(true);
        expect(found.maxUses).toBeGreaterThanOrEqual(1);
        if (found.webhookData !== null) {
          expect(JSON.stringify(JSON.parse(found.webhookData))).toBe(found.webhookData);
        }
      }
    });
    fc.assert(property, { numRuns: 10_000 });
  });

  it('is answered below 500 over HTTP', async () => {
    const property = fc.asyncProperty(change, async (changes) => {
      const { status, json } = await shop.post(changed(changes));
      expect([200, 400, 422]).toContain(status);
      if (status !== 200) expect(json).toMatchObject({ code: status, message: expect.any(String) });
    });
    await fc.assert(property, { numRuns: 1_500 });
  });

  it('of random bytes is 400', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string().map((s) => Buffer.from(s)),
    );
    const property = fc.asyncProperty(bytes, async (found) => {
      expect((await shop.post(Buffer.from(found))).status).toBe(400);
    });
    await fc.assert(property, { numRuns: 500 });
  });
});

describe('any query and path', () => {
  const value = fc
    .string({ unit: 'binary', maxLength: 60 })
    .map((text) => encodeURIComponent(text.toWellFormed()));
  it('is answered below 500', async () => {
    const names = fc.constantFrom(
      'page',
      'page_size',
      'statuses',
      'currency',
      'from_date',
      'to_date',
    );
    const query = fc.array(fc.tuple(names, value), { maxLength: 4 });
    const property = fc.asyncProperty(query, value, async (pairs, id) => {
      const text = pairs.map(([name, found]) => `${name}=${found}`).join('&');
      const list = await shop.get(`/api/v1/payments/links?${text}`);
      expect([200, 400]).toContain(list.status);
      const read = await shop.get(`/api/v1/payments/links/${id}`);
      expect([200, 400, 404]).toContain(read.status);
      const closed = await shop.patch(id === '' ? 'x' : id, { status: 'expired' });
      expect([400, 404, 405]).toContain(closed.status);
    });
    await fc.assert(property, { numRuns: 500 });
  });
});
