// Isolation: dead receivers and poisonous rows are nobody's problem but their own.

import { v7 as newId } from 'uuid';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claim } from '../../src/webhooks/claims.ts';
import { houseSchedule } from '../../src/webhooks/schedules.ts';
import { merchantId, openMailroom } from './mailroom.ts';
import type { Mailroom } from './mailroom.ts';
import { ok, startReceiver, status } from './receiver.ts';
import type { Receiver } from './receiver.ts';

let room: Mailroom;
let receiver: Receiver;

beforeEach(async () => {
  room = await openMailroom();
  receiver = await startReceiver();
});

afterEach(async () => {
  await room.close();
  await receiver.close();
});

function hook(path: string): string {
  return receiver.origin + path;
}

/** Writes `count` pending deliveries of as many payments, due since long ago. */
async function pile(count: number, url: string): Promise<void> {
  await room.db.query(
    `insert into deliveries (merchant_id, id, payment_id, event_seq, dialect, url, headers, body,
       status, next_at, created_at)
     select $1, gen_random_uuid(), gen_random_uuid(), 1, 'test',
            replace($2, '#', n::text), '{}', 'pile', 'pending', $3, $3
     from generate_series(1, $4::int) n`,
    [merchantId, url, new Date(room.now().getTime() - 60_000), count],
  );
}

test('a silent endpoint with 100,000 due deliveries delays no other', async () => {
  const silent = await startReceiver(() => undefined);
  await pile(100_000, `${silent.origin}/`);
  room.dispatcher().start();
  await silent.until((all) => all.length > 0);
  for (let count = 0; count < 50; count += 1) await room.write({ url: hook('/alive') });
  await room.attempted((all) => all.filter((one) => one.outcome === 'delivered').length === 50);
  // It is on trial: two at a time find out as much as two hundred would.
  expect(silent.mostAtOnce()).toBeLessThanOrEqual(2);
  await silent.close();
});

test('claims read a few rows, however many are due or wait behind an earlier event', async () => {
  const dead = hook('/dead');
  await pile(20_000, dead);
  // Whatever of it comes first waits for an event that failed and is tried again tomorrow.
  await room.db.query(
    `with failed as (
       update deliveries set attempts = 1, next_at = next_at + interval '1 day'
       where id in (select id from deliveries where url = $1 limit 1000) returning *)
     insert into deliveries (merchant_id, id, payment_id, event_seq, dialect, url, headers, body,
       status, next_at, created_at)
     select merchant_id, gen_random_uuid(), payment_id, 2, dialect, url, headers, body, status,
            next_at - interval '25 hours', created_at from failed`,
    [dead],
  );
  const at = room.now();
  const leasedUntil = new Date(at.getTime() + 60_000);
  const wanted = [{ url: dead, room: 100 }];
  for (let turn = 0; turn < 10; turn += 1) {
    const first = await claim(room.db, wanted, { now: at, leasedUntil });
    expect(first.found.get(dead)).toBe(100);
    expect(first.claimed).toEqual([]);
  }
  // Each was met once and moved out of the way.
  const next = await claim(room.db, wanted, { now: at, leasedUntil });
  expect(next.claimed).toHaveLength(100);
});

test('a dead host with a URL of its own for each payment delays no other', async () => {
  const gone = await startReceiver(() => undefined);
  await pile(5_000, `${gone.origin}/payment/#`);
  room.dispatcher({ concurrency: 32 }).start();
  await gone.until((all) => all.length === 8);
  for (let count = 0; count < 50; count += 1) await room.write({ url: hook('/alive') });
  await room.attempted((all) => all.filter((one) => one.outcome === 'delivered').length === 50);
  expect(gone.mostAtOnce()).toBeLessThanOrEqual(8);
  await gone.close();
});

test('many dead endpoints together leave room for one that is new', async () => {
  let open = 0;
  let mostAtOnce = 0;
  const dead = await Promise.all(
    Array.from({ length: 6 }, () =>
      startReceiver((_request, response) => {
        open += 1;
        mostAtOnce = Math.max(mostAtOnce, open);
        response.once('close', () => (open -= 1));
      }),
    ),
  );
  for (const { origin } of dead) await pile(10, `${origin}/#`);
  await room.db.query('update deliveries set attempts = 1');
  room.dispatcher({ concurrency: 16 }).start();
  await Promise.race(dead.map((one) => one.until((all) => all.length > 0)));
  for (let count = 0; count < 50; count += 1) await room.write({ url: hook('/alive') });
  await room.attempted((all) => all.filter((one) => one.outcome === 'delivered').length === 50);
  expect(mostAtOnce).toBeLessThanOrEqual(4);
  for (const one of dead) await one.close();
});

