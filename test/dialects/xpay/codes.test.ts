// Every documented error code, reached: most on the whole gateway, and those which need a broken
// world on the same dialect with one part of that world replaced.

import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PairState, XpayNeeds } from '../../../src/dialects/xpay/needs.ts';
import { createXpay } from '../../../src/dialects/xpay/xpay.ts';
import { Refusal, type RefusalCode } from '../../../src/payments/refusals.ts';
import { createServer } from '../../../src/server.ts';
import { shell } from '../../../src/merchants/staff-log.ts';
import { type Json, type Till, createBody, openTill, password, root } from './till.ts';

let till: Till;
let foreign: number;
const tokens: Record<string, string> = {};
beforeAll(async () => {
  till = await openTill();
  foreign = (await till.sell({}, { as: till.stranger.token })).id;
  const bare = await till.app.merchants.create('Without papers');
  const closed = await till.app.merchants.create('Closed');
  await till.app.merchants.changeCommerce(closed.id, { active: false }, shell);
  tokens.bare = (await till.person({ merchantId: bare.id })).token;
  tokens.closed = (await till.person({ merchantId: closed.id })).token;
  tokens.operator = (await till.person({ merchantId: null, role: 'operator' })).token;
  tokens.terminal = till.terminal.token;
  tokens.stranger = till.stranger.token;
  tokens.none = 'x';
});
afterAll(() => till.close());

type Case = [code: number, status: number, method: string, path: string, body?: Json, as?: string];

const login = 'auth/login/';
const secret = 'password/';
const list = 'transactions/';
const coins = 'transactions/available/currencies/';
const sale = (change: Json) => ({ ...createBody, ...change });
const fresh = (new_password: string, again = new_password, old_password = password) => ({
  old_password,
  new_password,
  new_password_confirmation: again,
});

const cases: Case[] = [
  [2002, 400, 'POST', login, { email: 'nobody@example.com', password: 'x' }],
  [2002, 400, 'POST', secret, fresh('Good1?pass', 'Good1?pass', 'wrong')],
  [2002, 400, 'POST', secret, fresh('Good1?pass', 'Other1?pass')],
  [2002, 400, 'POST', list, sale({ fiat_withdraw: -1 })],
  [3001, 401, 'GET', 'transactions/:foreign/'],
  [3002, 401, 'GET', `${list}?user=1`, undefined, 'terminal'],
  [3003, 401, 'GET', 'users/', undefined, 'none'],
  [3003, 401, 'GET', list, undefined, 'operator'],
  [3004, 401, 'GET', `${list}?user=:stranger`],
  [3005, 400, 'GET', `${list}?user=999999`],
  [3006, 400, 'GET', `${list}?status=paid`],
  [3007, 400, 'GET', `${list}?from=yesterday`],
  [3008, 400, 'GET', `${list}?to=2018-02-29`],
  [3009, 400, 'GET', `${list}?from=2018-02-02&to=2018-02-01`],
  [3010, 401, 'POST', list, sale({}), 'closed'],
  [3011, 401, 'POST', list, sale({}), 'bare'],
  [3012, 401, 'POST', list, sale({}), 'operator'],
  [3012, 401, 'GET', `${coins}1/COC/`, undefined, 'operator'],
  [3013, 400, 'POST', list, {}],
  [3014, 400, 'POST', list, sale({ callback: 'shop.example.com' })],
  [3015, 400, 'POST', list, sale({ src_currency: 'NOPE' })],
  [3015, 400, 'POST', list, sale({ src_currency: 'XMR' })],
  [3016, 400, 'POST', list, sale({ src_currency: 'COP' })],
  [3017, 400, 'POST', list, sale({ tgt_currency: 'NOPE' })],
  [3018, 400, 'POST', list, sale({ tgt_currency: 'ETH' })],
  [3019, 400, 'POST', list, sale({ exchange_id: 2 })],
  [3020, 400, 'POST', list, sale({ tgt_currency: 'AFN' })],
  [3021, 400, 'POST', list, sale({ amount: '0.004' })],
  [3021, 400, 'GET', `${coins}0/COC/`],
  [3023, 400, 'POST', list, sale({ amount: '1'.repeat(16) })],
  [3026, 400, 'POST', 'transactions/cancel/999999/'],
  [3027, 400, 'POST', 'transactions/cancel/:cancelled/'],
  [3028, 401, 'POST', 'transactions/cancel/:foreign/'],
  [3029, 401, 'GET', `${coins}1/COC/`, undefined, 'bare'],
  [3030, 400, 'GET', `${coins}1/NOPE/`],
  [3031, 400, 'GET', `${coins}1/BTC/`],
  [5001, 400, 'POST', login, { email: 'a@example.com', password: '' }],
  [5001, 400, 'POST', secret, fresh('', 'x')],
  [5002, 400, 'POST', login, {}],
  [5002, 400, 'POST', secret, {}],
  [5003, 400, 'POST', secret, fresh('Aa1?')],
  [5004, 400, 'POST', secret, fresh(`Aa1?${'x'.repeat(49)}`)],
  [5020, 400, 'POST', secret, fresh('AAAAAA1?')],
  [5021, 400, 'POST', secret, fresh('aaaaaa1?')],
  [5022, 400, 'POST', secret, fresh('Aaaaaaa?')],
  [5023, 400, 'POST', secret, fresh('Aaaaaaa1')],
];

function expectFault(json: Json, code: number): void {
  expect(json.code).toBe(code);
  const { field, message, error, detail, errors } = json;
  expect([typeof field, typeof message, error, detail]).toEqual(['string', 'string', error, error]);
  expect(typeof error).toBe('string');
  expect((errors as Json[])[0]).toMatchObject({ code, field: expect.any(String) });
  for (const name of ['id', 'user_info', 'available_currencies', 'key']) {
    expect(json).not.toHaveProperty(name);
  }
}

