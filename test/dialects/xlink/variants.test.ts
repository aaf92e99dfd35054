// X-Link's settings and neighbours: methods, coins, keyless sessions, other dialects' payments.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Shop, links, methods, openShop, uuid } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
  await shop.fund();
});
afterAll(() => shop.close());

const usd = { currency: 'USD', amount: '100.00' };

describe('requisites', () => {
  it('of a coin', async () => {
    const method = { payment_method_type_id: methods.tetherUsd };
    const { session_id: id, ...rest } = await shop.made({ ...method, ...usd });
    const told = rest.payment_method_requisites as Json;
    expect(told).toMatchObject({ network: 'Sandbox', asset: 'USDT', amount: '100.000000' });
    expect(told.address).toMatch(/^sandbox-/);
    await shop.play(id, 'pay', 'confirm');
    const operation = await shop.operation(rest.operation_number);
    expect(operation).toMatchObject({ status: 'SUCCESS', received_amount: '100.00' });
    expect(operation.payment_method_requisites).toEqual(told);
  });

  it('are kept nowhere in the clear', async () => {
    const body = shop.payoutBody({ metadata: { ...(shop.payoutBody().metadata as Json) } });
    await shop.post('sessions', body);
    const rows = await shop.db.query<{ row: string }>(
      `select row_to_json(i)::text as row from idempotency i
        union all select row_to_json(t)::text from instructions t where answer is not null`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ row }) => row.includes('session_id'))).toEqual([]);
  });
});

describe('methods', () => {
  const card = {
    id: '00000000-0000-4000-8000-00000000000C',
    name: 'A card',
    instrument: 'CARD',
    currency: 'USD',
    min: '5.5',
    operation: 'PAYOUT',
    lifetimeSeconds: 60,
  };
  const list = async (as = shop.keys.A) =>
    (await shop.get(`payment-method-types?shop_id=${shop.shopId}`, { as })).data;

  it('are those of the settings, beside the sandbox’s own', async () => {
    await shop.set({ methods: [card, { id: methods.bankVnd, enabled: false }, { id: 'x' }] });
    const data = await list();
    expect(data.map(({ id }) => id)).toContain(card.id.toLowerCase());
    expect(data.map(({ id }) => id)).not.toContain(methods.bankVnd);
    expect(data).toHaveLength(6);
    expect(data[0]).toMatchObject({ name: 'A card', country: null, min_amount: '5.50' });
    expect(await list(shop.keys.live)).toEqual([]);
    await shop.set({ methods: [card] }, 'live');
    expect(await list(shop.keys.live)).toHaveLength(1);
    await shop.set({ methods: [] });
  });

  it('of cards pay out to a number alone', async () => {
    await shop.set({ methods: [card, { ...card, operation: 'PAYIN', id: methods.cardUsd }] });
    const paid = await shop.made({ payment_method_type_id: methods.cardUsd, ...usd });
    expect(Date.parse(String(paid.expires_at)) - shop.clock.at.getTime()).toBe(60_000);
    await shop.play(paid.session_id, 'pay', 'confirm');
    const metadata = { account_number: '4242424242424242' };
    const method = { payment_method_type_id: card.id, currency: 'USD', amount: 6, metadata };
    const { payment_method_requisites: told } = await shop.paidOut(method);
    expect(told).toEqual({ card_number: '****4242' });
    const below = await shop.post('sessions', shop.payoutBody({ ...method, amount: 5.49 }));
    expect(below.detail).toBe('Amount must be at least 5.50 USD');
    await shop.set({ methods: [] });
  });

  it('that nothing can take now', async () => {
    const gone = { ...card, operation: 'PAYIN', instrument: 'CRYPTO', method: 'nowhere' };
    await shop.set({ methods: [gone] });
    const method = { payment_method_type_id: card.id, ...usd };
    const body = shop.body(method);
    const none = await shop.post('sessions', body);
    const text = 'No payment requisites are available';
    expect([none.status, none.detail]).toEqual([400, text]);
    await shop.set({ methods: [{ ...gone, method: 'sandbox-bitcoin' }] });
    expect((await shop.post('sessions', body)).status).toBe(200);
    await shop.set({ methods: [] });
    expect((await shop.post('sessions', body)).headers['idempotent-replayed']).toBe('true');
  });
});

