// The last good prices of every source, in memory, found by pair.

import { type PricedTicker, type Ticker, priced } from './ticker.ts';

/** How a source has been doing, as the process that asks it wrote it down. */
export type SourceState = {
  readonly source: string;
  readonly succeededAt: Date | null;
  readonly failedAt: Date | null;
  /** In a row; 0 after a success. */
  readonly failures: number;
  /** Of the last failure, or what a success left out. */
  readonly lastError: string | null;
  /** It is not asked again before this: its circuit is open. */
  readonly retryAt: Date | null;
};

export type Book = {
  /** In the order of the setting. */
  readonly sources: readonly string[];
  readonly states: ReadonlyMap<string, SourceState>;
  /** By source, then by pair: `LTC/USD`. */
  readonly tickers: ReadonlyMap<string, ReadonlyMap<string, PricedTicker>>;
};

export function emptyBook(sources: readonly string[]): Book {
  return { sources, states: new Map(), tickers: new Map() };
}

/** The book with some sources' pages replaced; tickers that are no price are left out. */
export function updatedBook(
  book: Book,
  states: readonly SourceState[],
  pages: ReadonlyMap<string, readonly Ticker[]>,
): Book {
  const tickers = new Map(book.tickers);
  for (const [source, page] of pages) tickers.set(source, pageOf(page));
  return {
    sources: book.sources,
    states: new Map(states.map((state) => [state.source, state])),
    tickers,
  };
}

export function tickerOf(
  book: Book,
  source: string,
  base: string,
  quote: string,
): PricedTicker | undefined {
  return book.tickers.get(source)?.get(`${base}/${quote}`);
}

function pageOf(tickers: readonly Ticker[]): ReadonlyMap<string, PricedTicker> {
  const page = new Map<string, PricedTicker>();
  for (const ticker of tickers) {
    const found = priced(ticker);
    if (typeof found !== 'string') page.set(`${ticker.base}/${ticker.quote}`, found);
  }
  return page;
}
