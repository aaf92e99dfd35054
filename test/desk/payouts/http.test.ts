// Payouts over HTTP, as a trader's and a manager's programs meet them.

import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDeskApi } from '../../../src/dialects/dragoman/desk/desk-api.ts';
import { payoutRoutes } from '../../../src/dialects/dragoman/desk/payouts.ts';
import { createPeople } from '../../../src/merchants/people.ts';
import { createServer } from '../../../src/server.ts';
import { type PayoutWorld, account, createPayoutWorld } from './world.ts';

let world: PayoutWorld;
let people: ReturnType<typeof createPeople>;
let server: FastifyInstance;
let shop: { readonly id: string };
let trader: { readonly userId: string; readonly token: string };
let manager: { readonly token: string };
let operator: { readonly token: string };
let payout: string;
beforeAll(async () => {
  world = await createPayoutWorld();
  people = createPeople(world);
  const merchantExists = async (id: string): Promise<boolean> =>
    (await world.db.query('select 1 from merchants where id = $1', [id])).length > 0;
  const desk = createDeskApi({ users: people.users, merchantExists }, [payoutRoutes(world)]);
  server = createServer({
    dialects: [desk],
    plugins: [],
    checks: [],
    metrics: new Registry(),
    log: pino({ level: 'silent' }),
    trustProxy: false,
  });
  await server.ready();
});
beforeEach(async () => {
  shop = await world.newMerchant();
  trader = await world.addTrader(10_000n, { merchantId: shop.id });
  manager = await world.addPerson('manager', { merchantId: shop.id });
  operator = await world.addPerson('operator');
  payout = await world.make({ merchantId: shop.id });
});
afterAll(async () => {
  await server.close();
  await people.close();
  await world.close();
});

async function ask(
  who: { readonly token: string } | null,
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: object,
) {
  const headers = who ? { authorization: `Bearer ${who.token}` } : {};
  const payload = body === undefined ? {} : { payload: body };
  const reply = await server.inject({ method, url: `/desk/v1/${path}`, headers, ...payload });
  return { status: reply.statusCode, body: reply.json(), reply };
}

test('a payout on its way through the queue', async () => {
  const masked = { masked: '**** 2051', details: null };
  const list = await ask(trader, 'GET', 'payouts');
  expect(list.status).toBe(200);
  expect(list.body).toEqual({ items: [expect.objectContaining({ id: payout })], next: null });
  expect(list.body.items[0]).toMatchObject({
    status: 'waiting',
    amount: '12.50',
    currency: 'USD',
    way: 'bank',
    destination: masked,
    taken_by: null,
    proof: null,
  });
  expect(list.reply.payload).not.toContain(account);

  const taken = await ask(trader, 'POST', 'payouts/take');
  expect(taken.body.payout).toMatchObject({
    id: payout,
    status: 'taken',
    taken_by: trader.userId,
    destination: { masked: '**** 2051', details: { number: account, holder: 'Ada Lovelace' } },
    due_at: '2026-01-31T12:30:00.000Z',
  });
  expect(await ask(trader, 'POST', 'payouts/take')).toMatchObject({
    status: 200,
    body: { payout: null },
  });

  const pdf = Buffer.from('%PDF-1.7 shown');
  const proof = { reference: 'FT-1', file: pdf.toString('base64') };
  const proven = await ask(trader, 'POST', `payouts/${payout}/proof`, proof);
  expect(proven.body.proof).toMatchObject({ reference: 'FT-1', at: '2026-01-31T12:00:00.000Z' });
  const file = await server.inject({
    url: `/desk/v1/payouts/${payout}/proof`,
    headers: { authorization: `Token ${manager.token}` },
  });
  expect(file.rawPayload.equals(pdf)).toBe(true);
  expect(file.headers['content-disposition']).toMatch(/^attachment/);

  expect(await ask(trader, 'POST', `payouts/${payout}/confirm`)).toMatchObject({
    status: 403,
    body: { type: 'about:blank', code: 'forbidden', status: 403 },
  });
  expect(await ask(manager, 'POST', `payouts/${payout}/confirm`)).toMatchObject({
    status: 200,
    body: { status: 'completed' },
  });
  const back = { at_cost_of: 'trader', reason: 'never arrived' };
  const path = `payouts/${payout}/reverse`;
  expect((await ask(manager, 'POST', path, back)).status).toBe(403);
  expect((await ask(operator, 'POST', `${path}?merchant=${world.merchant.id}`, back)).status).toBe(
    404,
  );
  // An operator of the other world is made in this one: both are live.
  expect(await ask(operator, 'POST', `${path}?merchant=${shop.id}`, back)).toMatchObject({
    status: 200,
    body: { status: 'reversed', missing: '0.00' },
  });
});