describe('keyless sessions', () => {
  it('are made and read when the shop allows it', async () => {
    const { session_id: id } = await shop.made();
    const path = `sessions/${id}`;
    const refused = { detail: 'Not authenticated' };
    expect((await shop.get(path, { as: null })).json).toEqual(refused);
    await shop.set({ allowKeylessSessions: true });
    const made = await shop.create({}, { as: null });
    expect([made.status, made.headers['x-ratelimit-limit']]).toEqual([200, '1000']);
    expect((await shop.get(path, { as: null })).json.session_id).toBe(id);
    const others: [string, string, unknown][] = [
      ['POST', 'sessions', shop.payoutBody()],
      ['POST', 'sessions', shop.body({ shop_id: shop.other.shopId })],
      ['POST', 'sessions', '{'],
      ['POST', links, shop.body()],
      ['GET', 'sessions/xyz', undefined],
      ['GET', `operations/${shop.shopId}/ORDER-1`, undefined],
    ];
    for (const [method, url, body] of others) {
      const found = await shop.call(method, url, { as: null, body });
      expect([method, url, found.status, found.json]).toEqual([method, url, 403, refused]);
    }
    expect((await shop.create({}, { as: 'nobody' })).status).toBe(403);
    await shop.set({ allowKeylessSessions: false });
  });
});

describe('other dialects', () => {
  it('make payments that are sessions and operations here', async () => {
    const link = await shop.server.inject({
      method: 'POST',
      url: '/api/v1/payments/links',
      headers: { 'x-api-key': shop.test.key },
      payload: {
        merchant_key: shop.test.merchantKey,
        order_currency: 'USD',
        order_amount: 12.5,
        payment_name: 'Coffee',
        payer_email: 'payer@example.com',
        success_url: 'https://shop.example.com/thanks',
        cancel_url: 'https://shop.example.com/cart',
      },
    });
    const { id } = link.json<{ id: string }>();
    const session = await shop.get(`sessions/${id}`);
    expect([session.status, session.json]).toMatchObject([
      200,
      {
        session_id: id,
        operation_number: id,
        payment_method_type_id: null,
        payment_method_requisites: {},
        amount: '12.50',
        currency: 'USD',
        operation_type: 'PAYIN',
      },
    ]);
    expect(await shop.operation(id)).toMatchObject({ operation_id: id, status: 'PENDING' });
    await shop.play(id, 'pay', 'confirm');
    expect(await shop.operation(id)).toMatchObject({ status: 'SUCCESS', received_amount: '12.50' });
    const attached = await shop.post('operations', {
      session_id: id,
      payer_requisites: { a: 'b' },
    });
    expect([attached.status, attached.json.payer_requisites]).toEqual([200, {}]);
    const listed = await shop.get('operations?currency=USD&size=100');
    expect(listed.data.map((one) => one.operation_id)).toContain(id);
  });

  it('a session here is a link there', async () => {
    const { session_id: id } = await shop.made();
    expect(id).toMatch(uuid);
    const headers = { 'x-api-key': shop.test.key };
    const link = await shop.server.inject({ url: `/api/v1/payments/links/${id}`, headers });
    expect([link.statusCode, link.json<Json>().id]).toEqual([200, id]);
  });
});

it('an inactive shop takes nothing, and is read', async () => {
  const actor = { userId: null, address: null };
  const { operation_number: number } = await shop.made();
  await shop.app.merchants.changeCommerce(shop.merchant.id, { active: false }, actor);
  const { status, detail } = await shop.create();
  expect([status, detail]).toEqual([400, 'Shop not found']);
  expect((await shop.operation(number)).status).toBe('PENDING');
  await shop.app.merchants.changeCommerce(shop.merchant.id, { active: true }, actor);
});
