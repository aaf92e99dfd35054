// The one way from ccxt to an exchange: bounded in time and bytes, no proxy, no redirect.

import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { Agent, type Dispatcher, request } from 'undici';
import { assertOutsideTransaction } from '../db/database.ts';

/** What ccxt hands to the `fetchImplementation` of an instance. */
export type ExchangeRequest = {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  /** Aborted by ccxt after its `timeout`. */
  readonly signal: AbortSignal;
};

/** As much of a `Response` as ccxt reads. */
export type ExchangeAnswer = {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
};

export type ExchangeHttp = {
  /**
   * Answers once the whole body is here, so that ccxt's time-out covers it too. Rejects with an
   * `AbortError` after that time-out (ccxt: RequestTimeout) and with a TypeError for every other
   * trouble on the way (ccxt: NetworkError). Throws when called inside a database transaction.
   */
  send(url: string, given: ExchangeRequest): Promise<ExchangeAnswer>;
  close(): Promise<void>;
};

const maxConnections = 8;
const keepAliveMs = 30_000;
// The list of every market of the largest exchange has 15 MB.
const maxBodyBytes = 64 * 1024 * 1024;

const decoders: Readonly<Record<string, (packed: Buffer) => Promise<Buffer>>> = {
  gzip: (packed) => promisify(gunzip)(packed, { maxOutputLength: maxBodyBytes }),
  deflate: (packed) => promisify(inflate)(packed, { maxOutputLength: maxBodyBytes }),
  br: (packed) => promisify(brotliDecompress)(packed, { maxOutputLength: maxBodyBytes }),
};

export function createExchangeHttp(): ExchangeHttp {
  // An agent of our own: the environment's proxies are not asked, and `close` ends every socket.
  const agent = new Agent({ connections: maxConnections, keepAliveTimeout: keepAliveMs });

  async function send(url: string, given: ExchangeRequest): Promise<ExchangeAnswer> {
    assertOutsideTransaction(`a request to ${new URL(url).host}`);
    try {
      return await exchangeAnswer(url, given, agent);
    } catch (error) {
      if (given.signal.aborted) throw new DOMException('aborted', 'AbortError');
      throw new TypeError('fetch failed', { cause: error });
    }
  }

  return { send, close: () => agent.destroy() };
}

async function exchangeAnswer(
  url: string,
  { method, headers, body, signal }: ExchangeRequest,
  dispatcher: Dispatcher,
): Promise<ExchangeAnswer> {
  const accepted = { 'Accept-Encoding': 'gzip, deflate, br', ...headers };
  const answer = await request(url, {
    method: method as Dispatcher.HttpMethod,
    headers: accepted,
    body: body ?? null,
    signal,
    dispatcher,
  });
  const packed = await bounded(answer.body);
  if (answer.statusCode >= 300 && answer.statusCode < 400) {
    throw new Error(`redirected with status ${answer.statusCode}, which is not followed`);
  }
  const decode = decoders[String(answer.headers['content-encoding'] ?? '')];
  const content = decode && packed.length > 0 ? await decode(packed) : packed;
  return {
    status: answer.statusCode,
    statusText: '',
    headers: headersOf(answer.headers),
    text: async () => content.toString('utf8'),
    arrayBuffer: async () => new Uint8Array(content).buffer,
  };
}

async function bounded(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > maxBodyBytes) throw new Error(`an answer of more than ${maxBodyBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function headersOf(given: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  }
  return headers;
}
