// A database that misbehaves: no connection free, statements too slow, locks, deadlocks, poisoned
// connections, poisonous commands, silence, and away for a while.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Batcher } from '../../src/db/batch.ts';
import { Overloaded, createBatcher } from '../../src/db/batch.ts';
import { CommitInDoubt, type Database, createDatabase } from '../../src/db/database.ts';
import { type TestDatabase, createTestDatabase } from '../harness/database.ts';
import { type Proxy, startProxy } from './proxy.ts';
import { type World, openWorld } from './world.ts';

const STATEMENT_LIMIT_MS = 250;

describe('transactions', () => {
  let database: TestDatabase;
  let proxy: Proxy;
  let db: Database;

  beforeAll(async () => {
    database = await createTestDatabase({ empty: true });
    proxy = await startProxy(database.connection);
    db = createDatabase({
      connection: proxy.connection,
      maxConnections: 2,
      statementTimeoutMs: STATEMENT_LIMIT_MS,
      onError: () => undefined,
    });
    await database.db.query('create table kept (id int primary key, count int not null)');
  });

  afterEach(() => proxy.plan([]));

  afterAll(async () => {
    await db.close();
    await proxy.close();
    await database.drop();
  });

  async function kept(id: number): Promise<number | null> {
    const sql = 'select count from kept where id = $1';
    const [row] = await database.db.query<{ count: number }>(sql, [id]);
    return row?.count ?? null;
  }

  /** Harmless to repeat. */
  const keep = (id: number) => (run: 'transaction' | 'repeatable') =>
    db[run](async (tx) => {
      await tx.query('insert into kept values ($1, 1) on conflict do nothing', [id]);
      return id;
    });

  test('a slow statement is ended, its transaction undone, its connection used again', async () => {
    const slow = db.transaction(async (tx) => {
      await tx.query('insert into kept values (1, 1)');
      await tx.query('select pg_sleep(20)');
    });
    await expect(slow).rejects.toMatchObject({ code: '57014' });
    expect(await kept(1)).toBeNull();
    for (let count = 0; count < 4; count += 1) await db.query('select 1');
  });

  test('a transaction whose failure was swallowed does not pass for committed', async () => {
    const swallowed = db.transaction(async (tx) => {
      await tx.query('insert into kept values (2, 1)');
      await tx.query('select 1 / 0').catch(() => undefined);
    });
    await expect(swallowed).rejects.toThrow('rolled back');
    expect(await kept(2)).toBeNull();
    expect(await openTransactions(database.db)).toBe(0);
  });

  test('of two that wait for each other one fails, and doing it again helps', async () => {
    await database.db.query('insert into kept values (31, 0), (32, 0)');
    const patient = createDatabase({
      connection: database.connection,
      maxConnections: 2,
      statementTimeoutMs: 20_000,
      onError: () => undefined,
    });
    const meet = meeting(2);
    const add = (first: number, second: number) =>
      patient.transaction(async (tx) => {
        await tx.query('update kept set count = count + 1 where id = $1', [first]);
        await meet();
        await tx.query('update kept set count = count + 1 where id = $1', [second]);
      });
    const ends = await Promise.allSettled([add(31, 32), add(32, 31)]);
    const failed = ends.filter((end) => end.status === 'rejected');
    expect(failed.map((end) => end.reason.code)).toEqual(['40P01']);
    await add(31, 32);
    expect([await kept(31), await kept(32)]).toEqual([2, 2]);
    await patient.close();
  });

  test('a lost answer is in doubt for one who cannot repeat, and not for one who can', async () => {
    proxy.plan([{ how: 'reply' }]);
    await expect(keep(4)('transaction')).rejects.toThrow(CommitInDoubt);
    expect(await kept(4)).toBe(1);
    proxy.plan([{ how: 'reply' }]);
    expect(await keep(5)('repeatable')).toBe(5);
    expect(await kept(5)).toBe(1);
  });

  test('a connection that falls silent is given up, and the work done again', async () => {
    proxy.plan([{ how: 'silence' }]);
    expect(await keep(6)('repeatable')).toBe(6);
    expect(proxy.cuts()).toBe(1);
    expect(await kept(6)).toBe(1);
  });

  test('a connection that the server ended is replaced', async () => {
    await Promise.all([db.query('select 1'), db.query('select 1')]);
    const others = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`;
    let ended = false;
    await db.repeatable(async (tx) => {
      await tx.query('insert into kept values (7, 1) on conflict do nothing');
      if (!ended) await database.db.query(others);
      ended = true;
      await tx.query('select 1');
    });
    expect(await kept(7)).toBe(1);
  });

  test('a refusal is no trouble of the connection and is not repeated', async () => {
    let runs = 0;
    const refused = db.repeatable(async () => {
      runs += 1;
      throw new Error('no');
    });
    await expect(refused).rejects.toThrow('no');
    expect(runs).toBe(1);
  });

  test('work waits for a free connection', async () => {
    const held = [await db.pool.connect(), await db.pool.connect()];
    const waiting = Promise.all([keep(8)('transaction'), keep(9)('transaction')]);
    await expect.poll(() => db.pool.waitingCount).toBe(2);
    for (const client of held) client.release();
    expect(await waiting).toEqual([8, 9]);
  });
});

describe('batches', () => {
  test('a poisonous command fails alone', async () => {
    const batcher = batchOf(async (commands) => {
      if (commands.includes(13)) throw new Error('poison');
      return commands;
    });
    const ends = await Promise.allSettled(fortyTo(batcher));
    expect(ends.flatMap((end, at) => (end.status === 'rejected' ? [at] : []))).toEqual([13]);
  });

  test('a database that is away is not asked once for each command', async () => {
    let runs = 0;
    const batcher = batchOf(async () => {
      runs += 1;
      throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    });
    const ends = await Promise.allSettled(fortyTo(batcher));
    expect(ends.every((end) => end.status === 'rejected')).toBe(true);
    expect(runs).toBeLessThan(5);
  });

  test('too many are refused at once, and those after them are not', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const batcher = batchOf(async (commands) => {
      await gate;
      return commands;
    });
    const all = Array.from({ length: 200 }, (_, at) => batcher.submit(at));
    const refused = await Promise.race(all.slice(150).map((one) => one.catch((error) => error)));
    expect(refused).toBeInstanceOf(Overloaded);
    open();
    const ends = await Promise.allSettled(all);
    expect(ends.filter((end) => end.status === 'rejected').length).toBeGreaterThan(0);
    expect(await batcher.submit(1)).toBe(1);
    await batcher.drain();
  });

  function fortyTo(batcher: Batcher<number, number>): Promise<number>[] {
    return Array.from({ length: 40 }, (_, at) => batcher.submit(at));
  }

  function batchOf(run: (commands: number[]) => Promise<number[]>): Batcher<number, number> {
    return createBatcher({ run, maxSize: 20, maxInFlight: 2, maxWaiting: 60 });
  }
});

describe('the gateway', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({
      config: { maxWaitingCreates: 20, databaseConnections: 4 },
      session: '-c lock_timeout=100ms',
    });
  });
  afterEach(() => world.sound());
  afterAll(() => world.close());

  const named = (prefix: string, count: number): string[] =>
    Array.from({ length: count }, (_, at) => `${prefix} ${at}`);

  test('links wait for a free connection of an empty pool', async () => {
    await world.link('before');
    const held = await holdAll(world, 4);
    const answers = Promise.all(named('empty pool', 10).map((name) => world.create(name)));
    await expect.poll(() => world.app.db.pool.waitingCount).toBeGreaterThan(0);
    for (const client of held) client.release();
    expect((await answers).map((one) => one.status)).toEqual(Array(10).fill(200));
  });

  test('overload is answered at once, in the vendor’s words, and passes', async () => {
    const held = await holdAll(world, 4);
    const names = named('overload', 400);
    const answers = names.map((name) => world.create(name, {}, name));
    const first = await Promise.race(answers);
    expect(first.status).toBe(503);
    expect(first.headers['retry-after']).toBe('1');
    expect(JSON.parse(first.text)).toMatchObject({ error: 'service_unavailable', code: 503 });
    for (const client of held) client.release();
    const all = await Promise.all(answers);
    for (const [at, { status }] of all.entries()) {
      expect([200, 503]).toContain(status);
      expect(await world.made(names[at] ?? '')).toBe(status === 200 ? 1 : 0);
    }
    const refused = names.filter((_, at) => all[at]?.status === 503);
    const again = await world.create(refused[0] ?? '', {}, refused[0]);
    expect(again.status).toBe(200);
    expect(await world.made(refused[0] ?? '')).toBe(1);
  });

  test('a poisonous link fails alone', async () => {
    const { merchantId } = world.shop;
    const command = (name: string) =>
      world.app.payments.create({
        merchantId,
        mode: 'test',
        dialect: 'bitxpay',
        price: { units: 1250n, asset: 'USD' },
        name,
        maxUses: 1,
        payer: {},
        metadata: JSON.stringify({ name }),
        successUrl: null,
        cancelUrl: null,
        merchantReference: null,
        callbackUrl: null,
        callbackSecret: null,
        lifetimeMs: 60_000,
        script: null,
        createdBy: null,
        dialectData: null,
        exchange: null,
        convertPercent: null,
        feeUnits: null,
        pay: null,
        idempotency: null,
      });
    // PostgreSQL keeps no NUL in a text; the dialect would have refused it before.
    const names = named('neighbour', 18).toSpliced(9, 0, 'poison \0');
    const ends = await Promise.allSettled(names.map(command));
    expect(ends.flatMap((end, at) => (end.status === 'rejected' ? [at] : []))).toEqual([9]);
    for (const name of named('neighbour', 18)) expect(await world.made(name)).toBe(1);
  });

  test('a link that somebody else has locked is left alone, and can be paid later', async () => {
    const id = await world.link('locked');
    const holder = await world.db.pool.connect();
    await holder.query('begin');
    await holder.query('select 1 from payments where id = $1 for update', [id]);
    expect((await world.play(id, 'fail')).status).toBe(500);
    expect((await world.patch(id, 'cancelled')).status).toBe(500);
    await holder.query('rollback');
    holder.release();
    expect((await world.view(id)).payment.eventSeq).toBe(1);
    expect((await world.play(id, 'pay')).status).toBe(200);
  });

  test('away for a while: what was under way goes through, and it accepts again', async () => {
    await world.link('before it left');
    world.proxy.leave();
    const answers = Promise.all(named('away', 15).map((name) => world.create(name)));
    await world.proxy.refused(3);
    world.proxy.comeBack();
    expect((await answers).map((one) => one.status)).toEqual(Array(15).fill(200));
    for (const name of named('away', 15)) expect(await world.made(name)).toBe(1);
    expect((await world.create('after it came back')).status).toBe(200);
  });

  test('away while a key is used: whatever was answered, the key makes one link', async () => {
    await world.link('before it left again');
    world.proxy.leave();
    const asked = world.create('away with a key', {}, 'away with a key');
    // It may be answered at once, when the first it asks is a connection that has just ended.
    await Promise.race([world.proxy.refused(1), asked]);
    world.proxy.comeBack();
    const first = await asked;
    expect([200, 500, 503]).toContain(first.status);
    const again = await world.create('away with a key', {}, 'away with a key');
    expect(again.status).toBe(200);
    if (first.status === 200) expect(again.text).toBe(first.text);
    expect(await world.made('away with a key')).toBe(1);
  }, 90_000);

  test('readiness says so, and says when it is over', async () => {
    world.proxy.leave();
    const ready = async (): Promise<number> => (await world.call('GET', '/readyz')).status;
    expect(await ready()).toBe(503);
    expect((await world.call('GET', '/healthz')).status).toBe(200);
    world.proxy.comeBack();
    await expect.poll(ready, { timeout: 10_000 }).toBe(200);
  });
});

/** Takes every connection of the pool. */
async function holdAll(world: World, count: number) {
  return Promise.all(Array.from({ length: count }, () => world.app.db.pool.connect()));
}

/** Resolves for everybody once so many have come. */
function meeting(count: number): () => Promise<void> {
  let come = 0;
  let open = (): void => undefined;
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    come += 1;
    if (come === count) open();
    return all;
  };
}

async function openTransactions(db: Database): Promise<number> {
  const rows = await db.query(
    `select 1 from pg_stat_activity
      where datname = current_database() and state like 'idle in transaction%'`,
  );
  return rows.length;
}
