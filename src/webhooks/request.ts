// The client for URLs that strangers gave us: it connects only where the guard allows, to the very
// address that was checked, follows nothing, and bounds time and bytes.

import { Agent, errors } from 'undici';
import type { Dispatcher } from 'undici';
import { assertOutsideTransaction } from '../db/database.ts';
import type { Guard } from './addresses.ts';
import { AddressRefused, NameNotFound, createConnect } from './connect.ts';
import { badPorts } from './ports.ts';
import { createResolveName } from './resolve.ts';
import type { ResolveName } from './resolve.ts';
import type { RenderedWebhook } from './webhook.ts';

/**
 * `refused` means that we did not even try; `forGood`, that no later attempt can differ. `failed`
 * means that no answer came: the receiver may or may not have seen the message.
 */
export type RequestResult =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** At most 64 KiB of what the receiver said, as text. */
      readonly body: string;
      readonly retryAfter: string | null;
    }
  | {
      readonly kind: 'refused';
      readonly reason: 'url_refused' | 'message_refused' | 'address_refused';
      readonly detail: string;
      readonly forGood: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly reason:
        'timed_out' | 'name_not_found' | 'unreachable' | 'tls_failed' | 'broken_answer';
      readonly detail: string;
    };

export type WebhookClient = {
  /** Posts `message.body` byte for byte. Never throws for anything the receiver does. */
  request(message: RenderedWebhook, timeoutMs: number): Promise<RequestResult>;
  /** Cuts every connection; requests under way fail. */
  close(): Promise<void>;
};

type Options = {
  readonly guard: Guard;
  /** Printed in `User-Agent`. */
  readonly version: string;
  readonly resolveName?: ResolveName;
};

const connectionsPerOrigin = 128;
/** What an index can hold, and more than any server should be asked. */
export const maxUrlBytes = 2_000;
const keepAliveTimeoutMs = 4_000;
const keepAliveMaxTimeoutMs = 30_000;
const maxHeaderBytes = 16 * 1024;
const maxAnswerBytes = 64 * 1024;

export function createWebhookClient(options: Options): WebhookClient {
  const agent = new Agent({
    connect: createConnect(options.guard, options.resolveName ?? createResolveName()),
    connections: connectionsPerOrigin,
    pipelining: 1,
    keepAliveTimeout: keepAliveTimeoutMs,
    keepAliveMaxTimeout: keepAliveMaxTimeoutMs,
    maxHeaderSize: maxHeaderBytes,
    // The total timeout below bounds both, and tighter.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const userAgent = `Dragoman-Webhooks/${options.version}`;

  async function request(message: RenderedWebhook, timeoutMs: number): Promise<RequestResult> {
    assertOutsideTransaction('a webhook');
    const url = parseUrl(message.url);
    if (typeof url === 'string') return refusedForGood('url_refused', url);
    const wrong = wrongHeader(message.headers);
    if (wrong !== null) return refusedForGood('message_refused', wrong);
    return exchange(agent, timeoutMs, {
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: { 'user-agent': userAgent, ...message.headers },
      body: message.body,
    });
  }

  return { request, close: () => agent.destroy() };
}

const schemes = new Set(['https:', 'http:']);

/** Answers the URL, or the sentence that says why it is none that we call. */
function parseUrl(text: string): URL | string {
  if (Buffer.byteLength(text) > maxUrlBytes) return 'the URL is too long';
  if (!URL.canParse(text)) return 'the URL cannot be read';
  const url = new URL(text);
  if (!schemes.has(url.protocol)) return 'only https and http are called';
  if (url.username !== '' || url.password !== '') return 'the URL holds a user name or password';
  if (badPorts.has(url.port)) return `port ${url.port} belongs to another protocol`;
  return url;
}

/** Headers that decide where a message goes or where it ends are ours alone. */
const ownHeaders = new Set('host content-length transfer-encoding connection upgrade'.split(' '));

function wrongHeader(headers: Readonly<Record<string, string>>): string | null {
  for (const [name, value] of Object.entries(headers)) {
    if (ownHeaders.has(name.toLowerCase())) return `header ${name} cannot be set`;
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return 'a header name is malformed';
    if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      return `header ${name} holds a character that cannot be sent`;
    }
  }
  return null;
}

function refusedForGood(reason: 'url_refused' | 'message_refused', detail: string): RequestResult {
  return { kind: 'refused', reason, detail, forGood: true };
}

/**
 * Once a status has arrived it is the answer: a body that is too long, too slow or cut short is
 * kept as far as it came, because asking again would only show the receiver the message twice.
 */
function exchange(
  agent: Agent,
  timeoutMs: number,
  options: Dispatcher.DispatchOptions,
): Promise<RequestResult> {
  return new Promise((resolve) => {
    let controller: Dispatcher.DispatchController | null = null;
    let status: number | null = null;
    let retryAfter: string | null = null;
    let chunks: Buffer[] = [];
    let bytes = 0;
    let over = false;

    function finish(failure: RequestResult | null): void {
      if (over) return;
      over = true;
      clearTimeout(timer);
      const answered = status !== null && { kind: 'answered' as const, status, retryAfter };
      if (answered) resolve({ ...answered, body: textOf(chunks) });
      else resolve(failure ?? failed('broken_answer', 'the connection ended without an answer'));
      chunks = [];
    }

    function cut(failure: RequestResult | null): void {
      finish(failure);
      controller?.abort(new Error('the webhook client has heard enough'));
    }

    const timer = setTimeout(
      () => cut(failed('timed_out', `no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    agent.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        // The time was up before a connection was.
        if (over) started.abort(new Error('too late'));
      },
      onResponseStart(_controller, code, headers) {
        if (code < 200) return;
        status = code;
        const value = headers['retry-after'];
        retryAfter = typeof value === 'string' ? value : (value?.[0] ?? null);
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk.subarray(0, maxAnswerBytes - bytes));
        bytes += chunk.length;
        if (bytes > maxAnswerBytes) cut(null);
      },
      onResponseEnd: () => finish(null),
      onResponseError: (_controller, error) => finish(failureOf(error)),
    });
  });
}

/** PostgreSQL keeps no NUL in a text; everything else that is not UTF-8 is replaced by decoding. */
function textOf(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8').replaceAll('\0', '\ufffd');
}

function failureOf(error: Error): RequestResult {
  if (error instanceof AddressRefused) {
    const detail = error.message;
    return { kind: 'refused', reason: 'address_refused', detail, forGood: false };
  }
  if (error instanceof NameNotFound) return failed('name_not_found', error.message);
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  // What undici itself will not put on the wire will not get better by waiting.
  if (code === 'UND_ERR_INVALID_ARG') return refusedForGood('message_refused', error.message);
  const detail = code === '' ? error.message : `${code}: ${error.message}`;
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return failed('timed_out', detail);
  if (tlsFailure.test(code)) return failed('tls_failed', detail);
  if (error instanceof errors.HTTPParserError || /^UND_ERR_(HEADERS|RES|INFO)/.test(code)) {
    return failed('broken_answer', detail);
  }
  return failed('unreachable', detail);
}

const tlsFailure =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|CERT_|CRL_|DEPTH_|SELF_SIGNED|UNABLE_TO_|HOSTNAME_|INVALID_)/;

function failed(
  reason: Extract<RequestResult, { kind: 'failed' }>['reason'],
  detail: string,
): RequestResult {
  return { kind: 'failed', reason, detail: detail.replaceAll('\0', '\ufffd') };
}
