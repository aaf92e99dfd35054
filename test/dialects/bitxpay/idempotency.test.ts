// Idempotency, catalogue groups B1 to B5, for creating links.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shell } from '../../../src/merchants/staff-log.ts';
import { type Shop, createBody, liveKey, merchantKey, openShop, otherKey } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const dayMs = 24 * 60 * 60 * 1_000;
const mismatch = 'Idempotency key was used with a different request';

function withKey(key: string, more: { key?: string } = {}) {
  return { headers: { 'idempotency-key': key }, ...more };
}

async function count(): Promise<unknown> {
  return (await shop.get('')).json.total_items;
}

describe('the same request again', () => {
  it.each([2, 3, 5, 8, 10, 16, 25, 32, 50, 64, 75, 100])(
    '%i at once make one link',
    async (copies) => {
      const before = await count();
      const request = withKey(`parallel-${copies}`);
      const answers = await Promise.all(
        Array.from({ length: copies }, () => shop.post(createBody, request)),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect(await count()).toBe((before as number) + 1);
    },
  );

  it('keeps no webhook key in the clear', async () => {
    const { json } = await shop.post(createBody, withKey('sealed'));
    const rows = await shop.db.query<{ answer: string }>('select answer from idempotency');
    expect(rows.length).toBeGreaterThan(0);
    for (const { answer } of rows) expect(answer).not.toContain(json.notify_secret);
  });

  it('is read anew when its bytes are said to be something else', async () => {
    await shop.post(createBody, withKey('typed'));
    const headers = { 'idempotency-key': 'typed', 'content-type': 'text/plain' };
    expect((await shop.post(createBody, { headers })).status).toBe(400);
  });

  it('is refused to a merchant who may not create any more', async () => {
    const allow = (active: boolean) =>
      shop.merchants.changeCommerce(shop.merchant.id, { active }, shell);
    await shop.post(createBody, withKey('closed'));
    await allow(false);
    expect((await shop.post(createBody, withKey('closed'))).status).toBe(422);
    await allow(true);
    expect((await shop.post(createBody, withKey('closed'))).status).toBe(200);
  });

  it('answers word for word, however the link has changed since', async () => {
    const first = await shop.post(createBody, withKey('changed'));
    await shop.patch(first.json.id as string, { status: 'cancelled' });
    shop.clock.at = new Date(shop.clock.at.getTime() + 60_000);
    expect((await shop.post(createBody, withKey('changed'))).text).toBe(first.text);
  });
});

describe('another request with the same key', () => {
  const changes = [
    { order_amount: 13 },
    { order_currency: 'EUR' },
    { payment_name: 'Other' },
    { payer_email: 'other@example.com' },
    { payer_id: undefined },
    { success_url: 'https://shop.example.com/' },
    { cancel_url: 'https://shop.example.com/' },
    { webhook_data: { order_id: 'other' } },
    { webhook_data: null },
    { max_uses: 2 },
    { unknown: 1 },
  ];
  it.each(changes)('%j is 422 and makes nothing', async (change) => {
    await shop.post(createBody, withKey('first'));
    const before = await count();
    const { status, json } = await shop.post({ ...createBody, ...change }, withKey('first'));
    expect([status, json.message]).toEqual([422, mismatch]);
    expect(await count()).toBe(before);
  });

  it('belongs to a merchant and a mode', async () => {
    await shop.merchants.updateSettings(await neighbourId(), 'test', () => ({
      dialects: { bitxpay: { merchantKey } },
    }));
    const own = await shop.post(createBody, withKey('shared'));
    const foreign = await shop.post(createBody, withKey('shared', { key: otherKey }));
    expect(foreign.status).toBe(200);
    expect(foreign.json.id).not.toBe(own.json.id);
    const live = await shop.post(createBody, withKey('shared', { key: liveKey }));
    expect(live.json.id).not.toBe(own.json.id);
  });

  async function neighbourId(): Promise<string> {
    const found = (await shop.merchants.list()).find(({ name }) => name === 'Neighbour');
    return found?.id ?? '';
  }
});

describe('the key itself', () => {
  it.each([
    ['a', 200],
    ['A-b_c.d:e/f', 200],
    ['with space inside', 200],
    ['550e8400-e29b-41d4-a716-446655440000', 200],
    ['x'.repeat(255), 200],
    ['x'.repeat(256), 400],
    ['x'.repeat(5_000), 400],
    ['', 400],
    ['caf\u00e9', 400],
    ['tab\there', 400],
    ["'; drop table idempotency; --", 200],
  ])('%j is %i', async (key, status) => {
    const answer = await shop.post(createBody, withKey(key));
    expect(answer.status).toBe(status);
    if (status === 400) {
      expect(answer.json).toMatchObject({ details: [{ field: 'Idempotency-Key' }] });
    }
  });

  it('is forgotten after a day, not before', async () => {
    const start = shop.clock.at;
    const first = await shop.post(createBody, withKey('day'));
    shop.clock.at = new Date(start.getTime() + dayMs);
    expect((await shop.post(createBody, withKey('day'))).json.id).toBe(first.json.id);
    shop.clock.at = new Date(start.getTime() + dayMs + 1_000);
    const later = await shop.post(createBody, withKey('day'));
    expect(later.status).toBe(200);
    expect(later.json.id).not.toBe(first.json.id);
  });

  it('is not used up by a refused request', async () => {
    const refused = await shop.post({ ...createBody, order_amount: 0 }, withKey('refused'));
    expect(refused.status).toBe(400);
    expect((await shop.post({ ...createBody, max_uses: 101 }, withKey('refused'))).status).toBe(
      422,
    );
    expect((await shop.post(createBody, withKey('refused'))).status).toBe(200);
  });

  it('means nothing on other calls', async () => {
    const { id } = await shop.link();
    const request = withKey('elsewhere');
    expect((await shop.patch(id, { status: 'inactive' }, request)).status).toBe(200);
    expect((await shop.patch(id, { status: 'cancelled' }, request)).status).toBe(200);
    expect((await shop.post(createBody, request)).status).toBe(200);
  });
});
