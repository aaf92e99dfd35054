// Two merchants of X-Link's on the whole gateway: keys in hand, a clock, and buttons to press.

import { createHmac } from 'node:crypto';
import { testMethodIds } from '../../../src/dialects/xlink/methods.ts';
import { webhookSecretContext } from '../../../src/dialects/xlink/settings.ts';
import type { Mode } from '../../../src/merchants/settings.ts';
import { createVault } from '../../../src/merchants/vault.ts';
import type { SandboxEvent } from '../../../src/payments/play.ts';
import { deliveriesOfPayment } from '../../../src/webhooks/deliveries.ts';
import { type TestAppOptions, startTestApp } from '../../harness/app.ts';

export type Shop = Awaited<ReturnType<typeof openShop>>;
export type Json = Record<string, unknown>;
export type Answer = Awaited<ReturnType<Shop['call']>>;

export const base = '/api/v1/p2p';
export const links = '/api/v1/public/payment-links';
export const methods = testMethodIds;
export const webhookSecret = 'webhook-secret-example';
export const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `A` and `B` are keys of test mode, `live` is the live one of `A`. */
export async function openShop(options: TestAppOptions = {}) {
  const { rateLimits = false, ...config } = options.config ?? {};
  const whole = await startTestApp({ ...options, config: { ...config, rateLimits } });
  const { app, server, clock, merchant } = whole;
  const other = await app.merchants.create('Neighbour');
  const keys = { A: 'key of A', B: 'key of B', live: 'live key of A' };
  await issue(keys.A, merchant.id, 'test');
  await issue(keys.B, other.id, 'test');
  await issue(keys.live, merchant.id, 'live');
  const vault = createVault(app.options.vaultKey);
  const sealed = vault.seal(webhookSecret, webhookSecretContext(merchant.id)).toString('base64');
  await set({ webhookSecret: sealed });
  await set({ webhookSecret: sealed }, 'live');
  const shopId = merchant.shopId;

  function issue(secret: string, merchantId: string, mode: Mode) {
    const owner = { merchantId, dialect: 'xlink', mode, label: 'test' };
    return app.credentials.issue({ ...owner, secret });
  }

  /** Merges into the X-Link settings of `A`. */
  async function set(change: Json, mode: Mode = 'test'): Promise<void> {
    await app.merchants.updateSettings(merchant.id, mode, (settings) => ({
      ...settings,
      dialects: { ...settings.dialects, xlink: { ...settings.dialects?.xlink, ...change } },
    }));
  }

  async function policy(change: Json): Promise<void> {
    await app.merchants.updateSettings(merchant.id, 'test', (settings) => ({
      ...settings,
      policy: { ...settings.policy, ...change },
    }));
  }

  async function call(method: string, url: string, request: Request = {}) {
    const { as = keys.A, body, headers = {} } = request;
    const answered = await server.inject({
      method: method as 'GET',
      url: url.startsWith('/') ? url : `${base}/${url}`,
      headers: {
        ...(as === null ? {} : { 'x-api-key': as }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: textOf(body) }),
    });
    const json = parsed(answered.body);
    const { statusCode: status, body: text } = answered;
    const errors = (Array.isArray(json.detail) ? json.detail : []) as FieldError[];
    const fields = errors.map(({ loc }) => loc.slice(1).join('.'));
    const data = (json.data ?? []) as Json[];
    return { status, headers: answered.headers, text, json, detail: json.detail, fields, data };
  }

  const get = (url: string, request?: Request) => call('GET', url, request);
  const post = (url: string, body: unknown, request?: Request) =>
    call('POST', url, { body, ...request });

  let numbers = 0;
  /** A PAYIN of 50000 KRW by bank, under a number of its own, with changes. */
  function body(change: Json = {}): Json {
    numbers += 1;
    const method = { payment_method_type_id: methods.bankKrw, operation_type: 'PAYIN' };
    const number = `ORDER-${numbers}`;
    const price = { amount: '50000', currency: 'KRW' };
    return { shop_id: shopId, ...method, operation_number: number, ...price, ...change };
  }

  const payoutBody = (change: Json = {}): Json =>
    body({
      payment_method_type_id: methods.bankKrwPayout,
      operation_type: 'PAYOUT',
      metadata: recipient,
      ...change,
    });

  const create = (change: Json = {}, request?: Request) => post('sessions', body(change), request);

  /** Creates and answers the session; throws when it is refused. */
  async function made(change: Json = {}, request?: Request): Promise<Session> {
    const { status, json, text } = await create(change, request);
    if (status !== 200) throw new Error(text);
    return json as Session;
  }

  async function paidOut(change: Json = {}): Promise<Session> {
    const { status, json, text } = await post('sessions', payoutBody(change));
    if (status !== 200) throw new Error(text);
    return json as Session;
  }

  async function play(id: string, ...events: SandboxEvent[]): Promise<void> {
    for (const event of events) {
      const headers = { 'x-api-key': keys.A };
      const url = `/sandbox/payments/${id}`;
      const answered = await server.inject({ method: 'POST', url, headers, payload: { event } });
      if (answered.statusCode !== 200) throw new Error(answered.body);
    }
  }

  /** Gives `A` so much of what a method of KRW takes in. */
  async function fund(amount = '1000000'): Promise<void> {
    const { session_id: id } = await made({ amount });
    await play(id, 'pay', 'confirm');
  }

  const operation = async (number: unknown, request?: Request) =>
    (await get(`operations/${shopId}/${encodeURIComponent(String(number))}`, request)).json;

  async function expire(id: string): Promise<void> {
    const view = await app.payments.findOperation({ merchantId: merchant.id, mode: 'test' }, id);
    if (!view) throw new Error(`no operation ${id}`);
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

  const making = { body, payoutBody, create, made, paidOut, fund };
  const parts = { other, keys, shopId, issue, set, policy, call, get, post, ...making };
  return { ...whole, ...parts, play, operation, expire, deliveries, count, advance };
}

type Session = Json & { readonly session_id: string; readonly operation_number: string };
type FieldError = { readonly loc: (string | number)[]; readonly type: string };

type Request = {
  /** The key; null: no header. */
  readonly as?: string | null;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
};

/** The five members that a payout by bank needs. */
export const recipient = {
  account_number: '1234567890',
  account_name: 'EXAMPLE HOLDER',
  bank_province: 'Seoul',
  bank_city: 'Seoul',
  bank_code: 'ALLVA.ID',
};

export function signatureOf(text: string): string {
  return createHmac('sha256', webhookSecret).update(text).digest('hex');
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
