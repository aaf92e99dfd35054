// The market as every process sees it: the stored prices in memory, looked up again and again.

import type { Database } from '../db/database.ts';
import { type Book, type SourceState, emptyBook, updatedBook } from './book.ts';
import { type ExchangeSettings, sourceNameOf } from './exchange.ts';
import { graceMs, maxAgeMs } from './market-price.ts';
import { readStates, readTickers } from './store.ts';
import type { Ticker } from './ticker.ts';
import { maxAheadMs } from './votes.ts';

export type Market = {
  readonly exchanges: readonly ExchangeSettings[];
  book(): Book;
  /** Another number whenever a price may have changed, be it by growing too old. */
  version(): number;
  /** Reads the whole store; a failure leaves the last prices standing and is thrown. */
  reload(): Promise<void>;
  /** Reads once, then what is new every two seconds until `stop`; keeps no process alive. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

export type MarketDeps = {
  readonly db: Database;
  readonly exchanges: readonly ExchangeSettings[];
  readonly now: () => Date;
  /** The store could not be read; it is tried again. */
  readonly onError: (error: Error) => void;
};

const reloadEveryMs = 2_000;

export function createMarket({ db, exchanges, now, onError }: MarketDeps): Market {
  const sources = exchanges.map(sourceNameOf);
  let book = emptyBook(sources);
  let version = 1;
  let computedMs = now().getTime();
  let nextChangeMs = Number.POSITIVE_INFINITY;
  let last: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | null = null;

  function changed(): void {
    version += 1;
    computedMs = now().getTime();
    nextChangeMs = nextChange(book, computedMs);
  }

  function currentVersion(): number {
    const nowMs = now().getTime();
    if (nowMs >= nextChangeMs || nowMs < computedMs) changed();
    return version;
  }

  async function read(isNew: (state: SourceState) => boolean): Promise<void> {
    if (sources.length === 0) return;
    const states = await readStates(db, sources);
    const spoke = states.filter(isNew).map(({ source }) => source);
    const tickers = spoke.length === 0 ? [] : await readTickers(db, spoke);
    const pages = new Map(spoke.map((source) => [source, [] as Ticker[]]));
    for (const ticker of tickers) pages.get(ticker.source)?.push(ticker);
    book = updatedBook(book, states, pages);
    if (spoke.length > 0) changed();
  }

  /** One after the other: an older answer never replaces a newer one. */
  function queued(isNew: (state: SourceState) => boolean): Promise<void> {
    const turn = last.then(() => read(isNew));
    last = turn.catch(() => undefined);
    return turn;
  }

  async function start(): Promise<void> {
    let busy = false;
    const attempt = async (): Promise<void> => {
      if (busy) return;
      busy = true;
      await queued((state) => hasSpoken(book, state)).catch(onError);
      busy = false;
    };
    await attempt();
    timer ??= setInterval(attempt, reloadEveryMs).unref();
  }

  async function stop(): Promise<void> {
    if (timer) clearInterval(timer);
    timer = null;
    await last;
  }

  return {
    exchanges,
    book: () => book,
    version: currentVersion,
    reload: () => queued(() => true),
    start,
    stop,
  };
}

/** Different, not later: a clock may go back. */
function hasSpoken(book: Book, { source, succeededAt }: SourceState): boolean {
  if (succeededAt === null) return false;
  return book.states.get(source)?.succeededAt?.getTime() !== succeededAt.getTime();
}

/** When the next price becomes too old for something, or old enough to be believed. */
function nextChange(book: Book, nowMs: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const page of book.tickers.values()) {
    for (const { atMs } of page.values()) {
      for (const changeMs of [atMs - maxAheadMs, atMs + maxAgeMs + 1, atMs + graceMs + 1]) {
        if (changeMs > nowMs && changeMs < next) next = changeMs;
      }
    }
  }
  return next;
}
