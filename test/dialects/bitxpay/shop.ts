// A shop of BitXPay's: the core on a real database, the real server in front, keys in hand.

import { pino } from 'pino';
import { Registry } from 'prom-client';
import { createBitxpay } from '../../../src/dialects/bitxpay/bitxpay.ts';
import type { BitxpayNeeds } from '../../../src/dialects/bitxpay/needs.ts';
import { createLimiter } from '../../../src/dialects/limiter.ts';
import { createRates } from '../../../src/rates/rates.ts';
import { createTableSource, parseRateTable } from '../../../src/rates/table.ts';
import { createTestSource } from '../../../src/rates/test-table.ts';
import { createServer } from '../../../src/server.ts';
import { createCore } from '../../harness/core.ts';

export type Shop = Awaited<ReturnType<typeof openShop>>;
export type Json = Record<string, unknown>;

export const merchantKey = 'mkey-AAAAAAAAAAAAAAAAAAAAAAAAA';
export const testKey = 'test_key_AAAAAAAAAAAAAAAA';
export const liveKey = 'bknn_00112233445566778899aabbccddeeff';
export const otherKey = 'test_key_BBBBBBBBBBBBBBBB';
const linksPath = '/api/v1/payments/links';
const checkoutOrigin = 'https://pay.example.com';

type ShopOptions = {
  readonly limited?: boolean;
  readonly config?: Partial<BitxpayNeeds['config']>;
};

/** `limited` keeps the rate limits, which are lifted otherwise. */
export async function openShop(options: ShopOptions = {}) {
  const core = await createCore();
  const { merchants, credentials, merchant, now, payments } = core;
  const live = createTableSource(parseRateTable(''), { name: 'settings', testOnly: false, now });
  const needs: BitxpayNeeds = {
    payments,
    credentials,
    settingsOf: async ({ merchantId, mode }) =>
      (await merchants.load(core.db, merchantId)).settings[mode],
    limiter: createLimiter({ now, lifted: !options.limited }),
    rates: createRates({ test: createTestSource(now), live, now }),
    openSecret: (payment) => payments.secretOf(payment as Parameters<typeof payments.secretOf>[0]),
    now,
    config: { checkoutOrigin, shortPrefix: false, extraMagic: false, ...options.config },
  };
  const dialect = createBitxpay(needs);
  const app = createServer({
    dialects: [dialect],
    plugins: [],
    checks: [],
    metrics: new Registry(),
    log: pino({ level: 'silent' }),
    trustProxy: false,
  });
  await app.ready();
  await set({ merchantKey });
  const own = { merchantId: merchant.id, dialect: 'bitxpay', label: 'shop' };
  await credentials.issue({ ...own, mode: 'test', secret: testKey });
  await credentials.issue({ ...own, mode: 'live', secret: liveKey });
  const neighbour = await merchants.create('Neighbour');
  await credentials.issue({ ...own, merchantId: neighbour.id, mode: 'test', secret: otherKey });

  /** Merges into the shop's BitXPay settings of test mode. */
  async function set(change: Json): Promise<void> {
    for (const mode of ['test', 'live'] as const) {
      await merchants.updateSettings(merchant.id, mode, (settings) => ({
        ...settings,
        dialects: { ...settings.dialects, bitxpay: { ...settings.dialects?.bitxpay, ...change } },
      }));
    }
  }

  async function call(method: string, url: string, request: CallOptions = {}) {
    const { key = testKey, body, headers = {} } = request;
    const answer = await app.inject({
      method: method as 'GET',
      url: url.startsWith('/') ? url : `${linksPath}${url === '' ? '' : `/${url}`}`,
      headers: {
        ...(key === null ? {} : { 'x-api-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: textOf(body) }),
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      json: parsed(answer.body),
    };
  }

  const get = (url: string, request?: CallOptions) => call('GET', url, request);
  const post = (body: unknown, request?: CallOptions) => call('POST', '', { body, ...request });
  const patch = (id: string, body: unknown, request?: CallOptions) =>
    call('PATCH', id, { body, ...request });

  /** Creates a link of 12.50 USD, with changes; answers the link object. */
  async function link(
    change: Json = {},
  ): Promise<Json & { id: string; payment_reference: string }> {
    const { status, json, text } = await post({ ...createBody, ...change });
    if (status !== 200) throw new Error(text);
    return json as Json & { id: string; payment_reference: string };
  }

  async function payment(id: string) {
    return (await core.view(id)).payment;
  }

  async function close(): Promise<void> {
    await app.close();
    await core.close();
  }

  return { ...core, app, dialect, set, call, get, post, patch, link, payment, close };
}

type CallOptions = {
  readonly key?: string | null;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
};

export const createBody = {
  merchant_key: merchantKey,
  order_currency: 'USD',
  order_amount: 12.5,
  payment_name: 'Premium Subscription',
  payer_id: 'TRE1787238200',
  payer_name: 'Example Payer',
  payer_email: 'payer@example.com',
  payer_phone: '+15550100',
  payer_ip: '203.0.113.50',
  success_url: 'https://shop.example.com/success.html',
  cancel_url: 'https://shop.example.com/cancel.html',
  webhook_data: { order_id: 'ABC12345-12' },
};

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
