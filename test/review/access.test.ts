// Object-level access: every endpoint with every identifier that belongs to somebody else.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sandboxEvents } from '../../src/payments/play.ts';
import { type TestApp, startTestApp } from '../harness/app.ts';
import { order } from './order.ts';

const links = '/api/v1/payments/links';

let shop: TestApp;
let neighbour: { key: string; merchantKey: string };
let neighbourLive: { key: string; merchantKey: string };
/** Links by their owner: of the shop, of the neighbour. */
let mine: Link;
let theirs: Link;

type Link = { readonly id: string; readonly payment_reference: string };
type Who = 'shop live' | 'neighbour test' | 'neighbour live' | 'revoked' | 'nobody';

beforeAll(async () => {
  shop = await startTestApp({ config: { rateLimits: false } });
  const other = await shop.app.merchants.create('Neighbour');
  neighbour = await shop.newKey(other.id, 'test');
  neighbourLive = await shop.newKey(other.id, 'live');
  mine = (await create(shop.test)).json();
  theirs = (await create(neighbour)).json();
});
afterAll(() => shop.close());

function create(who: { key: string; merchantKey: string }, more: object = {}) {
  return call('POST', links, who.key, order(who.merchantKey, 12.5, more));
}

function call(
  method: 'GET' | 'POST' | 'PATCH' | 'PUT',
  url: string,
  key: string,
  payload?: object,
) {
  const credential = key === '' ? {} : { 'x-api-key': key };
  const headers = { ...credential, 'content-type': 'application/json' };
  return shop.server.inject({ method, url, headers, ...(payload ? { payload } : {}) });
}

async function keyOf(who: Who): Promise<string> {
  if (who === 'nobody') return '';
  if (who === 'shop live') return shop.live.key;
  if (who === 'neighbour test') return neighbour.key;
  if (who === 'neighbour live') return neighbourLive.key;
  const gone = await shop.newKey(shop.merchant.id, 'test');
  await shop.app.credentials.revoke(gone.id);
  return gone.key;
}

const strangers: readonly Who[] = [
  'shop live',
  'neighbour test',
  'neighbour live',
  'revoked',
  'nobody',
];

type Endpoint = {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: (id: string) => string;
  readonly payload?: object;
};

const endpoints: readonly Endpoint[] = [
  { name: 'read', method: 'GET', url: (id) => `${links}/${id}` },
  { name: 'read, with a slash', method: 'GET', url: (id) => `${links}/${id}/` },
  ...['expired', 'inactive', 'cancelled'].map((status): Endpoint => ({
    name: `close as ${status}`,
    method: 'PATCH',
    url: (id) => `${links}/${id}`,
    payload: { status },
  })),
  ...sandboxEvents.map((event): Endpoint => ({
    name: `sandbox ${event}`,
    method: 'POST',
    url: (id) => `/sandbox/payments/${id}`,
    payload: { event },
  })),
];

describe.each(strangers)('%s', (who) => {
  test.each(endpoints)('$name: no foreign payment', async ({ method, url, payload }) => {
    const key = await keyOf(who);
    const before = await stateOf(mine.id);
    for (const id of [mine.id, mine.id.toUpperCase(), mine.payment_reference]) {
      const answer = await call(method, url(id), key, payload);
      expect([400, 401, 404]).toContain(answer.statusCode);
      expect(answer.body).not.toContain(mine.payment_reference);
      // What exists and is another's is told apart from what does not exist by nothing.
      const missing = '00000000-0000-4000-8000-000000000000';
      if (id === mine.id) {
        const none = await call(method, url(missing), key, payload);
        expect([none.statusCode, none.body]).toEqual([answer.statusCode, answer.body]);
      }
    }
    expect(await stateOf(mine.id)).toEqual(before);
  });

  test('lists nothing of the shop', async () => {
    const answer = await call('GET', `${links}?statuses=all&page_size=100`, await keyOf(who));
    expect([200, 401]).toContain(answer.statusCode);
    expect(answer.body).not.toContain(mine.id);
  });

  test("cannot create with the shop's merchant key", async () => {
    const answer = await call('POST', links, await keyOf(who), order(shop.test.merchantKey, 12.5));
    expect([400, 401]).toContain(answer.statusCode);
  });
});

test("an idempotency key is nobody else's: another merchant gets its own link", async () => {
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'the-same' };
  const made = await Promise.all(
    [shop.test, neighbour].map(({ key, merchantKey }) =>
      shop.server.inject({
        method: 'POST',
        url: links,
        headers: { ...headers, 'x-api-key': key },
        payload: order(merchantKey, 12.5),
      }),
    ),
  );
  expect(made.map((one) => one.statusCode)).toEqual([200, 200]);
  const [one, two] = made.map((answer) => answer.json<{ id: string; notify_secret: string }>());
  expect(one?.id).not.toBe(two?.id);
  expect(one?.notify_secret).not.toBe(two?.notify_secret);
});

