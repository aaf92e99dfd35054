// The shop's side of HTTP: every call ends in one of three ways, and "in doubt" is one of them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';

/** `refused`: nothing was sent. `doubt`: it may or may not have happened. */
export type Outcome =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'doubt'; readonly why: string };

export type Shop = {
  readonly merchantKey: string;
  create(body: string, key: string | null): Promise<Outcome>;
  read(id: string): Promise<Outcome>;
  patch(id: string, status: string): Promise<Outcome>;
  play(id: string, event: string): Promise<Outcome>;
  setWebhookUrl(url: string): Promise<Outcome>;
  close(): Promise<void>;
};

const CALL_LIMIT_MS = 20_000;
const CONNECTIONS = 64;
const links = '/api/v1/payments/links';
/** Nothing had been sent when these happened. */
const neverSent = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT']);

/** `keepAlive: false` opens a connection for each call. */
export function openShop(
  origin: string,
  dataDir: string,
  { keepAlive }: { keepAlive: boolean } = { keepAlive: true },
): Shop {
  const demo = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as {
    bitxpay: { api_key: string; merchant_key: string };
  };
  const agent = new Agent({
    connections: CONNECTIONS,
    pipelining: keepAlive ? 1 : 0,
    headersTimeout: CALL_LIMIT_MS,
    bodyTimeout: CALL_LIMIT_MS,
  });

  async function call(
    method: 'GET' | 'POST' | 'PATCH' | 'PUT',
    path: string,
    body: string | null = null,
    headers: Record<string, string> = {},
  ): Promise<Outcome> {
    try {
      const answer = await request(`${origin}${path}`, {
        method,
        dispatcher: agent,
        headers: {
          'x-api-key': demo.bitxpay.api_key,
          ...(body === null ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body,
      });
      const text = await answer.body.text();
      const { statusCode: status } = answer;
      // 503 is a promise that nothing was done; any other 5xx promises nothing.
      if (status >= 500 && status !== 503) return { kind: 'doubt', why: String(status) };
      return { kind: 'answered', status, text };
    } catch (error) {
      const { code = 'unknown' } = error as { code?: string };
      return neverSent.has(code) ? { kind: 'refused' } : { kind: 'doubt', why: code };
    }
  }

  return {
    merchantKey: demo.bitxpay.merchant_key,
    create: (body, key) =>
      call('POST', links, body, key === null ? {} : { 'idempotency-key': key }),
    read: (id) => call('GET', `${links}/${id}`),
    patch: (id, status) => call('PATCH', `${links}/${id}`, JSON.stringify({ status })),
    play: (id, event) => call('POST', `/sandbox/payments/${id}`, JSON.stringify({ event })),
    setWebhookUrl: (url) =>
      call('PUT', '/sandbox/settings', JSON.stringify({ bitxpay_webhook_url: url })),
    close: () => agent.destroy(),
  };
}
