// Inserts without the gateway, through the driver: for machines that have no pgbench.

import pg from 'pg';
import { serveParent } from './child.ts';

export type PlainLoad = {
  readonly connection: pg.ClientConfig;
  readonly statement: string;
  readonly clients: number;
  readonly seconds: number;
};

/** Answers how many statements a second were committed. */
serveParent(async ({ connection, statement, clients, seconds }: PlainLoad): Promise<number> => {
  const open = await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = new pg.Client(connection);
      await client.connect();
      return client;
    }),
  );
  const begin = performance.now();
  const until = begin + seconds * 1_000;
  let committed = 0;
  await Promise.all(
    open.map(async (client) => {
      for (; performance.now() < until; committed += 1) {
        await client.query({ name: 'plain', text: statement });
      }
    }),
  );
  const perSecond = committed / ((performance.now() - begin) / 1_000);
  await Promise.all(open.map((client) => client.end()));
  return perSecond;
});
