// A pool whose commits happen, while the word of the first of them never arrives.

import type pg from 'pg';
import { CommitInDoubt } from '../../src/db/database.ts';

export type LostCommits = {
  /** How many commits there were, the lost one included. */
  readonly commits: () => number;
  /** The pool is as it was. */
  end(): void;
};

export function loseFirstCommit(pool: pg.Pool): LostCommits {
  const connect = pool.connect.bind(pool);
  let commits = 0;
  pool.connect = (async () => {
    const client = await connect();
    const query = client.query.bind(client) as (...values: unknown[]) => Promise<unknown>;
    client.query = (async (...values: unknown[]) => {
      const answer = await query(...values);
      if (values[0] !== 'commit') return answer;
      commits += 1;
      if (commits === 1) throw new CommitInDoubt('lost');
      return answer;
    }) as typeof client.query;
    return client;
  }) as typeof pool.connect;
  return { commits: () => commits, end: () => void (pool.connect = connect) };
}
