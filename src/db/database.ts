// The database: a pool of connections, and transactions with no network call inside.

import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';

export type Row = Record<string, unknown>;

/** Where statements run: the pool, or one open transaction. */
export type Tx = {
  /**
   * `name` makes it a prepared statement, planned once per connection. Only for statements whose
   * plan does not depend on how large tables are: one made on empty tables stays for a while.
   */
  query<R = Row>(text: string, values?: readonly unknown[], name?: string): Promise<R[]>;
};

export type Database = Tx & {
  readonly pool: pg.Pool;
  /** Commits what `work` did, or nothing of it. Never call the network inside. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

export type DatabaseOptions = {
  readonly connection: pg.ClientConfig;
  readonly maxConnections: number;
  readonly statementTimeoutMs: number;
  readonly onError: (error: Error) => void;
};

const INT8 = 20;
const CONNECT_TIMEOUT_MS = 10_000;
const insideTransaction = new AsyncLocalStorage<true>();

export function createDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    ...options.connection,
    max: options.maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: options.statementTimeoutMs,
    idle_in_transaction_session_timeout: options.statementTimeoutMs,
    types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
  });
  let closing = false;
  const onError = (error: Error): void => {
    if (!closing) options.onError(error);
  };
  pool.on('error', onError);
  // Also while somebody holds the connection: an error event nobody hears ends the process.
  pool.on('connect', (client) => client.on('error', onError));
  return {
    pool,
    query: (text, values, name) => run(pool, text, values, name),
    transaction: (work) => transaction(pool, work),
    close: async () => {
      closing = true;
      await pool.end();
    },
  };
}

/**
 * Throws when called from inside a transaction. Every client that leaves this process calls it
 * first: a lock held across the network is a lock held for as long as a stranger likes.
 */
export function assertOutsideTransaction(action: string): void {
  if (insideTransaction.getStore()) {
    throw new Error(`${action} was attempted inside a database transaction`);
  }
}

async function transaction<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  if (insideTransaction.getStore()) throw new Error('transactions do not nest');
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const tx: Tx = { query: (text, values, name) => run(client, text, values, name) };
    const result = await insideTransaction.run(true, () => work(tx));
    await client.query('commit');
    return result;
  } catch (error) {
    // A connection whose rollback fails may still hold the transaction: it must not go back.
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

async function run<R>(
  client: pg.Pool | pg.ClientBase,
  text: string,
  values?: readonly unknown[],
  name?: string,
): Promise<R[]> {
  const query = { text, values: values as unknown[] | undefined, ...(name ? { name } : {}) };
  const result = await client.query(query as pg.QueryConfig);
  return result.rows as R[];
}

// int8 columns hold ids and counts, far below 2^53; numeric (money) stays text until `BigInt`.
function typeParser(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid === INT8 && format !== 'binary') return Number;
  return pg.types.getTypeParser(oid, format as 'text');
}
