// Delivering: what each answer leads to, the schedule by a clock that tests move, and the order.

import { v7 as newId } from 'uuid';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { houseSchedule } from '../../src/webhooks/schedules.ts';
import { openMailroom } from './mailroom.ts';
import type { Mailroom } from './mailroom.ts';
import { ok, startReceiver, status } from './receiver.ts';
import type { Receiver } from './receiver.ts';

const secondMs = 1_000;
const hourMs = 3_600 * secondMs;

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

function hook(path = '/hook'): string {
  return receiver.origin + path;
}

describe('one delivery', () => {
  test('arrives once, and its attempt is kept with the answer', async () => {
    room.dispatcher().start();
    const message = { url: hook(), headers: { 'x-a': 'b' }, body: '{"a":1}' };
    const { paymentId } = await room.write(message);
    await room.attempted((all) => all.length === 1);
    expect(receiver.received).toMatchObject([{ body: '{"a":1}', headers: { 'x-a': 'b' } }]);
    const [delivery] = await room.deliveries(paymentId);
    expect(delivery).toMatchObject({
      status: 'delivered',
      nextAt: null,
      finishedAt: room.now(),
      attempts: [{ attempt: 1, outcome: 'delivered', httpStatus: 200, answer: 'thanks' }],
    });
    expect(room.reports).toMatchObject([{ outcome: 'delivered', status: 'delivered', lagMs: 0 }]);
  });

  test('is noticed by the poll alone, and at once when woken', async () => {
    const woken = room.dispatcher({ pollMs: 3_600_000 });
    woken.start();
    await room.write({ url: hook('/1') });
    woken.wake();
    await room.attempted((all) => all.length === 1);
    await woken.stop();
    room.dispatcher({ pollMs: 20 }).start();
    await room.write({ url: hook('/2') });
    await room.attempted((all) => all.length === 2);
    expect(receiver.received.map((one) => one.path)).toEqual(['/1', '/2']);
  });

  test('in a crowd few are sent at a time, and every one of them in the end', async () => {
    let crowded = true;
    const dispatcher = room.dispatcher({ isCrowded: () => crowded });
    for (let at = 0; at < 40; at += 1) await room.write({ url: hook() });
    dispatcher.start();
    await room.attempted((all) => all.length > 0);
    expect(receiver.received.length).toBeLessThanOrEqual(16);
    await room.attempted((all) => all.length > 16);
    crowded = false;
    await room.attempted((all) => all.length === 40);
  });

  test('a crowd that stays keeps nobody waiting', async () => {
    for (let at = 0; at < 40; at += 1) await room.write({ url: hook() });
    room.dispatcher({ isCrowded: () => true, patienceMs: 0 }).start();
    await room.attempted((all) => all.length > 0);
    await room.attempted((all) => all.length === 40);
  });

  test.each([301, 302, 307, 400, 401, 403, 404, 409, 410, 422, 500, 502, 504])(
    'answered %i is tried again after the first pause',
    async (code) => {
      receiver.answerWith(status(code));
      room.dispatcher().start();
      const { paymentId } = await room.write({ url: hook() });
      await room.attempted((all) => all.length === 1);
      const [delivery] = await room.deliveries(paymentId);
      expect(delivery).toMatchObject({
        status: 'pending',
        nextAt: new Date(room.now().getTime() + 30 * secondMs),
        attempts: [{ outcome: 'rejected', httpStatus: code, answer: `status ${code}` }],
      });
    },
  );

  test('follows the schedule to its end, never early, same bytes each time', async () => {
    receiver.answerWith((request, response) =>
      (request.path === '/probe' ? ok : status(500))(request, response),
    );
    const dispatcher = room.dispatcher();
    dispatcher.start();
    const { paymentId } = await room.write({ url: hook() });
    await room.attempted((all) => all.length === 1);
    const times = [room.now()];
    for (const pauseMs of houseSchedule.retryAfterMs) {
      room.advance(pauseMs - 1);
      // A second delivery shows that the dispatcher has looked, and found nothing else.
      await room.write({ url: hook('/probe') });
      dispatcher.wake();
      await room.attempted((all) => all.length === 2 * times.length);
      expect(room.reports.at(-1)?.outcome).toBe('delivered');
      room.advance(1);
      dispatcher.wake();
      times.push(room.now());
      await room.attempted((all) => all.length === 2 * times.length - 1);
      expect(room.reports.at(-1)?.outcome).toBe('rejected');
    }
    const [delivery] = await room.deliveries(paymentId);
    expect(delivery).toMatchObject({ status: 'dead', nextAt: null, finishedAt: room.now() });
    expect(delivery?.attempts.map((one) => one.attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(delivery?.attempts.map((one) => one.at)).toEqual(times);
    const bodies = receiver.received.filter((one) => one.path === '/hook').map((one) => one.body);
    expect(new Set(bodies).size).toBe(1);
    expect(dispatcher.stats()).toMatchObject({ dead: 1, attempts: { rejected: 10 } });
  });

  test('succeeds on a later attempt and is left alone then', async () => {
    receiver.answerWith(status(503));
    const dispatcher = room.dispatcher();
    dispatcher.start();
    const { paymentId } = await room.write({ url: hook() });
    await room.attempted((all) => all.length === 1);
    receiver.answerWith(ok);
    room.advance(30 * secondMs);
    dispatcher.wake();
    await room.attempted((all) => all.length === 2);
    const [delivery] = await room.deliveries(paymentId);
    expect(delivery).toMatchObject({
      status: 'delivered',
      attempts: [{ outcome: 'rejected' }, { outcome: 'delivered' }],
    });
  });

  test('that is not answered in time is tried again', async () => {
    receiver.answerWith(() => undefined);
    const short = { ...houseSchedule, timeoutMs: 100 };
    room.dispatcher({ schedules: new Map([['test', short]]) }).start();
    const { paymentId } = await room.write({ url: hook() });
    await room.attempted((all) => all.length === 1);
    const [delivery] = await room.deliveries(paymentId);
    expect(delivery).toMatchObject({
      status: 'pending',
      attempts: [{ outcome: 'timed_out', httpStatus: null, answer: 'no answer within 100 ms' }],
    });
  });

  test('to a forbidden address is tried again: names and lists can be mended', async () => {
    room.dispatcher().start();
    const { paymentId } = await room.write({ url: 'http://10.0.0.1/' });
    await room.attempted((all) => all.length === 1);
    const [delivery] = await room.deliveries(paymentId);
    expect(delivery).toMatchObject({
      status: 'pending',
      attempts: [{ outcome: 'address_refused', answer: '10.0.0.1 is private' }],
    });
  });

  test('of a dialect that nobody knows follows the house schedule', async () => {
    receiver.answerWith(status(500));
    room.dispatcher({ schedules: new Map() }).start();
    const { paymentId } = await room.write({ url: hook() });
    await room.attempted((all) => all.length === 1);
    const [delivery] = await room.deliveries(paymentId);
    expect(delivery?.nextAt).toEqual(new Date(room.now().getTime() + 30 * secondMs));
  });
});

describe('patience that a receiver asks for', () => {
  const cases: [name: string, code: number, retryAfter: string, waitMs: number][] = [
    ['longer than the schedule, on 429', 429, '120', 120 * secondMs],
    ['longer than the schedule, on 503', 503, '3600', hourMs],
    ['shorter than the schedule', 429, '5', 30 * secondMs],
    ['as a date', 503, 'Sun, 01 Mar 2026 12:10:00 GMT', 600 * secondMs],
    ['as a date gone by', 503, 'Sun, 01 Mar 2020 12:10:00 GMT', 30 * secondMs],
    ['beyond a day', 429, '999999999', 24 * hourMs],
    ['beyond all reason', 429, '99999999999999999999', 30 * secondMs],
    ['in no known form', 429, 'soon', 30 * secondMs],
    ['negative', 429, '-5', 30 * secondMs],
    ['on a status that has no such thing', 500, '120', 30 * secondMs],
  ];
  test.each(cases)('%s', async (_name, code, retryAfter, waitMs) => {
    receiver.answerWith(status(code, { 'retry-after': retryAfter }));
    room.dispatcher().start();
    const { paymentId } = await room.write({ url: hook() });
    await room.attempted((all) => all.length === 1);
    const [delivery] = await room.deliveries(paymentId);
    expect(delivery?.nextAt).toEqual(new Date(room.now().getTime() + waitMs));
  });
});

describe('order', () => {
  const paymentId = newId();

  test('events of one payment arrive one after the other, never two at once', async () => {
    for (let seq = 1; seq <= 10; seq += 1) await room.write({ url: hook(), paymentId, seq });
    room.dispatcher().start();
    await room.attempted((all) => all.length === 10);
    expect(receiver.received.map((one) => one.body)).toEqual(
      Array.from({ length: 10 }, (_, index) => `${paymentId} ${index + 1}`),
    );
    expect(receiver.mostAtOnce()).toBe(1);
  });

  test('a failing event holds back those after it, until it is delivered', async () => {
    receiver.answerWith(status(500));
    const dispatcher = room.dispatcher();
    dispatcher.start();
    await room.write({ url: hook(), paymentId, seq: 1 });
    await room.attempted((all) => all.length === 1);
    await room.write({ url: hook(), paymentId, seq: 2 });
    await room.write({ url: hook(), paymentId, seq: 3 });
    await room.write({ url: hook('/other') });
    dispatcher.wake();
    await room.attempted((all) => all.length === 2);
    receiver.answerWith(ok);
    room.advance(30 * secondMs);
    dispatcher.wake();
    await room.attempted((all) => all.filter((one) => one.status === 'delivered').length === 4);
    const bodies = receiver.received.filter((one) => one.path === '/hook').map((one) => one.body);
    expect(bodies.map((body) => body.split(' ')[1])).toEqual(['1', '1', '2', '3']);
  });

  test('an event that is given up lets those after it go', async () => {
    receiver.answerWith((request, response) =>
      (request.body.endsWith(' 1') ? status(500) : ok)(request, response),
    );
    const once = { ...houseSchedule, retryAfterMs: [secondMs] };
    const dispatcher = room.dispatcher({ schedules: new Map([['test', once]]) });
    dispatcher.start();
    await room.write({ url: hook(), paymentId, seq: 1 });
    await room.write({ url: hook(), paymentId, seq: 2 });
    await room.attempted((all) => all.length === 1);
    room.advance(secondMs);
    dispatcher.wake();
    await room.attempted((all) => all.length === 3);
    expect((await room.deliveries(paymentId)).map((one) => one.status)).toEqual([
      'dead',
      'delivered',
    ]);
  });

  test('a payment does not wait for another one', async () => {
    receiver.answerWith((request, response) =>
      (request.body.startsWith(paymentId) ? status(500) : ok)(request, response),
    );
    await room.write({ url: hook(), paymentId, seq: 1 });
    await room.write({ url: hook(), paymentId, seq: 2 });
    for (let count = 0; count < 5; count += 1) await room.write({ url: hook() });
    room.dispatcher().start();
    await room.attempted((all) => all.filter((one) => one.status === 'delivered').length === 5);
    expect((await room.deliveries(paymentId)).map((one) => one.attempts.length)).toEqual([1, 0]);
  });
});
