// Starting, stopping and dying, with the real entry point on one data folder.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { type Gateway, createGateway } from '../chaos/gateway.ts';
import { createJournal } from '../chaos/journal.ts';
import { createLoad } from '../chaos/load.ts';
import { createRandom } from '../chaos/random.ts';
import { openRecords } from '../chaos/records.ts';
import { type Outcome, type Shop, openShop } from '../chaos/shop.ts';
import { snapshotChecks } from '../chaos/snapshot.ts';

const entry = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const settings = {
  LOG_LEVEL: 'warn',
  RATE_LIMITS: 'off',
  SANDBOX_DELAY_MS: '50',
  WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
};
const limit = { timeout: 60_000 };

let gateway: Gateway;
let shop: Shop;

beforeAll(async () => {
  gateway = await createGateway(settings);
  gateway.launch();
  await gateway.ready();
  shop = openShop(gateway.origin, gateway.dataDir);
}, limit.timeout);

afterAll(async () => {
  await shop.close();
  await gateway.remove();
});

test('a second start on the same data folder is refused in plain words', limit, async () => {
  const second = spawn(process.execPath, [entry], {
    env: { ...settings, PATH: process.env['PATH'], DATA_DIR: gateway.dataDir, PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said, [code]] = await Promise.all([text(second.stderr), once(second, 'exit')]);
  expect(code).toBe(1);
  expect(said).toMatch(/^dragoman: another Dragoman process/);
  expect(said).not.toContain('    at ');
  expect((await shop.create(bodyOf('undisturbed'), null)).kind).toBe('answered');
});

test('SIGTERM: what is under way is answered, then it ends with 0', limit, async () => {
  const db = await openRecords(gateway.dataDir);
  const release = await blockPayments(db);
  const names = Array.from({ length: 20 }, (_, at) => `under way ${at}`);
  const [first = '', ...others] = names;
  const answers = [shop.create(bodyOf(first), null)];
  await blocked(db, 1);
  // Enough of them for a batch beside the one that waits, however they arrive.
  answers.push(...others.map((name) => shop.create(bodyOf(name), null)));
  await blocked(db, 2);
  // Both batches wait; a round trip more, and every request has been read.
  for (let count = 0; count < 5; count += 1) await fetch(`${gateway.origin}/healthz`);
  const demo = await readFile(join(gateway.dataDir, 'demo.json'));
  const stopped = gateway.stop();
  await refusing();
  await release();
  await db.close();
  expect((await Promise.all(answers)).map(statusOf)).toEqual(names.map(() => 200));
  expect(await stopped, gateway.log()).toBe(0);
  const log = await readFile(join(gateway.dataDir, 'database.log'), 'utf8');
  expect(log.trimEnd().split('\n').at(-1)).toContain('is shut down');

  gateway.launch();
  await gateway.ready();
  expect(await readFile(join(gateway.dataDir, 'demo.json'))).toEqual(demo);
  const after = await openRecords(gateway.dataDir);
  for (const name of names) expect(await made(after, name)).toBe(1);
  await after.close();
});

test('SIGTERM under load: nothing acknowledged is lost, nothing is half done', limit, async () => {
  const journal = createJournal();
  const random = createRandom(1);
  const load = createLoad({ shop, journal, random, workers: 8 });
  load.start();
  await expect.poll(() => journal.links.length, { timeout: 20_000 }).toBeGreaterThan(30);
  expect(await gateway.stop(), gateway.log()).toBe(0);
  const resting = load.rest();
  gateway.launch();
  await gateway.ready();
  await resting;
  await load.settleDoubts();
  const db = await openRecords(gateway.dataDir);
  for (const { name, find } of snapshotChecks(db, journal)) expect(await find(), name).toEqual([]);
  await db.close();
  expect(gateway.surprises).toEqual([]);
});

test('kill -9 with a request under way: its key makes one link afterwards', limit, async () => {
  const acknowledged = await shop.create(bodyOf('kept'), 'kept');
  const db = await openRecords(gateway.dataDir);
  const release = await blockPayments(db);
  const lost = shop.create(bodyOf('lost'), 'lost');
  await blocked(db, 1);
  await gateway.killBoth(false);
  expect((await lost).kind).toBe('doubt');
  await release().catch(() => undefined);
  await db.close().catch(() => undefined);

  gateway.launch();
  await gateway.ready();
  const again = await Promise.all([1, 2, 3].map(() => shop.create(bodyOf('lost'), 'lost')));
  expect(again.map(statusOf)).toEqual([200, 200, 200]);
  expect(new Set(again.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(await shop.create(bodyOf('kept'), 'kept')).toEqual(acknowledged);
  const after = await openRecords(gateway.dataDir);
  expect([await made(after, 'lost'), await made(after, 'kept')]).toEqual([1, 1]);
  await after.close();
});

function bodyOf(name: string): string {
  return JSON.stringify({
    merchant_key: shop.merchantKey,
    order_currency: 'USD',
    order_amount: 12.5,
    payment_name: name,
    payer_email: 'payer@example.com',
    success_url: 'https://shop.example.com/thanks',
    cancel_url: 'https://shop.example.com/cart',
    webhook_data: { name },
  });
}

/** Makes every insert into `payments` wait until the answer is called. */
async function blockPayments(db: Database): Promise<() => Promise<void>> {
  const client = await db.pool.connect();
  await client.query('begin');
  await client.query('lock table payments in share row exclusive mode');
  return async () => {
    try {
      await client.query('rollback');
    } finally {
      client.release(true);
    }
  };
}

async function blocked(db: Database, count: number): Promise<void> {
  const waiting = async (): Promise<number> => {
    const sql = `select 1 from pg_stat_activity where wait_event_type = 'Lock'`;
    return (await db.query(sql)).length;
  };
  await expect.poll(waiting, { timeout: 10_000 }).toBeGreaterThanOrEqual(count);
}

/** Resolves once nobody is let in any more. */
async function refusing(): Promise<void> {
  const ask = () =>
    fetch(`${gateway.origin}/healthz`).then(
      (answer) => answer.status,
      () => 0,
    );
  await expect.poll(ask, { timeout: 10_000 }).not.toBe(200);
}

function statusOf(outcome: Outcome): number | string {
  return outcome.kind === 'answered' ? outcome.status : outcome.kind;
}

async function made(db: Database, name: string): Promise<number> {
  return (await db.query('select 1 from payments where name = $1', [name])).length;
}
