// Asking one exchange for its prices, through ccxt, as decimal text.

import { decimalOfJsonNumber } from '../money/decimal.ts';
import { type CcxtExchange, ExchangeUnusable } from './exchange.ts';
import { type Ticker, isCurrency, isKnownMarket, priced } from './ticker.ts';

export type Prices = {
  readonly tickers: readonly Ticker[];
  /** What was left out and why, in a few words; null when nothing was. */
  readonly note: string | null;
};

export type PriceReader = {
  /**
   * The prices of its markets between assets that we know; where an exchange answers for one
   * market at a time, some of them, the next ones the next time. Throws what ccxt throws, and
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
// Asked one at a time, at the pace that ccxt keeps: so much per turn, and all before they are old.
const singlesPerTurnMs = 10_000;
const allSinglesMs = 30_000;
const longestNote = 300;

export function createPriceReader({ exchange, source, now }: PriceReaderDeps): PriceReader {
  let symbols: readonly string[] = [];
  let loadedAt = Number.NEGATIVE_INFINITY;
  let nextSingle = 0;

  async function read(): Promise<Prices> {
    if (performance.now() - loadedAt > marketsForMs) {
      symbols = await loadMarkets(exchange);
      loadedAt = performance.now();
    }
    const found = exchange.has['fetchTickers']
      ? await fetchTogether(exchange, symbols, now)
      : await fetchSome();
    return usable(found, source);
  }

  async function fetchSome(): Promise<Found> {
    const all = mostWanted(symbols, countIn(allSinglesMs, exchange.rateLimit));
    const count = Math.min(all.length, countIn(singlesPerTurnMs, exchange.rateLimit));
    const turn = Array.from(
      { length: count },
      (_, at) => all[(nextSingle + at) % all.length] ?? '',
    );
    nextSingle = (nextSingle + count) % all.length;
    return fetchOneByOne(exchange, turn, now);
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
type Found = readonly { readonly symbol: string; readonly ticker: CcxtTicker; readonly at: Date }[];

async function fetchTogether(
  exchange: CcxtExchange,
  symbols: readonly string[],
  now: () => Date,
): Promise<Found> {
  // As old as the question: an answer may have waited for us, in a machine that was put to sleep.
  const at = now();
  const tickers = Object.entries(await exchange.fetchTickers([...symbols]));
  return tickers.map(([symbol, ticker]) => ({ symbol, ticker, at }));
}

async function fetchOneByOne(
  exchange: CcxtExchange,
  symbols: readonly string[],
  now: () => Date,
): Promise<Found> {
  const found: { symbol: string; ticker: CcxtTicker; at: Date }[] = [];
  for (const symbol of symbols) {
    const at = now();
    found.push({ symbol, ticker: await exchange.fetchTicker(symbol), at });
  }
  return found;
}

function countIn(ms: number, rateLimitMs: number | undefined): number {
  return Math.max(1, Math.floor(ms / Math.max(1, rateLimitMs ?? 1)));
}

/** Between currencies first, then coins in currencies: what few other exchanges trade. */
function mostWanted(symbols: readonly string[], count: number): string[] {
  const rank = (symbol: string): number => {
    const [base = '', quote = ''] = symbol.split('/');
    if (!isCurrency(quote)) return 2;
    return isCurrency(base) ? 0 : 1;
  };
  return symbols.toSorted((a, b) => rank(a) - rank(b)).slice(0, count);
}

function usable(found: Found, source: string): Prices {
  const tickers: Ticker[] = [];
  const faults: string[] = [];
  for (const { symbol, ticker: said, at } of found) {
    const [base = '', quote = ''] = symbol.split('/');
    if (!isKnownMarket(base, quote)) continue;
    const ticker = { source, base, quote, bid: textOf(said.bid), ask: textOf(said.ask), at };
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
