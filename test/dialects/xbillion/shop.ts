// Two merchants of xBillion's on the whole gateway: pairs in hand, a clock, and buttons to press.

import type { Mode } from '../../../src/merchants/settings.ts';
import type { SandboxEvent } from '../../../src/payments/play.ts';
import { deliveriesOfPayment } from '../../../src/webhooks/deliveries.ts';
import { type TestAppOptions, startTestApp } from '../../harness/app.ts';

export type Shop = Awaited<ReturnType<typeof openShop>>;
export type Json = Record<string, unknown>;
export type Answer = Awaited<ReturnType<Shop['call']>>;

export const path = '/api/v1/payments';

/** `A` and `B` are pairs of test mode, `live` is the live one of `A`. */
export async function openShop(options: TestAppOptions = {}) {
  const { rateLimits = false, ...config } = options.config ?? {};
  const whole = await startTestApp({ ...options, config: { ...config, rateLimits } });
  const { app, server, clock, merchant } = whole;
  const other = await app.merchants.create('Neighbour');
  const pairs = {
    A: `${merchant.id}:secret of A`,
    B: `${other.id}:secret of B`,
    live: `${merchant.id}:live secret of A`,
  };
  await issue(pairs.A, merchant.id, 'test');
  await issue(pairs.B, other.id, 'test');
  await issue(pairs.live, merchant.id, 'live');

  function issue(secret: string, merchantId: string, mode: Mode) {
    const owner = { merchantId, dialect: 'xbillion', mode, label: 'test' };
    return app.credentials.issue({ ...owner, secret });
  }

  /** Merges into the xBillion settings of `A`. */
  async function set(change: Json, mode: Mode = 'test'): Promise<void> {
    await app.merchants.updateSettings(merchant.id, mode, (settings) => ({
      ...settings,
      dialects: {
        ...settings.dialects,
        xbillion: { ...settings.dialects?.xbillion, ...change },
      },
    }));
  }

  async function policy(change: Json): Promise<void> {
    await app.merchants.updateSettings(merchant.id, 'test', (settings) => ({
      ...settings,
      policy: { ...settings.policy, ...change },
    }));
  }

  async function call(method: string, url: string, request: Request = {}) {
    const { as = pairs.A, body, headers = {} } = request;
    const answered = await server.inject({
      method: method as 'GET',
      url: url.startsWith('/') ? url : `${path}/${url}`,
      headers: {
        ...(as === null ? {} : { authorization: basic(as) }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: textOf(body) }),
    });
    const json = parsed(answered.body);
    const { statusCode: status, body: text } = answered;
    const fields = ((json.errors ?? []) as { field: string }[]).map(({ field }) => field);
    return { status, headers: answered.headers, text, json, code: json.code, fields };
  }

  const get = (id: string, request?: Request) => call('GET', id, request);
  const post = (body: unknown, request?: Request) => call('POST', path, { body, ...request });

  let orders = 0;
  /** A body of 100 USD by `crypto` under an order id of its own, with changes. */
  function body(change: Json = {}): Json {
    orders += 1;
    return { ...createBody, order_id: `order-${orders}`, ...change };
  }

  const create = (change: Json = {}, request?: Request) => post(body(change), request);

  /** Creates and answers the payment; throws when it is refused. */
  async function made(change: Json = {}, request?: Request): Promise<Json & { id: string }> {
    const { status, json, text } = await create(change, request);
    if (status !== 200) throw new Error(text);
    return json as Json & { id: string };
  }

  async function play(id: string, ...events: SandboxEvent[]): Promise<void> {
    for (const event of events) {
      const view = await app.payments.findForPayer(id);
      if (!view) throw new Error(`no payment ${id}`);
      await app.payments.play(view.payment, event);
    }
  }

  async function expire(id: string): Promise<void> {
    const view = await app.payments.findForPayer(id);
    if (!view) throw new Error(`no payment ${id}`);
    clock.at = view.payment.expiresAt;
    await app.payments.expireDue();
  }

  async function deliveries(id: string, merchantId = merchant.id) {
    return deliveriesOfPayment(whole.db, { merchantId, id });
  }

  async function count(): Promise<number> {
    const [row] = await whole.db.query<{ count: number }>('select count(*) from payments');
    return row?.count ?? 0;
  }

  function advance(ms: number): void {
    clock.at = new Date(clock.at.getTime() + ms);
  }

  const parts = { other, pairs, issue, set, policy, call, get, post, body, create, made };
  return { ...whole, ...parts, play, expire, deliveries, count, advance };
}

type Request = {
  /** The pair; null: no header. */
  readonly as?: string | null;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
};

export function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

export const createBody = {
  amount: 100,
  currency: 'USD',
  order_id: 'A-1001',
  service: 'crypto',
  customer: { email: 'payer@example.com', ip: '203.0.113.7' },
};

/** The customer of `createBody`, with changes. */
export function customer(change: Json): Json {
  return { customer: { ...createBody.customer, ...change } };
}

function textOf(body: unknown): string | Buffer {
  return typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body);
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}
