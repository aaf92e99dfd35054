// The sources' last good prices on disk: every process reads them, and so does a restart.

import type { Database, Tx } from '../db/database.ts';
import type { SourceState } from './book.ts';
import type { Ticker } from './ticker.ts';

/** How the sources are doing; those that were never asked are missing. */
export async function readStates(tx: Tx, sources: readonly string[]): Promise<SourceState[]> {
  return tx.query<SourceState>(
    `select source, succeeded_at as "succeededAt", failed_at as "failedAt", failures,
            last_error as "lastError", retry_at as "retryAt"
     from rate_sources where source = any($1)`,
    [sources],
    'rates.states',
  );
}

export async function readTickers(tx: Tx, sources: readonly string[]): Promise<Ticker[]> {
  return tx.query<Ticker>(
    `select source, base, quote, bid::text as bid, ask::text as ask, at
     from rate_tickers where source = any($1)`,
    [sources],
    'rates.tickers',
  );
}

/** Writes what a source said and that it spoke; its other markets keep their last price. */
export async function writeSuccess(
  db: Database,
  state: SourceState,
  tickers: readonly Ticker[],
): Promise<void> {
  await db.repeatable(async (tx) => {
    await writeState(tx, state);
    await tx.query(
      `insert into rate_tickers (source, base, quote, bid, ask, at)
       select $1, base, quote, bid, ask, at
       from unnest($2::text[], $3::text[], $4::numeric[], $5::numeric[], $6::timestamptz[])
         t (base, quote, bid, ask, at)
       on conflict (source, base, quote)
       do update set bid = excluded.bid, ask = excluded.ask, at = excluded.at`,
      [
        state.source,
        tickers.map(({ base }) => base),
        tickers.map(({ quote }) => quote),
        tickers.map(({ bid }) => bid),
        tickers.map(({ ask }) => ask),
        tickers.map(({ at }) => at),
      ],
    );
  });
}

export async function writeFailure(db: Database, state: SourceState): Promise<void> {
  await db.repeatable((tx) => writeState(tx, state));
}

async function writeState(tx: Tx, state: SourceState): Promise<void> {
  await tx.query(
    `insert into rate_sources (source, succeeded_at, failed_at, failures, last_error, retry_at)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (source) do update set
       succeeded_at = excluded.succeeded_at, failed_at = excluded.failed_at,
       failures = excluded.failures, last_error = excluded.last_error,
       retry_at = excluded.retry_at`,
    [
      state.source,
      state.succeededAt,
      state.failedAt,
      state.failures,
      state.lastError,
      state.retryAt,
    ],
  );
}
