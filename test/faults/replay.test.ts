// The same key again: after an error, after a client that went away, after an overload, after a
// change. One link, one answer, whatever happened to the first request.

import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Json, type World, linksPath, openWorld } from './world.ts';

let world: World;
let origin: string;

beforeAll(async () => {
  world = await openWorld({ session: '-c lock_timeout=150ms' });
  await world.app.server().listen({ host: '127.0.0.1', port: 0 });
  const { port } = world.app.server().server.address() as AddressInfo;
  origin = `http://127.0.0.1:${port}`;
});

afterEach(() => world.sound());
afterAll(() => world.close());

describe('after an answer of 500', () => {
  const tables = ['payments', 'idempotency', 'events'] as const;
  test.each(tables)('that came from a locked table %s', async (table) => {
    const key = `locked ${table}`;
    const unlock = await lock(`lock table ${table} in share row exclusive mode`);
    expect((await world.create(key, {}, key)).status).toBe(500);
    await unlock();
    expect(await world.made(key)).toBe(0);
    await makesOne(key);
  });

  test('that came twice', async () => {
    const key = 'twice';
    for (let count = 0; count < 2; count += 1) {
      const unlock = await lock('lock table payments in share row exclusive mode');
      expect((await world.create(key, {}, key)).status).toBe(500);
      await unlock();
    }
    await makesOne(key);
  });

  test('for ten with one key at once', async () => {
    const key = 'ten at once';
    const unlock = await lock('lock table payments in share row exclusive mode');
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.create(key, {}, key)));
    await unlock();
    expect(answers.map((one) => one.status)).toEqual(Array(10).fill(500));
    await makesOne(key);
  });

  test('another body under the key is not held against it', async () => {
    const key = 'other body';
    const unlock = await lock('lock table payments in share row exclusive mode');
    expect((await world.create(key, { order_amount: 1.5 }, key)).status).toBe(500);
    await unlock();
    // Nothing was made, so nothing was promised to the first body.
    await makesOne(key);
    expect((await world.create(key, { order_amount: 1.5 }, key)).status).toBe(422);
  });
});

describe('after the client went away', () => {
  test('while its link was being made', async () => {
    const key = 'gone early';
    const holder = await world.db.pool.connect();
    await holder.query('begin');
    await holder.query('lock table payments in share row exclusive mode');
    const leaving = new AbortController();
    const gone = post(key, leaving.signal);
    await waiting();
    leaving.abort();
    await expect(gone).rejects.toThrow();
    await holder.query('rollback');
    holder.release();
    await makesOne(key);
  });

  test('before it had read the answer', async () => {
    const key = 'gone late';
    const leaving = new AbortController();
    const answer = await post(key, leaving.signal);
    leaving.abort();
    await answer.body?.cancel().catch(() => undefined);
    await makesOne(key);
    expect(await world.made(key)).toBe(1);
  });

  test('many times', async () => {
    const key = 'gone often';
    const leaving = Array.from({ length: 10 }, () => new AbortController());
    const calls = leaving.map(({ signal }) => post(key, signal).catch(() => null));
    for (const one of leaving) one.abort();
    await Promise.all(calls);
    await makesOne(key);
  });
});

describe('the first answer is kept', () => {
  const changes: [what: string, change: (id: string) => Promise<unknown>][] = [
    ['paid', (id) => world.play(id, 'pay')],
    ['expired', (id) => world.patch(id, 'expired')],
    ['cancelled', (id) => world.patch(id, 'cancelled')],
    ['paused', (id) => world.patch(id, 'inactive')],
  ];
  test.each(changes)('when the link has been %s since', async (what, change) => {
    const key = `kept ${what}`;
    const first = await world.create(key, {}, key);
    await change((JSON.parse(first.text) as { id: string }).id);
    expect((await world.create(key, {}, key)).text).toBe(first.text);
    expect(await world.made(key)).toBe(1);
  });

  test('and not given to one whose body differs in a single byte', async () => {
    const key = 'one byte';
    const first = await world.create(key, {}, key);
    const other = await world.create(key, { payment_name: 'one byt3' }, key);
    expect([first.status, other.status]).toEqual([200, 422]);
    expect(await world.made('one byt3')).toBe(0);
  });

  test('a request that was refused leaves its key free', async () => {
    const key = 'refused';
    expect((await world.create(key, { order_amount: -1 }, key)).status).toBe(400);
    await makesOne(key);
  });
});

/** Two more calls with the key: both get the same link, and there is one of it. */
async function makesOne(key: string): Promise<void> {
  const first = await world.create(key, {}, key);
  expect(first.status, first.text).toBe(200);
  const second = await world.create(key, {}, key);
  expect(second.text).toBe(first.text);
  expect(await world.made(key)).toBe(1);
}

async function post(key: string, signal: AbortSignal): Promise<Response> {
  const body: Json = {
    merchant_key: world.shop.merchantKey,
    order_currency: 'USD',
    order_amount: 12.5,
    payment_name: key,
    payer_email: 'payer@example.com',
    success_url: 'https://shop.example.com/thanks',
    cancel_url: 'https://shop.example.com/cart',
    webhook_data: { name: key },
  };
  return fetch(`${origin}${linksPath}`, {
    method: 'POST',
    signal,
    headers: {
      'x-api-key': world.shop.key,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(body),
  });
}

/** Takes a lock in a transaction of its own; answers how to let go of it. */
async function lock(statement: string): Promise<() => Promise<void>> {
  const holder = await world.db.pool.connect();
  await holder.query('begin');
  await holder.query(statement);
  return async () => {
    await holder.query('rollback');
    holder.release();
  };
}

async function waiting(): Promise<void> {
  const count = async (): Promise<number> => {
    const sql = `select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    return (await world.db.query(sql)).length;
  };
  await expect.poll(count, { timeout: 10_000 }).toBeGreaterThan(0);
}
