// The acceptance list of wire/xbillion.md: repeating, reading, paths and fees, lines 20 to 27.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Shop, openShop, path } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

describe('the same order', () => {
  it('acceptance 20: the same body makes one payment and one answer', async () => {
    for (const service of ['crypto', 'bank-transfer']) {
      const body = shop.body({ service });
      const before = await shop.count();
      const first = await shop.post(body);
      shop.advance(60_000);
      expect((await shop.post(body)).text).toBe(first.text);
      expect(await shop.count()).toBe(before + 1);
      const many = shop.body({ service });
      const answers = await Promise.all(Array.from({ length: 10 }, () => shop.post(many)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect(await shop.count()).toBe(before + 2);
    }
  });

  it('acceptance 21: another amount is refused, another merchant is another order', async () => {
    const body = shop.body();
    const { json } = await shop.post(body);
    const other = await shop.post({ ...body, amount: 101 });
    expect([other.status, other.code]).toEqual([422, 'duplicate_order']);
    const neighbour = await shop.post(body, { as: shop.pairs.B });
    expect(neighbour.status).toBe(200);
    expect(neighbour.json.id).not.toBe(json.id);
  });

  it('acceptance 22: a refused order may be corrected', async () => {
    const body = shop.body({ service: 'nope' });
    expect((await shop.post(body)).status).toBe(422);
    expect((await shop.post({ ...body, service: 'crypto' })).status).toBe(200);
  });
});

describe('reading', () => {
  it('acceptance 23: what create said, without what is to be done', async () => {
    for (const service of ['crypto', 'bank-transfer']) {
      const made = await shop.made({ service });
      const { status, json } = await shop.get(made.id);
      expect(status).toBe(200);
      const { next: _, ...rest } = made as Json;
      expect(json).toEqual(rest);
      expect('next' in json).toBe(false);
    }
  });

  it('acceptance 24: foreign, unknown, malformed, empty', async () => {
    const { id } = await shop.made();
    const asked: [string, string | null, number, string][] = [
      [id, shop.pairs.B, 403, 'forbidden'],
      ['019a0000-0000-7000-8000-000000000001', shop.pairs.A, 403, 'forbidden'],
      ['xyz', shop.pairs.A, 400, 'validation_error'],
      [`${path}/`, shop.pairs.A, 400, 'validation_error'],
      [path, shop.pairs.A, 400, 'validation_error'],
    ];
    for (const [name, as, status, code] of asked) {
      const found = await shop.get(name, { as });
      expect([name, found.status, found.code]).toEqual([name, status, code]);
      if (status === 400) expect(found.fields).toEqual(['id']);
      expect((await shop.get(name, { as: null })).status).toBe(401);
    }
  });

  it('acceptance 25: links belong to BitXPay', async () => {
    const { status, json, headers } = await shop.get('links');
    expect([status, json.error, json.code]).toEqual([401, 'unauthorized', 401]);
    expect(headers['www-authenticate']).toBeUndefined();
  });

  it('acceptance 26: another method, a longer path', async () => {
    const put = await shop.call('PUT', path, { as: null });
    expect([put.status, put.code]).toEqual([405, 'method_not_allowed']);
    expect(put.headers.allow).toContain('POST');
    const longer = await shop.get('a/b', { as: null });
    expect([longer.status, longer.code, longer.json.errors]).toEqual([404, 'not_found', []]);
  });
});

describe('fees', () => {
  it('acceptance 27: borne by the payer, and none', async () => {
    const service = { kind: 'redirect', fee: { fixed: '2', payer: 'customer' } };
    await shop.set({ services: { 'with-fee': service } });
    const made = await shop.made({ service: 'with-fee' });
    expect(made.amount).toEqual({ value: 102, currency: 'USD' });
    expect((made.fees as Json[])[0]).toEqual({ fee: 2, currency: 'USD', fee_payer: 'customer' });
    const { next: _, ...rest } = made as Json;
    expect((await shop.get(made.id)).json).toEqual(rest);
    expect('fees' in (await shop.made())).toBe(false);
  });
});
