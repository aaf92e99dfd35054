// Asking one exchange for its prices, through ccxt, as decimal text.

import { decimalOfJsonNumber } from '../money/decimal.ts';
import { type CcxtExchange, ExchangeUnusable } from './exchange.ts';
import { type Ticker, isKnownMarket, priced } from './ticker.ts';

export type Prices = {
  readonly tickers: readonly Ticker[];
  /** What was left out and why, in a few words; null when nothing was. */
  readonly note: string | null;
};

export type PriceReader = {
  /**
   * Every price of a market between assets that we know. Throws what ccxt throws, and
   * ExchangeUnusable when there is no such market or not one usable price.
   */
  read(): Promise<Prices>;
};

export type PriceReaderDeps = {
  readonly exchange: CcxtExchange;
  readonly source: string;
  readonly now: () => Date;
};

const marketsForMs = 6 * 60 * 60 * 1_000;
/** Some exchanges answer for one market at a time. */
const mostSingleMarkets = 40;
const longestNote = 300;

export function createPriceReader({ exchange, source, now }: PriceReaderDeps): PriceReader {
  let symbols: readonly string[] = [];
  let loadedAt = Number.NEGATIVE_INFINITY;

  async function read(): Promise<Prices> {
    if (performance.now() - loadedAt > marketsForMs) {
      symbols = await loadMarkets(exchange);
      loadedAt = performance.now();
    }
    const found = exchange.has['fetchTickers']
      ? await fetchTogether(exchange, symbols)
      : await fetchOneByOne(exchange, symbols);
    return usable(found, source, now());
  }

  return { read };
}

/**
 * Loads the list of markets and keeps those that matter: the largest exchange has thousands. From
 * then on ccxt makes text where it would make numbers: `number` is its own switch for that.
 */
async function loadMarkets(exchange: CcxtExchange): Promise<readonly string[]> {
  exchange.number = Number;
  const markets = Object.values(await exchange.loadMarkets(true));
  const kept = markets.filter(
    (market) =>
      market !== undefined &&
      // Futures, and tokens that only stand for an asset, have longer names.
      market.symbol === `${market.base}/${market.quote}` &&
      market.spot !== false &&
      market.active !== false &&
      isKnownMarket(market.base ?? '', market.quote ?? ''),
  );
  if (kept.length === 0) throw new ExchangeUnusable('it has no market between assets we know');
  exchange.setMarkets(kept);
  // Its declaration knows the default alone.
  exchange.number = String as unknown as typeof Number;
  return kept.map((market) => market?.symbol ?? '');
}

type CcxtTicker = { readonly bid?: unknown; readonly ask?: unknown };
type Found = readonly (readonly [symbol: string, ticker: CcxtTicker])[];

async function fetchTogether(exchange: CcxtExchange, symbols: readonly string[]): Promise<Found> {
  return Object.entries(await exchange.fetchTickers([...symbols]));
}

async function fetchOneByOne(exchange: CcxtExchange, symbols: readonly string[]): Promise<Found> {
  const found: [string, CcxtTicker][] = [];
  for (const symbol of symbols.slice(0, mostSingleMarkets)) {
    found.push([symbol, await exchange.fetchTicker(symbol)]);
  }
  return found;
}

function usable(found: Found, source: string, at: Date): Prices {
  const tickers: Ticker[] = [];
  const faults: string[] = [];
  for (const [symbol, { bid, ask }] of found) {
    const [base = '', quote = ''] = symbol.split('/');
    if (!isKnownMarket(base, quote)) continue;
    const ticker = { source, base, quote, bid: textOf(bid), ask: textOf(ask), at };
    const fault = priced(ticker);
    if (typeof fault === 'string') faults.push(`${symbol}: ${fault}`);
    else tickers.push(ticker);
  }
  const note = faults.length === 0 ? null : faults.join('; ').slice(0, longestNote);
  if (tickers.length === 0) {
    throw new ExchangeUnusable(`it answered without one usable price${note ? `: ${note}` : ''}`);
  }
  return { tickers, note };
}

/** A number only where an exchange's class in ccxt goes around the switch; its digits are exact. */
function textOf(value: unknown): string {
  if (typeof value === 'number') return decimalOfJsonNumber(value) ?? '';
  return typeof value === 'string' ? value : '';
}
