// Replay: by id and by a span of time, with a fresh schedule, the same bytes and the old attempts.

import { v7 as newId } from 'uuid';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backlog } from '../../src/webhooks/deliveries.ts';
import { replay } from '../../src/webhooks/replay.ts';
import { houseSchedule } from '../../src/webhooks/schedules.ts';
import { merchantId, openMailroom } from './mailroom.ts';
import type { Mailroom } from './mailroom.ts';
import { ok, startReceiver, status } from './receiver.ts';
import type { Receiver } from './receiver.ts';

const minuteMs = 60_000;
const twice = { ...houseSchedule, retryAfterMs: [1_000] };

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

test('by id: same bytes, fresh schedule, attempts numbered on', async () => {
  receiver.answerWith(status(500));
  const dispatcher = room.dispatcher({ schedules: new Map([['test', twice]]) });
  dispatcher.start();
  const { paymentId } = await room.write({ url: receiver.origin });
  await room.attempted((all) => all.length === 1);
  room.advance(1_000);
  dispatcher.wake();
  await room.attempted((all) => all.length === 2);
  const [dead] = await room.deliveries(paymentId);
  expect(dead?.status).toBe('dead');

  room.advance(minuteMs);
  expect(await replay(room.db, { id: dead?.id ?? '' }, room.now())).toBe(1);
  dispatcher.wake();
  await room.attempted((all) => all.length === 3);
  expect(await room.deliveries(paymentId)).toMatchObject([{ status: 'pending' }]);
  receiver.answerWith(ok);
  room.advance(1_000);
  dispatcher.wake();
  await room.attempted((all) => all.length === 4);
  const [delivery] = await room.deliveries(paymentId);
  expect(delivery).toMatchObject({ status: 'delivered', body: dead?.body });
  expect(delivery?.attempts).toMatchObject([
    { attempt: 1, outcome: 'rejected' },
    { attempt: 2, outcome: 'rejected' },
    { attempt: 3, outcome: 'rejected' },
    { attempt: 4, outcome: 'delivered' },
  ]);
  expect(new Set(receiver.received.map((one) => one.body)).size).toBe(1);
  expect(room.reports.map((one) => one.lagMs === null)).toEqual([false, true, true, true]);
});

test('by id of what does not exist: nothing', async () => {
  expect(await replay(room.db, { id: newId() }, room.now())).toBe(0);
});

test('by id of what is under way: not sent twice at once', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  receiver.answerWith((request, response) => void held.then(() => ok(request, response)));
  const dispatcher = room.dispatcher();
  dispatcher.start();
  const { paymentId } = await room.write({ url: receiver.origin });
  await receiver.until((all) => all.length === 1);
  const [delivery] = await room.deliveries(paymentId);
  await replay(room.db, { id: delivery?.id ?? '' }, room.now());
  await room.write({ url: `${receiver.origin}/probe` });
  release();
  await room.attempted((all) => all.length === 2);
  expect(receiver.received.map((one) => one.path)).toEqual(['/', '/probe']);
  expect(await room.deliveries(paymentId)).toMatchObject([{ status: 'delivered' }]);
});

test('by a span of time: from is in, to is not, others are left alone', async () => {
  room.dispatcher().start();
  const times: Date[] = [];
  const payments: string[] = [];
  for (let count = 0; count < 4; count += 1) {
    times.push(room.now());
    payments.push((await room.write({ url: receiver.origin })).paymentId);
    room.advance(minuteMs);
  }
  await room.attempted((all) => all.length === 4);
  const [, from = room.now(), , to = room.now()] = times;
  expect(await replay(room.db, { from, to, merchantId: newId() }, room.now())).toBe(0);
  expect(await replay(room.db, { from, to, only: 'dead' }, room.now())).toBe(0);
  expect(await replay(room.db, { from, to, merchantId }, room.now())).toBe(2);
  await room.attempted((all) => all.length === 6);
  const bodies = receiver.received.slice(4).map((one) => one.body);
  expect(bodies.toSorted()).toEqual([`${payments[1]} 1`, `${payments[2]} 1`].toSorted());
});

test('by a span of time with more than one statement can hold', async () => {
  const at = room.now();
  await room.db.query(
    `insert into deliveries (merchant_id, id, payment_id, event_seq, dialect, url, headers, body,
       status, next_at, created_at, finished_at)
     select $1, gen_random_uuid(), gen_random_uuid(), 1, 'test', 'http://shop.example/', '{}', '',
            case when n % 5 = 0 then 'pending' else 'delivered' end, $2, $2, $2
     from generate_series(1, 2500) n`,
    [merchantId, at],
  );
  const to = new Date(at.getTime() + 1);
  expect(await replay(room.db, { from: at, to }, at)).toBe(2_000);
  expect(await backlog(room.db, at)).toEqual({ pending: 2_500, oldestDueAt: at });
});

test('a whole payment again arrives in order', async () => {
  room.dispatcher().start();
  const from = room.now();
  const paymentId = newId();
  for (const seq of [1, 2, 3]) await room.write({ url: receiver.origin, paymentId, seq });
  await room.attempted((all) => all.length === 3);
  room.advance(minuteMs);
  await replay(room.db, { from, to: room.now() }, room.now());
  await room.attempted((all) => all.length === 6);
  expect(receiver.received.map((one) => one.body.split(' ')[1])).toEqual([
    '1',
    '2',
    '3',
    '1',
    '2',
    '3',
  ]);
});
