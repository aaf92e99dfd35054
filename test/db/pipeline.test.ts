// Statements go off before their predecessors are answered: what fails still takes all with it.

import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Database, createDatabase, send } from '../../src/db/database.ts';
import { type TestDatabase, createTestDatabase } from '../harness/database.ts';

let own: TestDatabase;
let db: Database;

beforeAll(async () => {
  own = await createTestDatabase({ empty: true });
  ({ db } = own);
  await db.query('create table notes (id int primary key)');
});
afterAll(() => own.drop());
beforeEach(async () => {
  await db.query('delete from notes');
});

function noted(id: number, asError?: (error: unknown) => unknown) {
  const statement = { text: 'insert into notes values ($1)', values: [id], name: 'note' };
  return asError ? { ...statement, asError } : statement;
}

async function notes(): Promise<number[]> {
  const rows = await db.query<{ id: number }>('select id from notes order by id');
  return rows.map(({ id }) => id);
}

test('what was sent is committed with the rest, in order', async () => {
  const seen = await db.transaction(async (tx) => {
    for (let id = 1; id <= 50; id += 1) await send(tx, noted(id));
    const [row] = await tx.query<{ last: number }>('select max(id) as last from notes');
    await send(tx, noted(51));
    return row?.last;
  });
  expect(seen).toBe(50);
  expect(await notes()).toHaveLength(51);
});

test('a sent statement that fails is what the transaction throws, and nothing stays', async () => {
  const twice = db.transaction(async (tx) => {
    await send(tx, noted(1));
    await send(tx, noted(1));
    await send(tx, noted(2));
  });
  await expect(twice).rejects.toMatchObject({ code: '23505' });
  const asked = db.transaction(async (tx) => {
    await send(tx, noted(3));
    await send(
      tx,
      noted(3, () => new Error('three was there')),
    );
    await tx.query('select 1');
  });
  await expect(asked).rejects.toThrow('three was there');
  expect(await notes()).toEqual([]);
  // The connection is as good as before.
  await Promise.all(Array.from({ length: 16 }, () => db.query('select 1')));
});

test('whoever gives up takes back what he sent', async () => {
  const given = db.transaction(async (tx) => {
    await send(tx, noted(4));
    throw new Error('given up');
  });
  await expect(given).rejects.toThrow('given up');
  expect(await notes()).toEqual([]);
});

test('outside a transaction it is waited for', async () => {
  await send(db, noted(5));
  expect(await notes()).toEqual([5]);
  const again = send(
    db,
    noted(5, () => new Error('five was there')),
  );
  await expect(again).rejects.toThrow('five was there');
});

test.each(['insert into notes values (6)', 'with six as (insert into notes values (6)) select 6'])(
  'where the transaction does not open, no write stands alone: %s',
  async (text) => {
    const through = await createSpoiledWay();
    const spoiled = createDatabase({
      connection: { ...own.connection, host: '127.0.0.1', port: through.port },
      maxConnections: 1,
      statementTimeoutMs: 10_000,
      onError: () => undefined,
    });
    try {
      const refused = spoiled.transaction(async (tx) => {
        await Promise.all([tx.query(text), tx.query('select 1')]);
      });
      await expect(refused).rejects.toMatchObject({ code: '42601' });
      // What only reads may have gone off, and did no harm.
      const read = spoiled.transaction(async (tx) => {
        await tx.query('select 1');
        await tx.query(text);
      });
      await expect(read).rejects.toMatchObject({ code: '42601' });
      expect(await notes()).toEqual([]);
    } finally {
      await spoiled.close();
      await through.close();
    }
  },
);

/** To the same server, but no transaction begins: the word for it does not arrive. */
async function createSpoiledWay(): Promise<{ port: number; close(): Promise<void> }> {
  const { host = '', port = 5432 } = own.connection;
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const target = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('data', (chunk) => {
      target.write(Buffer.from(chunk.toString('latin1').replace('begin', 'begun'), 'latin1'));
    });
    target.pipe(client);
    client.on('close', () => target.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