test('given back with a reason or without a body, and rejected', async () => {
  for (const body of [undefined, {}, { reason: 'bank is away' }]) {
    expect((await ask(trader, 'POST', `payouts/${payout}/take`)).status).toBe(200);
    expect(await ask(trader, 'POST', `payouts/${payout}/release`, body)).toMatchObject({
      status: 200,
      body: { status: 'waiting', reason: body?.reason ?? null },
    });
  }
  expect(await ask(manager, 'POST', `payouts/${payout}/reject`, { reason: 'wrong' })).toMatchObject(
    {
      status: 200,
      body: { status: 'rejected', reason: 'wrong' },
    },
  );
  expect(await ask(trader, 'POST', `payouts/${payout}/take`)).toMatchObject({
    status: 409,
    body: { code: 'conflict' },
  });
});

describe('nobody gets what is not his', () => {
  test('no token, a wrong one, or a role without a desk', async () => {
    expect((await ask(null, 'GET', 'payouts')).status).toBe(401);
    expect((await ask({ token: 'nonsense' }, 'GET', 'payouts')).status).toBe(401);
  });

  test('another merchant’s, another trader’s, an unknown one: all the same', async () => {
    const stranger = await world.addTrader(1n);
    const colleague = await world.addTrader(1n, { merchantId: shop.id });
    await ask(trader, 'POST', `payouts/${payout}/take`);
    const unknownOne = '018f0000-0000-7000-8000-000000000000';
    const answers = [
      await ask(stranger, 'GET', `payouts/${payout}`),
      await ask(colleague, 'GET', `payouts/${payout}`),
      await ask(trader, 'GET', `payouts/${unknownOne}`),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(404);
      expect(body).toEqual(answers[0]?.body);
    }
    expect((await ask(trader, 'GET', 'payouts/nonsense')).status).toBe(404);
  });

  test('terms are a manager’s to change, and everybody’s to read', async () => {
    expect((await ask(trader, 'PATCH', 'payout-terms', { open_limit: 9 })).status).toBe(403);
    expect(await ask(manager, 'PATCH', 'payout-terms', { open_limit: 9 })).toMatchObject({
      status: 200,
      body: { open_limit: 9, take_minutes: 30, traders_confirm: false, pledged: false },
    });
    expect((await ask(trader, 'GET', 'payout-terms')).body.open_limit).toBe(9);
  });
});

test.each([
  ['GET', 'payouts?status=lost', undefined, 400],
  ['GET', 'payouts?after=here', undefined, 400],
  ['GET', 'payouts?limit=0', undefined, 400],
  ['GET', 'payouts?limit=1000', undefined, 400],
  ['GET', 'payouts?currency=usd', undefined, 400],
  ['POST', 'payouts/:id/proof', undefined, 400],
  ['POST', 'payouts/:id/proof', {}, 400],
  ['POST', 'payouts/:id/proof', { reference: '' }, 400],
  ['POST', 'payouts/:id/proof', { reference: '   ' }, 422],
  ['POST', 'payouts/:id/proof', { reference: 'x'.repeat(201) }, 400],
  ['POST', 'payouts/:id/proof', { reference: 'FT\u0000' }, 400],
  ['POST', 'payouts/:id/proof', { reference: 'FT-1', file: 'n°t base64' }, 400],
  ['POST', 'payouts/:id/proof', { reference: 'FT-1', file: '' }, 422],
  ['POST', 'payouts/:id/proof', { reference: 'FT-1', file: 'f0VMRgA=' }, 422],
  ['POST', 'payouts/:id/reject', {}, 400],
  ['POST', 'payouts/:id/reject', { reason: { a: 1 } }, 400],
  ['POST', 'payouts/:id/release', { reason: { a: 1 } }, 400],
  ['PATCH', 'payout-terms', { open_limit: 0 }, 400],
  ['PATCH', 'payout-terms', { take_minutes: 1e9 }, 400],
  ['DELETE', 'payouts/:id', undefined, 405],
] as const)('%s %s with %j: %i', async (method, path, body, status) => {
  await ask(trader, 'POST', `payouts/${payout}/take`);
  const who = path === 'payout-terms' ? manager : trader;
  const reply = await ask(who, method as 'GET', path.replace(':id', payout), body);
  expect(reply.status).toBe(status);
  expect(reply.body).toMatchObject({ type: 'about:blank', status });
});
