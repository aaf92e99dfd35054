// The setting EXCHANGES: which exchanges' prices count, and where merchants may sell what they got.

import { type ExchangeSettings, isKnownExchange } from './rates/exchange.ts';
import type { Kind } from './setting.ts';

const members = ['id', 'exchange', 'sandbox', 'url', 'pollMs'] as const;
type Member = (typeof members)[number];
type Given = Partial<Record<Member, unknown>>;

// Column `exchange` is an integer of PostgreSQL.
const largestId = 2_147_483_647;
const fastestPollMs = 100;
// Prices may be 60 seconds old: slower would leave every second payment without one.
const slowestPollMs = 30_000;
const mostExchanges = 20;

export const exchangeList: Kind<readonly ExchangeSettings[]> = {
  word: 'JSON list of objects',
  read(raw) {
    const list = typeof raw === 'string' ? parse(raw) : raw;
    if (!Array.isArray(list)) throw new Error('must be a JSON list of objects');
    if (list.length > mostExchanges) throw new Error(`may name at most ${mostExchanges}`);
    const found = list.map((item, index) => {
      try {
        return read(item);
      } catch (error) {
        throw new Error(`entry ${index + 1}: ${(error as Error).message}`, { cause: error });
      }
    });
    assertUnique(found);
    return Object.freeze(found);
  },
  show: (value) => value.map(shown).join(', ') || 'none',
};

function shown({ id, exchange, sandbox, url }: ExchangeSettings): string {
  const kind = sandbox ? `${exchange} (test environment)` : exchange;
  return `${id}: ${kind}${url === null ? '' : ` at ${url}`}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('is not valid JSON');
  }
}

function read(item: unknown): ExchangeSettings {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new Error('must be an object');
  }
  for (const key of Object.keys(item)) {
    if (!members.includes(key as Member)) throw new Error(`has an unknown member "${key}"`);
  }
  const given = item as Given;
  return Object.freeze({
    id: wholeNumber(given, 'id', 1, largestId),
    exchange: exchangeOf(given.exchange),
    sandbox: sandboxOf(given.sandbox),
    url: urlOf(given.url ?? null),
    pollMs:
      (given.pollMs ?? null) === null
        ? null
        : wholeNumber(given, 'pollMs', fastestPollMs, slowestPollMs),
  });
}

/** The same exchange twice would have two votes on every price. */
function assertUnique(found: readonly ExchangeSettings[]): void {
  for (const member of ['id', 'exchange'] as const) {
    const seen = new Set<unknown>();
    for (const one of found) {
      if (seen.has(one[member])) throw new Error(`names the ${member} ${one[member]} twice`);
      seen.add(one[member]);
    }
  }
}

function exchangeOf(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new Error('lacks exchange');
  if (!isKnownExchange(value)) {
    throw new Error(`"${value}" is no exchange that ccxt knows; ids look like kraken or bitstamp`);
  }
  return value;
}

function sandboxOf(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw new Error('sandbox must be true or false');
  return value;
}

/** In the clear only on this machine: the way to an exchange carries prices and keys. */
function urlOf(value: unknown): string | null {
  if (value === null || value === '') return null;
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null;
  const bare = url !== null && url.href === `${url.origin}/`;
  if (!bare || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error('url must be scheme and host alone, like https://exchange-proxy.example.com');
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new Error('url must be https, unless it is on this machine');
  }
  return url.origin;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function wholeNumber(given: Given, member: Member, least: number, most: number): number {
  const value = given[member];
  if (Number.isInteger(value)) {
    const number = value as number;
    if (number >= least && number <= most) return number;
  }
  throw new Error(`${member} must be a whole number from ${least} to ${most}`);
}
