// The database: a pool of connections, and transactions with no network call inside.

import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';

export type Row = Record<string, unknown>;

/** Where statements run: the pool, or one open transaction. */
export type Tx = {
  /**
   * `name` makes it a prepared statement, planned once per connection. Only for statements that
   * find their rows by an index: a plan made on empty tables stays for a while (`steadyPlans`).
   */
  query<R = Row>(text: string, values?: readonly unknown[], name?: string): Promise<R[]>;
  /** See `send`. */
  readonly send?: (statement: Statement) => void;
};

/** A statement whose answer nobody needs. */
export type Statement = {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly name?: string;
  /** Says in our words what its failure means. */
  readonly asError?: (error: unknown) => unknown;
};

export type Database = Tx & {
  readonly pool: pg.Pool;
  /**
   * Commits what `work` did, or nothing of it. Never call the network inside. Throws CommitInDoubt
   * when nobody can say which of the two it was.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * A transaction whose `work`, done again after it was committed, changes nothing more and answers
   * the same. When the connection breaks it is done again, for some seconds.
   */
  repeatable<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** A transaction whose statements may take hours, for what reads everything there is. */
  unhurried<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

export type DatabaseOptions = {
  readonly connection: pg.ClientConfig;
  readonly maxConnections: number;
  readonly statementTimeoutMs: number;
  readonly onError: (error: Error) => void;
};

/** The connection broke between a commit and its answer: it may have happened or not. */
export class CommitInDoubt extends Error {
  override name = 'CommitInDoubt';
}

/**
 * Every statement of ours that runs often finds its rows by an index. Left to itself, the planner
 * reads a table from end to end while it is small, and a prepared statement keeps to that plan for
 * a minute or more after the table has grown: measured, a fifth of the speed. These settings take
 * the choice away; a statement that must read everything still does, and `jit` would compile it.
 */
const steadyPlans =
  'set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off';

/** What reads whole tables reads them fastest from end to end. */
const noHurry =
  'set local statement_timeout = 0; set local enable_seqscan = on; ' +
  'set local enable_hashjoin = on; set local enable_mergejoin = on';

const INT8 = 20;
const CONNECT_TIMEOUT_MS = 10_000;
/** The server ends a slow statement; beyond that, the server or the way to it is gone. */
const ANSWER_MARGIN_MS = 5_000;
/** The longest that a timer can wait: 24 days. */
const NO_HURRY_MS = 2 ** 31 - 1;
const REPEAT_LIMIT_MS = 10_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;
const insideTransaction = new AsyncLocalStorage<true>();

export function createDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    ...options.connection,
    max: options.maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: options.statementTimeoutMs,
    query_timeout: options.statementTimeoutMs + ANSWER_MARGIN_MS,
    keepAlive: true,
    // Statements go off as they are asked for; the server answers them in that order.
    pipeline: true,
    idle_in_transaction_session_timeout: options.statementTimeoutMs,
    // Waited for before anybody gets the connection; one on which it fails is given to nobody.
    onConnect: async (client) => {
      await client.query(steadyPlans);
    },
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
    repeatable: (work) => repeatable(pool, work),
    unhurried: (work) =>
      transaction(pool, async (tx) => {
        await tx.query(noHurry);
        return work({ query: (text, values) => tx.query(text, values, undefined, NO_HURRY_MS) });
      }),
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

/**
 * In a transaction the statement goes off and nobody waits for its answer: when it fails, so does
 * everything after it, and the transaction throws what it failed of. Elsewhere it is waited for.
 */
export async function send(tx: Tx, statement: Statement): Promise<void> {
  const { text, values, name, asError } = statement;
  if (tx.send) {
    tx.send(statement);
    return;
  }
  await tx.query(text, values, name).catch((error: unknown) => {
    throw asError ? asError(error) : error;
  });
}

/** Also how long this process waits for one answer, where it is not as long as for all others. */
type Waiting = {
  query<R = Row>(
    text: string,
    values?: readonly unknown[],
    name?: string,
    answerWithinMs?: number,
  ): Promise<R[]>;
  readonly send: (statement: Statement) => void;
};

async function transaction<T>(pool: pg.Pool, work: (tx: Waiting) => Promise<T>): Promise<T> {
  if (insideTransaction.getStore()) throw new Error('transactions do not nest');
  const client = await pool.connect();
  let broken: Error | undefined;
  let failed: { readonly reason: unknown } | undefined;
  const goesOff = begin(client);
  try {
    const tx: Waiting = {
      query: (text, values, name, withinMs) =>
        goesOff(text, () => run(client, text, values, name, withinMs)),
      send: ({ text, values, name, asError }) => {
        goesOff(text, () => run(client, text, values, name)).catch((error: unknown) => {
          failed ??= { reason: asError ? asError(error) : error };
        });
      },
    };
    const result = await insideTransaction.run(true, () => work(tx));
    await goesOff('commit', () => commit(client));
    return result;
  } catch (error) {
    // Behind all that was asked for: a write that came after it would stand alone.
    broken = isConnectionTrouble(error)
      ? (error as Error)
      : await goesOff('rollback', () => client.query('rollback')).then(
          () => undefined,
          (failure: Error) => failure,
        );
    // What was asked for after it failed only because of it.
    throw failed && !isConnectionTrouble(failed.reason) ? failed.reason : error;
  } finally {
    // A connection that may still hold the transaction must not go back to the others.
    client.release(broken);
  }
}

const reads = /^\s*select\b/i;

/**
 * What only reads goes off together with the beginning. A write waits until the transaction is
 * open: were it not to open, the write would stand alone. Nothing overtakes anything.
 */
function begin(client: pg.PoolClient): <T>(text: string, go: () => Promise<T>) => Promise<T> {
  let isOpen = false;
  let waiting = 0;
  gather(client);
  const opening = client.query('begin').then(() => {
    isOpen = true;
  });
  opening.catch(() => undefined);
  return (text, go) => {
    const goNow = (): ReturnType<typeof go> => {
      gather(client);
      return go();
    };
    if (waiting === 0 && (isOpen || reads.test(text))) return goNow();
    waiting += 1;
    return opening.then(() => {
      waiting -= 1;
      return goNow();
    });
  };
}

/** What goes off in one turn leaves this process by one write. */
function gather({ connection: { stream } }: pg.PoolClient): void {
  stream.cork();
  process.nextTick(() => stream.uncork());
}

async function commit(client: pg.ClientBase): Promise<void> {
  const ended = await client.query('commit').catch((error: unknown) => {
    if (!isConnectionTrouble(error)) throw error;
    throw new CommitInDoubt('the answer to a commit was lost', { cause: error });
  });
  // What PostgreSQL says to the commit of a transaction in which a statement failed.
  if (ended.command !== 'COMMIT') throw new Error('the transaction was rolled back');
}

async function repeatable<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const until = performance.now() + REPEAT_LIMIT_MS;
  let doubt: unknown = null;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await transaction(pool, work);
    } catch (error) {
      if (!isConnectionTrouble(error)) throw error;
      if (error instanceof CommitInDoubt) doubt = error;
      // Once in doubt, not being able to ask is no answer either.
      if (performance.now() > until) throw doubt ?? error;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

// Shutting down, crashed, starting up, out of connections: SQLSTATE classes 08, 53 and 57P.
const serverTrouble = /^(08|53|57P)/;
const socketTrouble = /^(ECONN|EPIPE|ETIMEDOUT|ENOENT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)/;
// The driver's own words, for which it has no codes.
const driverTrouble = /^Connection terminated|not queryable|^Query read timeout|trying to connect/;

/** Whether the trouble is with the database or the way to it, and not with what was asked. */
export function isConnectionTrouble(error: unknown): boolean {
  if (error instanceof CommitInDoubt) return true;
  if (error instanceof pg.DatabaseError) {
    return error.severity !== 'ERROR' || serverTrouble.test(error.code ?? '');
  }
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && socketTrouble.test(code)) return true;
  return typeof message === 'string' && driverTrouble.test(message);
}

async function run<R>(
  client: pg.Pool | pg.ClientBase,
  text: string,
  values?: readonly unknown[],
  name?: string,
  answerWithinMs?: number,
): Promise<R[]> {
  const query = {
    text,
    values: values as unknown[] | undefined,
    ...(name ? { name } : {}),
    ...(answerWithinMs ? { query_timeout: answerWithinMs } : {}),
  };
  const result = await client.query(query as pg.QueryConfig);
  return result.rows as R[];
}

// int8 columns hold ids and counts, far below 2^53; numeric (money) stays text until `BigInt`.
function typeParser(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid === INT8 && format !== 'binary') return Number;
  return pg.types.getTypeParser(oid, format as 'text');
}
