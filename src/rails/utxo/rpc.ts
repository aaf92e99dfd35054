// JSON-RPC to a node that the operator chose: three outcomes, batches, no secret in any message.

import { readFile } from 'node:fs/promises';
import { Pool } from 'undici';
import { assertOutsideTransaction } from '../../db/database.ts';

/** `refused`: the node said no, with its code. `unknown`: nobody knows; ask again. */
export type Outcome =
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

export type Call = { readonly method: string; readonly params: readonly unknown[] };

export type Rpc = {
  call(method: string, ...params: readonly unknown[]): Promise<Outcome>;
  /** All in one request, answered in the order of asking. Nothing is retried here. */
  batch(calls: readonly Call[]): Promise<Outcome[]>;
  close(): Promise<void>;
};

export type RpcOptions = {
  /** `http://user:password@host:port/path`; a cookie file takes the place of user and password. */
  readonly url: string;
  /** The node's `.cookie`, read again whenever the node turns the old one away. */
  readonly cookieFile?: string | null;
  readonly timeoutMs?: number;
};

const defaultTimeoutMs = 30_000;
const connectTimeoutMs = 5_000;
// Long enough for one question after another, shorter than the usual poll interval: nodes of the
// 0.21 line do not finish stopping while a connection is open, and are then killed without saving.
const keepAliveMs = 400;
const maxConnections = 4;
// A block of 4 MB comes as 8 MB of hexadecimal, one of 32 MB (Bitcoin Cash) as 64 MB; fifty
// transactions of 400 kB come as 40 MB.
const maxAnswerBytes = 64 * 1024 * 1024;
const unauthorized = 401;

export function createRpc(options: RpcOptions): Rpc {
  const url = parseUrl(options.url);
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const pool = new Pool(url.origin, {
    connections: maxConnections,
    connect: { timeout: connectTimeoutMs },
    keepAliveTimeout: keepAliveMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  let authorization: string | null = null;

  async function post(body: string): Promise<Reply> {
    const first = await send(body);
    if (first.status !== unauthorized || !options.cookieFile) return first;
    authorization = null;
    return send(body);
  }

  async function send(body: string): Promise<Reply> {
    authorization ??= await readAuthorization(url, options.cookieFile);
    const response = await pool.request({
      method: 'POST',
      path: url.pathname + url.search,
      headers: { authorization, 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: response.statusCode, text: await readText(response.body) };
  }

  async function batch(calls: readonly Call[]): Promise<Outcome[]> {
    assertOutsideTransaction('a call to a node');
    if (calls.length === 0) return [];
    const requests = calls.map((call, id) => ({ jsonrpc: '1.0', id, ...call }));
    try {
      // A single call goes without brackets: proxies that know no batches then still serve it.
      const body = JSON.stringify(requests.length === 1 ? requests[0] : requests);
      return outcomesOf(await post(body), calls.length);
    } catch (error) {
      return calls.map(() => ({ kind: 'unknown', reason: reasonOf(error, url) }));
    }
  }

  async function call(method: string, ...params: readonly unknown[]): Promise<Outcome> {
    const [outcome] = await batch([{ method, params }]);
    return outcome ?? { kind: 'unknown', reason: 'it answered nothing' };
  }

  return { call, batch, close: () => pool.close() };
}

// The error of `new URL` carries its input, and the input carries a password.
function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new Error('the address of the node is not a URL that begins with http:// or https://');
}

type Reply = { readonly status: number; readonly text: string };

async function readAuthorization(url: URL, cookieFile?: string | null): Promise<string> {
  const pair = cookieFile
    ? (await readFile(cookieFile, 'utf8')).trim()
    : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxAnswerBytes) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString('utf8');
}

// Nodes answer a refused single call with status 500 or 404 and a JSON body: the body decides.
function outcomesOf(reply: Reply, count: number): Outcome[] {
  const parsed = parse(reply.text);
  const answers = Array.isArray(parsed) ? parsed : [parsed];
  const byId = new Map<unknown, unknown>();
  for (const answer of answers) if (isRecord(answer)) byId.set(answer['id'], answer);
  return Array.from({ length: count }, (_, id) => outcomeOf(byId.get(id), reply.status));
}

function outcomeOf(answer: unknown, status: number): Outcome {
  if (!isRecord(answer)) {
    const refused = status === unauthorized;
    const reason = refused ? 'it refuses our password' : `HTTP ${status} without an answer`;
    return { kind: 'unknown', reason };
  }
  const error = answer['error'];
  if (isRecord(error)) {
    const code = typeof error['code'] === 'number' ? error['code'] : 0;
    return { kind: 'refused', code, reason: String(error['message']).slice(0, 200) };
  }
  if (!('result' in answer)) return { kind: 'unknown', reason: 'an answer without result' };
  return { kind: 'answer', value: answer['result'] };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// Messages of the HTTP client name hosts and ports; only ours are made from the address as given.
function reasonOf(error: unknown, url: URL): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return `no answer from ${url.host}: ${code ?? message ?? 'unknown fault'}`;
}