test('one URL never has more than its share under way', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  receiver.answerWith((request, response) => {
    if (receiver.received.length <= 20) ok(request, response);
    else void held.then(() => ok(request, response));
  });
  await pile(100, hook('/busy'));
  const dispatcher = room.dispatcher({ perUrl: 5 });
  dispatcher.start();
  await receiver.until((all) => all.length === 25);
  expect(dispatcher.stats().inFlight).toBe(5);
  release();
  await room.attempted((all) => all.length === 100);
  expect(receiver.mostAtOnce()).toBe(5);
});

test('a poisonous row dies with its reason, and the others go on', async () => {
  const poison = await Promise.all([
    room.write({ url: 'nonsense' }),
    room.write({ url: 'ftp://shop.example/' }),
    room.write({ url: hook('/a'), headers: { 'X-Bad': 'line\nbreak' } }),
    room.write({ url: hook('/b'), headers: { 'X Bad': 'name' } }),
  ]);
  await room.db.query(
    `insert into deliveries (merchant_id, id, payment_id, event_seq, dialect, url, headers, body,
       status, next_at, created_at)
     values ($1, $2, $2, 1, 'test', $3, 'null', '', 'pending', $4, $4),
            ($1, $5, $5, 1, 'test', $3, '[1, {"a": 2}]', '', 'pending', $4, $4)`,
    [merchantId, newId(), hook('/c'), room.now(), newId()],
  );
  await room.write({ url: hook('/good') });
  room.dispatcher().start();
  await room.attempted((all) => all.length === 7);
  const statuses = await room.db.query<{ status: string; url: string }>(
    'select status, url from deliveries order by status, url',
  );
  expect(statuses.filter((one) => one.status === 'dead')).toHaveLength(6);
  expect(receiver.received.map((one) => one.path)).toEqual(['/good']);
  const reasons = await Promise.all(
    poison.map(async ({ paymentId }) => (await room.deliveries(paymentId))[0]?.attempts[0]),
  );
  expect(reasons).toMatchObject([
    { outcome: 'url_refused', answer: 'the URL cannot be read' },
    { outcome: 'url_refused', answer: 'only https and http are called' },
    { outcome: 'message_refused', answer: 'header X-Bad holds a character that cannot be sent' },
    { outcome: 'message_refused', answer: 'a header name is malformed' },
  ]);
});

test('an endpoint that recovers gets everything, old and new, in order', async () => {
  receiver.answerWith(status(500));
  const dispatcher = room.dispatcher();
  dispatcher.start();
  const payments = Array.from({ length: 20 }, () => newId());
  for (const paymentId of payments) await room.write({ url: hook('/'), paymentId, seq: 1 });
  dispatcher.wake();
  await room.attempted((all) => all.length === 20);
  receiver.answerWith(ok);
  for (const paymentId of payments) await room.write({ url: hook('/'), paymentId, seq: 2 });
  room.advance(houseSchedule.retryAfterMs[0] ?? 0);
  dispatcher.wake();
  await room.attempted((all) => all.filter((one) => one.outcome === 'delivered').length === 40);
  for (const paymentId of payments) {
    const bodies = receiver.received.map((one) => one.body);
    expect(bodies.filter((body) => body.startsWith(paymentId))).toEqual([
      `${paymentId} 1`,
      `${paymentId} 1`,
      `${paymentId} 2`,
    ]);
  }
});

test('a database that is away for a moment stops nothing for good', async () => {
  const { db } = room;
  let broken = true;
  const failing: typeof db = {
    ...db,
    query: (...all) => (broken ? Promise.reject(new Error('away')) : db.query(...all)),
  };
  const errors: string[] = [];
  let heard = (): void => undefined;
  const twice = new Promise<void>((resolve) => (heard = resolve));
  const log = {
    warn: () => undefined,
    error: (_details: object, message: string): void => {
      if (errors.push(message) === 2) heard();
    },
  };
  room.dispatcher({ db: failing, log }).start();
  await room.write({ url: hook('/') });
  await twice;
  broken = false;
  await room.attempted((all) => all.length === 1);
  expect(errors).toContain('webhooks cannot be claimed');
});
