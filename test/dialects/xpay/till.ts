// A till of xpay's: the whole gateway, a commerce with a manager and two terminals, a neighbour.

import type { MerchantSettings } from '../../../src/merchants/settings.ts';
import { shell } from '../../../src/merchants/staff-log.ts';
import type { NewUser, User } from '../../../src/merchants/users.ts';
import type { PaymentView } from '../../../src/payments/nouns.ts';
import type { SandboxEvent } from '../../../src/payments/play.ts';
import { type TestAppOptions, startTestApp } from '../../harness/app.ts';

export type Till = Awaited<ReturnType<typeof openTill>>;
export type Json = Record<string, unknown>;
export type Person = {
  readonly user: User;
  readonly token: string;
  readonly email: string;
  readonly password: string;
};

export const root = '/api/v1/';
export const password = 'Secret1?pass';
export const checkoutOrigin = 'https://pay.example.com';

/** The documented request body. */
export const createBody = {
  src_currency: 'BTC',
  tgt_currency: 'COC',
  amount: 100_000,
  exchange_id: 1,
  callback: 'https://shop.example.com/callback/',
  fiat_withdraw: 100,
};

export type CallOptions = {
  /** A token; null sends none. The manager's when left out. */
  readonly as?: string | null;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly raw?: string | Buffer;
};

/** Rate limits are lifted unless the options say otherwise. */
export async function openTill(options: TestAppOptions = {}) {
  const config = { rateLimits: false, publicOrigin: checkoutOrigin, ...options.config };
  const gateway = await startTestApp({ ...options, config });
  const { app, server, merchant, clock } = gateway;
  const document = { type: 'N.I.T.', country: 'CO', number: '0000000000' };
  const email = 'commerce@example.com';
  await app.merchants.changeCommerce(merchant.id, { email, document }, shell);
  const neighbour = await app.merchants.create('Neighbour');
  await app.merchants.changeCommerce(neighbour.id, { document }, shell);
  let people = 0;

  async function person(change: Partial<NewUser> = {}): Promise<Person> {
    const own = `person${(people += 1)}@example.com`;
    const basic = { merchantId: merchant.id, role: 'manager', mode: 'test', password } as const;
    const names = { firstName: 'Example', lastName: 'User', language: 'es', country: 'CO' };
    const given = { ...basic, ...names, email: own, ...change };
    const { user, token } = await app.users.create(given, shell);
    return { user, token, email: user.email, password: given.password };
  }

  const manager = await person();
  const terminal = await person({ role: 'terminal' });
  const colleague = await person({ role: 'terminal' });
  const stranger = await person({ merchantId: neighbour.id });

  async function call(method: string, path: string, request: CallOptions = {}) {
    const { as = manager.token, body, headers = {}, raw } = request;
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const answer = await server.inject({
      method: method as 'GET',
      url: path.startsWith('/') ? path : root + path,
      headers: {
        ...(as === null ? {} : { authorization: `Token ${as}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload === undefined ? {} : { payload }),
    });
    const { statusCode: status, headers: answered, body: text } = answer;
    return { status, headers: answered, text, json: parsed(text) };
  }

  const get = (path: string, request?: CallOptions) => call('GET', path, request);
  const post = (path: string, body?: unknown, request?: CallOptions) =>
    call('POST', path, { ...(body === undefined ? {} : { body }), ...request });

  /** Creates the documented transaction, with changes; by the 2018 path unless said otherwise. */
  async function sell(change: Json = {}, request: CallOptions & { path?: string } = {}) {
    const { path = 'transactions/', ...rest } = request;
    const { status, json, text } = await post(path, { ...createBody, ...change }, rest);
    if (status !== 201) throw new Error(text);
    return json as Json & { id: number };
  }

  async function viewOf(id: number): Promise<PaymentView> {
    const view = await app.payments.findByNumber(id);
    if (!view) throw new Error(`no transaction ${id}`);
    return view;
  }

  async function play(id: number, event: SandboxEvent, priceUnits?: bigint): Promise<void> {
    await app.payments.play((await viewOf(id)).payment, event, priceUnits);
  }

  async function read(id: number, request?: CallOptions): Promise<Json> {
    return (await get(`transactions/${id}/`, request)).json;
  }

  /** Merges into the commerce's settings of test mode; the bag of this dialect is `xpay`. */
  async function set(xpay: Json, rest: Partial<MerchantSettings> = {}): Promise<void> {
    await app.merchants.updateSettings(merchant.id, 'test', (settings) => ({
      ...settings,
      ...rest,
      dialects: { ...settings.dialects, xpay: { ...settings.dialects?.['xpay'], ...xpay } },
    }));
  }

  function wait(seconds: number): void {
    clock.at = new Date(clock.at.getTime() + seconds * 1_000);
  }

  return {
    ...gateway,
    neighbour,
    manager,
    terminal,
    colleague,
    stranger,
    person,
    call,
    get,
    post,
    sell,
    viewOf,
    play,
    read,
    set,
    wait,
  };
}

/** A multipart body as a shop's library builds it. */
export function multipart(fields: Record<string, string>): CallOptions {
  const boundary = '----FormBoundary7MA4YWxkTrZu0gW';
  const parts = Object.entries(fields).map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return {
    raw: `${parts.join('')}--${boundary}--\r\n`,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  };
}

export function urlencoded(fields: Record<string, string>): CallOptions {
  return {
    raw: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}
