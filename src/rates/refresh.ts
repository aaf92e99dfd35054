// Asking the exchanges in the background, by one process for all, and writing down what they say.

import { setTimeout } from 'node:timers/promises';
import type { Database } from '../db/database.ts';
import type { SourceState } from './book.ts';
import { type Failure, afterFailure, afterSuccess, isOpen, untried } from './breaker.ts';
import {
  type CcxtExchange,
  type ExchangeSettings,
  ExchangeUnusable,
  openExchange,
  sourceNameOf,
} from './exchange.ts';
import { type PriceReader, type Prices, createPriceReader } from './prices.ts';
import { readStates, writeFailure, writeSuccess } from './store.ts';

export type RefresherDeps = {
  readonly db: Database;
  readonly exchanges: readonly ExchangeSettings[];
  readonly now: () => Date;
  /** Told after every turn of a source: null when it went well. */
  readonly report: (source: string, problem: string | null) => void;
};

export type Refresher = {
  /** Asks every exchange once whose circuit is not open. Throws only what the database throws. */
  refresh(): Promise<void>;
  /** Asks each exchange again and again, each at its own pace, until aborted; then lets go. */
  run(signal: AbortSignal): Promise<void>;
  /** Ends the connections; a later turn opens new ones. */
  close(): Promise<void>;
};

type Source = {
  readonly settings: ExchangeSettings;
  readonly name: string;
  state: SourceState | null;
  opened: Opened | null;
};

type Opened = { readonly exchange: CcxtExchange; readonly reader: PriceReader };

const defaultPollMs = 5_000;
const longestError = 200;
const longestRead = 2_000;

export function createRefresher(deps: RefresherDeps): Refresher {
  const sources = deps.exchanges.map((settings): Source => {
    return { settings, name: sourceNameOf(settings), state: null, opened: null };
  });

  async function close(): Promise<void> {
    await Promise.all(
      sources.map(async (source) => {
        const { opened } = source;
        source.opened = null;
        // Another process may take over meanwhile: what it learns is read again.
        source.state = null;
        await opened?.exchange.close();
      }),
    );
  }

  async function run(signal: AbortSignal): Promise<void> {
    const stop = (): void => void close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await Promise.all(sources.map((source) => follow(deps, source, signal)));
    } finally {
      signal.removeEventListener('abort', stop);
      await close();
    }
  }

  return {
    refresh: async () => {
      await Promise.all(sources.map((source) => turn(deps, source)));
    },
    run,
    close,
  };
}

async function follow(deps: RefresherDeps, source: Source, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // What fails here is the database, and for everybody: it is tried again.
    await turn(deps, source, signal).catch((error: unknown) => {
      deps.report(source.name, `its prices could not be kept: ${sentenceOf(error)}`);
    });
    await pause(source.settings.pollMs ?? defaultPollMs, signal);
  }
}

async function turn(deps: RefresherDeps, source: Source, signal?: AbortSignal): Promise<void> {
  const state = source.state ?? (await storedState(deps.db, source.name));
  source.state = state;
  if (isOpen(state, deps.now()) || signal?.aborted) return;
  const answer = await ask(deps, source);
  // It was we who ended its connections.
  if (signal?.aborted) return;
  if ('error' in answer) {
    source.state = afterFailure(state, answer, deps.now());
    deps.report(source.name, answer.error);
    await writeFailure(deps.db, source.state);
  } else {
    source.state = afterSuccess(state, answer.note, deps.now());
    deps.report(source.name, null);
    await writeSuccess(deps.db, source.state, answer.tickers);
  }
}

async function ask(deps: RefresherDeps, source: Source): Promise<Prices | Failure> {
  try {
    source.opened ??= await open(deps, source);
    return await source.opened.reader.read();
  } catch (error) {
    return {
      error: sentenceOf(error),
      limited: limits.has((error as Error).name),
      waitMs: source.opened ? waitOf(source.opened.exchange) : null,
    };
  }
}

async function open(deps: RefresherDeps, { settings, name }: Source): Promise<Opened> {
  const exchange = await openExchange(settings);
  return { exchange, reader: createPriceReader({ exchange, source: name, now: deps.now }) };
}

async function storedState(db: Database, source: string): Promise<SourceState> {
  const [state] = await readStates(db, [source]);
  return state ?? untried(source);
}

// The names of ccxt's errors: importing their classes would load every exchange.
const limits: ReadonlySet<string> = new Set(['RateLimitExceeded', 'DDoSProtection']);

function waitOf(exchange: CcxtExchange): number | null {
  const headers = (exchange.last_response_headers ?? {}) as Readonly<Record<string, unknown>>;
  const seconds = /^\d{1,6}$/.exec(String(headers['Retry-After'] ?? ''))?.[0];
  return seconds === undefined ? null : Number.parseInt(seconds, 10) * 1_000;
}

/** ccxt quotes the whole answer, which may be a page of HTML. */
function sentenceOf(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const said = error instanceof ExchangeUnusable ? message : `${name}: ${message}`;
  const text = said
    .slice(0, longestRead)
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\s+/g, ' ');
  return text.length > longestError ? `${text.slice(0, longestError)}…` : text;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