describe('on the whole gateway', () => {
  it.each(cases)('%d with status %d: %s %s %j', async (code, status, method, path, body, as) => {
    const { id: cancelled } = path.includes(':cancelled') ? await till.sell() : { id: 0 };
    if (cancelled > 0) await till.post(`transactions/cancel/${cancelled}/`);
    const at = path
      .replace(':foreign', String(foreign))
      .replace(':cancelled', String(cancelled))
      .replace(':stranger', String(till.stranger.user.number));
    const token = as === undefined ? {} : { as: tokens[as] ?? '' };
    const answer = await till.call(method, at, { ...(body ? { body } : {}), ...token });
    expect(answer.status).toBe(status);
    expectFault(answer.json, code);
  });

  it('5021 before 5022: several rules of one password', async () => {
    const { json } = await till.post(secret, fresh('aaaaaaa?'));
    expect((json.errors as Json[]).map(({ code }) => code)).toEqual([5021, 5022]);
  });
});

/** The same house, with something in it replaced. */
async function brokenWorld(change: (needs: XpayNeeds) => Partial<XpayNeeds>) {
  const { app } = till;
  const needs: XpayNeeds = {
    payments: app.payments,
    remembered: async () => null,
    users: app.users,
    signIn: app.people.signIn,
    merchantOf: (id) => app.merchants.load(app.db, id),
    rates: {
      exchanges: app.rates.exchanges,
      version: app.rates.version,
      pairState: () => 'quoted',
    },
    limiter: { take: () => allowance, peek: () => allowance },
    open: () => '',
    now: app.options.now,
    config: { checkoutOrigin: null },
  };
  const server = createServer({
    dialects: [createXpay({ ...needs, ...change(needs) })],
    plugins: [],
    checks: [],
    metrics: new Registry(),
    log: pino({ level: 'silent' }),
    trustProxy: false,
  });
  return async (method: 'GET' | 'POST', path: string, body?: object) => {
    const headers = { authorization: `Token ${till.manager.token}` };
    const request = { method, url: root + path, headers, ...(body ? { payload: body } : {}) };
    const answer = await server.inject(request);
    return { status: answer.statusCode, headers: answer.headers, json: answer.json<Json>() };
  };
}

const allowance = { allowed: true, limit: 1, remaining: 1, resetSeconds: 0 };

describe('in a broken world', () => {
  const states: [PairState, number][] = [
    ['untraded', 3020],
    ['stale', 3023],
    ['unpriced', 3024],
  ];
  it.each(states)('a pair that is %s: %d', async (state, code) => {
    const call = await brokenWorld(({ rates }) => ({
      rates: { ...rates, pairState: () => state },
    }));
    const { status, json } = await call('POST', list, createBody);
    expect(status).toBe(400);
    expectFault(json, code);
  });

  it('a price that vanished meanwhile: 3023, and no item in the list of coins', async () => {
    const call = await brokenWorld(({ payments }) => ({
      payments: { ...payments, ask: () => null },
    }));
    expectFault((await call('POST', list, createBody)).json, 3023);
    const offered = await call('GET', `${coins}100/COC/`);
    expect(offered.json).toEqual({ available_currencies: [], amount: 100 });
  });

  it('an exchange without a connector: 3022, after the callback was looked at', async () => {
    const call = await brokenWorld(({ rates }) => ({
      rates: { ...rates, exchanges: () => [{ id: 1, ready: false }] },
    }));
    expectFault((await call('POST', list, createBody)).json, 3022);
    expectFault((await call('POST', list, sale({ callback: 'x' }))).json, 3014);
    const offered = await call('GET', `${coins}100/COC/`);
    expect(offered.json.available_currencies).toEqual([]);
  });

  const refused: [RefusalCode, number, number][] = [
    ['no_address_available', 400, 3025],
    ['merchant_inactive', 401, 3010],
    ['rate_not_available', 400, 3023],
    ['asset_not_supported', 400, 3024],
    ['method_not_available', 400, 3024],
    ['idempotency_mismatch', 422, 422],
    ['overloaded', 503, 503],
  ];
  it.each(refused)('the core refuses with %s: status %d, code %d', async (code, status, said) => {
    const create = () => Promise.reject(new Refusal(code));
    const call = await brokenWorld(({ payments }) => ({ payments: { ...payments, create } }));
    const answer = await call('POST', list, createBody);
    expect(answer.status).toBe(status);
    expectFault(answer.json, said);
    expect('retry-after' in answer.headers).toBe(code === 'overloaded');
  });

  it('a failure of ours: 500 with 3004, and nothing of it', async () => {
    const create = () => Promise.reject(new Error('the secret is 1234'));
    const call = await brokenWorld(({ payments }) => ({ payments: { ...payments, create } }));
    const { status, json } = await call('POST', list, createBody);
    expect(status).toBe(500);
    expectFault(json, 3004);
    expect(JSON.stringify(json)).not.toContain('1234');
  });

  it('too many requests: 429 with Retry-After, after the token was looked at', async () => {
    const resetSeconds = till.clock.at.getTime() / 1_000 + 17;
    const full = { ...allowance, allowed: false, resetSeconds };
    const call = await brokenWorld(() => ({ limiter: { take: () => full, peek: () => full } }));
    for (const [method, path] of [
      ['GET', 'users/'],
      ['POST', login],
      ['GET', 'countries/'],
    ] as const) {
      const { status, json, headers } = await call(method, path);
      expect([status, headers['retry-after']]).toEqual([429, '17']);
      expectFault(json, 429);
    }
  });
});
