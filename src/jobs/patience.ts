// Patience for the job runner: it writes down how a job ended without waiting for that, so that an
// error there would end the whole process; and it tries again only after errors that it knows.

import type pg from 'pg';
import { isConnectionTrouble } from '../db/database.ts';

/** One of the codes after which graphile-worker tries again, first after three seconds. */
const RETRIED_CODE = 'ETIMEDOUT';

/** The same pool; when the database is away, its connections say so in the runner's own words. */
export function patientPool(pool: pg.Pool): pg.Pool {
  const connect = (listening?: Parameters<pg.Pool['connect']>[0]): unknown =>
    listening ? pool.connect(listening) : pool.connect().then(patientClient, later);
  return withMethod(pool, 'connect', connect);
}

function patientClient(client: pg.PoolClient): pg.PoolClient {
  const query = (...given: unknown[]): Promise<unknown> =>
    (client.query as (...all: unknown[]) => Promise<unknown>).apply(client, given).catch(later);
  return withMethod(client, 'query', query);
}

function later(error: unknown): never {
  if (!isConnectionTrouble(error)) throw error;
  const message = 'the job runner cannot reach the database';
  throw Object.assign(new Error(message, { cause: error }), { code: RETRIED_CODE });
}

function withMethod<T extends object>(whole: T, name: keyof T, method: unknown): T {
  return new Proxy(whole, {
    get(target, key) {
      if (key === name) return method;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
