// What everybody of the day does over HTTP: calls with JSON, some at once, failing loudly.

import { setTimeout as pause } from 'node:timers/promises';
import { DemoFailed } from './timeline.ts';

const tooMany = 429;

export type Call = {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; bytes and texts as they are. */
  readonly body?: object | string | Buffer;
};

export type Answered = { readonly status: number; readonly text: string };

/** Throws with the answer for everything but 2xx. */
export async function call<T>(url: string, given: Call = {}): Promise<T> {
  const { status, text } = await ask(url, given);
  if (status >= 300) {
    throw new DemoFailed(`${given.method ?? 'GET'} ${url}: ${status} ${text.slice(0, 400)}`);
  }
  return JSON.parse(text) as T;
}

/** Whatever the answer is; who is told to come back later does so. */
export async function ask(url: string, given: Call = {}): Promise<Answered> {
  for (;;) {
    const { status, text, retryAfter } = await send(url, given);
    if (status !== tooMany) return { status, text };
    await pause(Math.max(1, Number(retryAfter)) * 1_000);
  }
}

async function send(url: string, { method, headers, body }: Call) {
  const isPlain = typeof body === 'string' || body instanceof Buffer || body === undefined;
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(isPlain ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined
      ? {}
      : { body: isPlain ? new Uint8Array(Buffer.from(body)) : JSON.stringify(body) }),
  });
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, text: await response.text(), retryAfter };
}

/** So many at once: a busy desk, not a storm. */
const AT_ONCE = 4;

/** Does the work of all items, several at once, begun in their order; answers in their order. */
export async function together<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of queue) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

/** Somebody at the desk, by the token that opens its API. */
export type Person = {
  readonly name: string;
  readonly userId: string;
  call<T>(path: string, given?: Call): Promise<T>;
};

export function createPerson(
  origin: string,
  who: { readonly name: string; readonly userId: string; readonly token: string },
  query = '',
): Person {
  const { name, userId, token } = who;
  return {
    name,
    userId,
    call: (path, { headers, ...given } = {}) =>
      call(`${origin}/desk/v1/${path}${query && (path.includes('?') ? '&' : '?')}${query}`, {
        ...given,
        headers: { ...headers, authorization: `Bearer ${token}` },
      }),
  };
}

type Page<T> = { readonly items: readonly T[]; readonly next: string | null };

/** All pages of a list. */
export async function listAll<T>(person: Person, path: string): Promise<T[]> {
  const items: T[] = [];
  let after: string | null = null;
  do {
    const query: string = after === null ? '' : `&after=${after}`;
    const sign = path.includes('?') ? '&' : '?';
    const page: Page<T> = await person.call<Page<T>>(`${path}${sign}limit=200${query}`);
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}