test("the payer's page acts on its own payment only, and never on live money", async () => {
  const before = await stateOf(theirs.id);
  const form = 'event=pay&id=' + theirs.id + '&payment_id=' + theirs.id;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const url = `/p/${mine.id}/sandbox`;
  const played = await shop.server.inject({ method: 'POST', url, headers, payload: form });
  expect(played.statusCode).toBe(303);
  expect(await stateOf(theirs.id)).toEqual(before);
  const { payment } = await shop.app.payments.create({
    ...(await paymentOf(mine.id)),
    mode: 'test',
    callbackSecret: null,
    lifetimeMs: 1_000_000,
    pay: null,
    idempotency: null,
  });
  await shop.db.query(`update payments set mode = 'live' where id = $1`, [payment?.id]);
  for (const event of ['pay', 'confirm', 'fail', 'expire']) {
    const answer = await shop.server.inject({
      method: 'POST',
      url: `/p/${payment?.id}/sandbox`,
      headers,
      payload: `event=${event}`,
    });
    expect(answer.statusCode).toBe(403);
  }
  const page = await shop.server.inject({ method: 'GET', url: `/link/${mine.payment_reference}` });
  const secret = (await create(shop.test)).json<{ notify_secret: string }>().notify_secret;
  for (const hidden of [secret, 'payer@example.com', shop.merchant.id, shop.test.key]) {
    expect(page.body).not.toContain(hidden);
  }
});

describe('members that nobody may set', () => {
  const plain = {
    id: '00000000-0000-4000-8000-00000000beef',
    status: 'completed',
    payment_status: 'completed',
    paid: true,
    uses: 1,
    current_uses: 1,
    paused: true,
    is_active: false,
    mode: 'live',
    merchant_id: 'x',
    merchantId: 'x',
    event_seq: 9,
    eventSeq: 9,
    policy: { short: 'accept' },
    script: 'completes',
    number: 1,
    reference: 'AAA-000000-PMT',
    payment_reference: 'AAA-000000-PMT',
    expires_at: '2099-01-01T00:00:00Z',
    expiry_date: '2099-01-01T00:00:00Z',
    lifetimeMs: 1e12,
    notify_secret: 'chosen',
    callback_secret: 'chosen',
    dialect: 'other',
    webhook_url: 'http://127.0.0.1/',
  };
  const poison = JSON.parse('{"__proto__":{"status":"completed"},"constructor":{"prototype":{}}}');
  const forged: object = Object.assign(Object.create(null), plain, poison);
  test('create', async () => {
    const made = (await create(shop.test, forged)).json<Link & { notify_secret: string }>();
    const payment = await paymentOf(made.id);
    expect(payment).toMatchObject({
      status: 'awaiting',
      uses: 0,
      paused: false,
      mode: 'test',
      merchantId: shop.merchant.id,
      eventSeq: 1,
      policy: null,
      script: null,
      dialect: 'bitxpay',
      callbackUrl: null,
    });
    expect(made.id).not.toBe(plain.id);
    expect(made.payment_reference).not.toBe(plain.payment_reference);
    expect(made.notify_secret).not.toBe('chosen');
    expect(payment.expiresAt.getTime() - payment.createdAt.getTime()).toBe(1_500_000);
  });

  test("close and the sandbox's controls", async () => {
    const { id } = (await create(shop.test)).json<Link>();
    const before = await paymentOf(id);
    await call('PATCH', `${links}/${id}`, shop.test.key, { ...plain, status: 'inactive' });
    await call('POST', `/sandbox/payments/${id}`, shop.test.key, { ...plain, event: 'underpay' });
    const after = await paymentOf(id);
    expect(after).toEqual({ ...before, paused: true, eventSeq: 2 });
    const bitxpay_webhook_url = 'https://hook.example.com/';
    for (const more of [plain, { merchantKey: 'chosen' }, { dialects: {} }, { mode: 'live' }]) {
      await call('PUT', '/sandbox/settings', shop.test.key, { ...more, bitxpay_webhook_url });
    }
    const all = await shop.app.merchants.list();
    const merchant = all.find((one) => one.id === shop.merchant.id);
    expect(merchant?.settings.test.dialects?.['bitxpay']).toEqual({
      merchantKey: shop.test.merchantKey,
      webhookUrl: 'https://hook.example.com/',
    });
    expect(merchant?.settings.live.dialects?.['bitxpay']).toEqual({
      merchantKey: shop.live.merchantKey,
    });
  });
});

describe("the sandbox's amounts", () => {
  test.each([
    ['9'.repeat(79), 400],
    [`${'9'.repeat(77)}.99`, 400],
    ['1e400', 400],
    ['-1', 400],
    ['0', 400],
    ['0.001', 400],
    ['１', 400],
    [' 1', 400],
    ['NaN', 400],
    [1e300, 400],
    [{}, 400],
    ['12.5', 200],
    [12.5, 200],
  ])('%j answers %i', async (amount, status) => {
    const { id } = (await create(shop.test)).json<Link>();
    const answer = await call('POST', `/sandbox/payments/${id}`, shop.test.key, {
      event: 'pay',
      amount,
    });
    expect(answer.statusCode).toBe(status);
  });

  test('a webhook URL is taken away again with null', async () => {
    const put = (url: string | null) =>
      call('PUT', '/sandbox/settings', shop.test.key, { bitxpay_webhook_url: url });
    expect((await put('https://hook.example.com/')).statusCode).toBe(200);
    const gone = await put(null);
    expect([gone.statusCode, gone.json()]).toEqual([200, { bitxpay_webhook_url: null }]);
  });
});

async function paymentOf(id: string) {
  const view = await shop.app.payments.findForPayer(id);
  if (!view) throw new Error(`no payment ${id}`);
  return view.payment;
}

async function stateOf(id: string): Promise<unknown> {
  const view = await shop.app.payments.findForPayer(id);
  return view && [view.payment, view.instructions, view.sightings];
}
