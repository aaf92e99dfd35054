// One merchant with keys of all four dialects in both modes, and a neighbour with as many.

import type { Mode } from '../../../src/merchants/settings.ts';
import { shell } from '../../../src/merchants/staff-log.ts';
import type { Payment, PaymentView } from '../../../src/payments/nouns.ts';
import type { SandboxEvent } from '../../../src/payments/play.ts';
import { type TestAppOptions, startTestApp } from '../../harness/app.ts';

export type House = Awaited<ReturnType<typeof openHouse>>;
export type Json = Record<string, unknown>;
export type Answer = { readonly status: number; readonly text: string; readonly json: Json };

export const dialects = ['bitxpay', 'xpay', 'xbillion', 'xlink'] as const;
export type Name = (typeof dialects)[number];

/** What a client of each dialect shows, all of one merchant and one mode. */
export type Keys = Readonly<Record<Name, Record<string, string>>> & { readonly shopId: number };

export const secrets = {
  xbillion: 'xbillion secret',
  callback: 'https://shop.example.com/?key=hidden',
};
const password = 'Secret1?pass';
/** Paid in one coin, told at once: as xpay's clients are told. */
const xlinkMethod = '3f0c7a52-6d1e-4b8f-9a34-5c2e7d9b1a06';

export async function openHouse(options: TestAppOptions = {}) {
  const gateway = await startTestApp({
    ...options,
    config: { rateLimits: false, publicOrigin: 'https://pay.example.com', ...options.config },
  });
  const { app, server, merchant, clock } = gateway;
  const neighbour = await app.merchants.create('Neighbour');
  let count = 0;

  async function keysOf(merchantId: string, mode: Mode): Promise<Keys> {
    const document = { type: 'N.I.T.', country: 'CO', number: '0000000000' };
    await app.merchants.changeCommerce(merchantId, { document }, shell);
    const own = { merchantId, mode, label: 'test' };
    const bitxpay = await gateway.newKey(merchantId, mode);
    const pair = `${merchantId}:${secrets.xbillion} ${mode}`;
    await app.credentials.issue({ ...own, dialect: 'xbillion', secret: pair });
    const key = `xlink-key-${(count += 1)}`;
    await app.credentials.issue({ ...own, dialect: 'xlink', secret: key });
    const person = { role: 'manager', language: 'es', country: 'CO', password } as const;
    const { token } = await app.users.create(
      { ...person, merchantId, mode, firstName: 'A', lastName: 'B', email: `${key}@example.com` },
      shell,
    );
    const { shopId } = await app.merchants.load(gateway.db, merchantId);
    return {
      shopId,
      bitxpay: { 'x-api-key': bitxpay.key, merchantKey: bitxpay.merchantKey },
      xpay: { authorization: `Token ${token}` },
      xbillion: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
      xlink: { 'x-api-key': key },
    };
  }

  const ours = await keysOf(merchant.id, 'test');
  const live = await keysOf(merchant.id, 'live');
  const theirs = await keysOf(neighbour.id, 'test');

  async function call(
    method: 'GET' | 'POST' | 'PATCH',
    url: string,
    headers: Record<string, string>,
    body?: unknown,
  ): Promise<Answer> {
    const answered = await server.inject({
      method,
      url,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    const { statusCode: status, body: text } = answered;
    return { status, text, json: JSON.parse(text) as Json };
  }

  const bodies: Readonly<Record<Name, (keys: Keys, change: Json) => readonly [string, Json]>> = {
    bitxpay: ({ bitxpay }, change) => [
      '/api/v1/payments/links',
      {
        merchant_key: bitxpay['merchantKey'],
        order_currency: 'USD',
        order_amount: 12.5,
        payment_name: 'Lamp',
        payer_id: 'TRE1787238200',
        payer_name: 'Example Payer',
        payer_email: 'payer@example.com',
        payer_phone: '+15550100',
        payer_ip: '203.0.113.50',
        success_url: 'https://shop.example.com/success.html',
        cancel_url: 'https://shop.example.com/cancel.html',
        ...change,
      },
    ],
    xpay: (_, change) => [
      '/api/v1/transactions/',
      {
        src_currency: 'BTC',
        tgt_currency: 'COC',
        amount: 100_000,
        exchange_id: 1,
        callback: secrets.callback,
        fiat_withdraw: 100,
        ...change,
      },
    ],
    xbillion: (_, change) => [
      '/api/v1/payments',
      {
        amount: 100,
        currency: 'USD',
        order_id: `order-${(count += 1)}`,
        service: 'crypto',
        customer: { email: 'payer@example.com', ip: '203.0.113.7' },
        webhook_url: secrets.callback,
        ...change,
      },
    ],
    xlink: ({ shopId }, change) => [
      '/api/v1/p2p/sessions',
      {
        shop_id: shopId,
        payment_method_type_id: xlinkMethod,
        operation_type: 'PAYIN',
        operation_number: `ORDER ${(count += 1)}`,
        payer_id: 'customer-123',
        amount: '100.00',
        currency: 'USD',
        callback_url: secrets.callback,
        ...change,
      },
    ],
  };

  /** Creates a payment through a dialect and answers what the core holds. */
  async function make(by: Name, change: Json = {}, keys = ours): Promise<Payment> {
    const [url, body] = bodies[by](keys, change);
    const { merchantKey: _, ...headers } = keys[by];
    const { status, text, json } = await call('POST', url, headers, body);
    if (status !== 200 && status !== 201) throw new Error(`${by}: ${status} ${text}`);
    const view =
      by === 'xpay'
        ? await app.payments.findByNumber(json['id'] as number)
        : await app.payments.findForPayer((json['id'] ?? json['session_id']) as string);
    if (!view) throw new Error(`${by} made nothing: ${text}`);
    return view.payment;
  }

  const places: Readonly<Record<Name, (payment: Payment, shopId: number) => string>> = {
    bitxpay: ({ id }) => `/api/v1/payments/links/${id}`,
    xpay: ({ number }) => `/api/v1/transactions/${number}/`,
    xbillion: ({ id }) => `/api/v1/payments/${id}`,
    xlink: ({ id, merchantReference }, shopId) =>
      `/api/v1/p2p/operations/${shopId}/${encodeURIComponent(merchantReference ?? id)}`,
  };

  /** Reads a payment as that dialect's clients do. */
  function read(by: Name, payment: Payment, keys = ours): Promise<Answer> {
    const { merchantKey: _, ...headers } = keys[by];
    return call('GET', places[by](payment, keys.shopId), headers);
  }

  /** X-Link's other view of the same payment. */
  function session({ id }: Payment, keys = ours): Promise<Answer> {
    return call('GET', `/api/v1/p2p/sessions/${id}`, keys.xlink);
  }

  /** The items of a dialect's list; xBillion has none. */
  async function list(by: Exclude<Name, 'xbillion'>, query = '', keys = ours): Promise<Json[]> {
    const { merchantKey: _, ...headers } = keys[by];
    const [path, member] = lists[by];
    const { status, text, json } = await call('GET', `${path}${query}`, headers);
    if (status !== 200) throw new Error(`${by}: ${status} ${text}`);
    return (member === null ? json : json[member]) as unknown as Json[];
  }

  async function viewOf({ id }: Payment): Promise<PaymentView> {
    const view = await app.payments.findForPayer(id);
    if (!view) throw new Error(`no payment ${id}`);
    return view;
  }

  async function play(payment: Payment, ...events: SandboxEvent[]): Promise<void> {
    for (const event of events) await app.payments.play((await viewOf(payment)).payment, event);
  }

  /** The deadline passes. */
  async function expire(payment: Payment): Promise<void> {
    clock.at = (await viewOf(payment)).payment.expiresAt;
    await app.payments.expireDue();
  }

  return {
    ...gateway,
    neighbour,
    ours,
    live,
    theirs,
    call,
    make,
    read,
    session,
    list,
    viewOf,
    play,
    expire,
  };
}

const lists = {
  bitxpay: ['/api/v1/payments/links', 'payment_links'],
  xpay: ['/api/v1/transactions/', null],
  xlink: ['/api/v1/p2p/operations', 'data'],
} as const;
