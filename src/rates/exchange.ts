// One exchange, spoken to through ccxt: its class alone is loaded, bounded and never by a proxy.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Exchange } from 'ccxt';
import { createExchangeHttp } from './exchange-http.ts';

/** An entry of the setting EXCHANGES. */
export type ExchangeSettings = {
  /** By which merchants' programs name it; unique, from 1. */
  readonly id: number;
  /** ccxt's id: `kraken`. */
  readonly exchange: string;
  /** The exchange's own test environment, where money is worth nothing. */
  readonly sandbox: boolean;
  /** Replaces scheme and host of every address of the exchange: a proxy, or a stand-in in tests. */
  readonly url: string | null;
  readonly pollMs: number | null;
};

/** Of an account on the exchange; which members it needs, the exchange says. */
export type ExchangeKeys = {
  readonly apiKey: string;
  readonly secret: string;
  readonly password?: string;
  readonly uid?: string;
};

/** ccxt's own class; `close` ends its connections. */
export type CcxtExchange = Exchange;

/** An exchange that cannot be used as it is configured; the message is for the operator. */
export class ExchangeUnusable extends Error {
  override name = 'ExchangeUnusable';
}

const timeoutMs = 10_000;
const exchangeName = /^[a-z0-9]+$/;
const schemeAndHost = /^(?:https?|wss?):\/\/[^/]+/;

/** Whether ccxt knows it; nothing is loaded for that. */
export function isKnownExchange(exchange: string): boolean {
  return exchangeName.test(exchange) && existsSync(fileURLToPath(moduleOf(exchange)));
}

/**
 * Opens an exchange, for its public prices or with an account's keys; nothing is asked of it yet.
 * ccxt's rate limit is on and every request has a time-out. Only spot markets are ever loaded.
 * Throws ExchangeUnusable for an exchange that ccxt does not know or that has no test environment
 * when one is wanted. Every request of the result throws inside a database transaction.
 */
export async function openExchange(
  settings: ExchangeSettings,
  keys?: ExchangeKeys,
): Promise<CcxtExchange> {
  const ExchangeClass = await load(settings.exchange);
  const http = createExchangeHttp();
  const exchange = new ExchangeClass({
    ...keys,
    timeout: timeoutMs,
    enableRateLimit: true,
    options: { defaultType: 'spot' },
    fetchImplementation: http.send,
  });
  onlySpot(exchange.options);
  if (settings.sandbox) enterTestEnvironment(exchange);
  if (settings.url !== null) {
    exchange.urls.api = relocated(exchange.urls.api, new URL(settings.url).origin);
  }
  exchange.close = () => http.close();
  return exchange;
}

/** The name under which its prices are kept: prices of a test environment never pass for real. */
export function sourceNameOf({ exchange, sandbox, url }: ExchangeSettings): string {
  const kind = sandbox ? `${exchange} (test environment)` : exchange;
  return url === null ? kind : `${kind} at ${new URL(url).host}`;
}

type ExchangeClass = new (options: Record<string, unknown>) => CcxtExchange;

// The package exports its root alone, which loads every exchange: hundreds of megabytes for one.
async function load(exchange: string): Promise<ExchangeClass> {
  if (!isKnownExchange(exchange)) {
    throw new ExchangeUnusable(`"${exchange}" is no exchange that ccxt knows`);
  }
  const loaded = (await import(moduleOf(exchange).href)) as { default: ExchangeClass };
  return loaded.default;
}

function moduleOf(exchange: string): URL {
  return new URL(`src/${exchange}.js`, import.meta.resolve('ccxt'));
}

function enterTestEnvironment(exchange: CcxtExchange): void {
  exchange.setSandboxMode(true);
  // ccxt would go on without any address.
  if (Object.keys(exchange.urls.api ?? {}).length === 0) {
    throw new ExchangeUnusable(`${exchange.id} has no test environment that ccxt knows`);
  }
}

/**
 * Exchanges with several kinds of markets list the kinds they load in `fetchMarkets.types`, as a
 * list or as a tree of switches; futures and options would be megabytes that nobody reads.
 */
function onlySpot(options: Record<string, unknown>): void {
  const wanted = options['fetchMarkets'];
  if (typeof wanted !== 'object' || wanted === null || !('types' in wanted)) return;
  const { types } = wanted as { types: unknown };
  const spot = Array.isArray(types) ? ['spot'] : switchedToSpot(types);
  options['fetchMarkets'] = { ...wanted, types: spot };
}

function switchedToSpot(types: unknown): unknown {
  if (typeof types !== 'object' || types === null) return types;
  return Object.fromEntries(
    Object.entries(types).map(([kind, value]) => [kind, kind === 'spot' || allOff(value)]),
  );
}

function allOff(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return false;
  return Object.fromEntries(Object.entries(value).map(([kind, inner]) => [kind, allOff(inner)]));
}

function relocated<T>(addresses: T, origin: string): T {
  if (typeof addresses === 'string') return addresses.replace(schemeAndHost, origin) as T;
  if (typeof addresses !== 'object' || addresses === null) return addresses;
  return Object.fromEntries(
    Object.entries(addresses).map(([name, value]) => [name, relocated(value, origin)]),
  ) as T;
}
