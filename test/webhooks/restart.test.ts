// Restarts: during back-off, during a request, between an answer and its commit, and two at once.

import { v7 as newId } from 'uuid';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claim } from '../../src/webhooks/claims.ts';
import type { Claimed } from '../../src/webhooks/claims.ts';
import { complete } from '../../src/webhooks/completions.ts';
import { houseSchedule, judge } from '../../src/webhooks/schedules.ts';
import type { RequestResult } from '../../src/webhooks/request.ts';
import { openMailroom, testSchedule } from './mailroom.ts';
import type { Mailroom } from './mailroom.ts';
import { ok, startReceiver, status } from './receiver.ts';
import type { Receiver } from './receiver.ts';

/** Longer than any lease of these tests. */
const leaseOverMs = 60_000;
const thanks: RequestResult = { kind: 'answered', status: 200, body: 'thanks', retryAfter: null };

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

async function claimOne(leaseMs: number): Promise<Claimed> {
  const leasedUntil = new Date(room.now().getTime() + leaseMs);
  const wanted = [{ url: hook(), room: 1 }];
  const { claimed } = await claim(room.db, wanted, { now: room.now(), leasedUntil });
  const [first] = claimed;
  if (first === undefined) throw new Error('nothing was due');
  return first;
}

function completion(delivery: Claimed, result: RequestResult) {
  const at = room.now();
  return { delivery, verdict: judge(result, testSchedule, 1, at), startedAt: at, endedAt: at };
}

describe('during back-off', () => {
  test.each([1, 2, 3, 4, 5])('after %i failures: nothing lost, nothing early', async (failures) => {
    receiver.answerWith(status(500));
    const { paymentId } = await room.write({ url: hook() });
    const first = room.dispatcher();
    first.start();
    await room.attempted((all) => all.length === 1);
    for (let done = 1; done < failures; done += 1) {
      room.advance(houseSchedule.retryAfterMs[done - 1] ?? 0);
      first.wake();
      await room.attempted((all) => all.length === done + 1);
    }
    await first.stop();
    receiver.answerWith(ok);

    const second = room.dispatcher();
    second.start();
    room.advance((houseSchedule.retryAfterMs[failures - 1] ?? 0) - 1);
    await room.write({ url: hook('/probe') });
    second.wake();
    await room.attempted((all) => all.length === failures + 1);
    expect(receiver.received.at(-1)?.path).toBe('/probe');
    room.advance(1);
    second.wake();
    await room.attempted((all) => all.length === failures + 2);
    const [delivery] = await room.deliveries(paymentId);
    expect(delivery).toMatchObject({ status: 'delivered' });
    expect(delivery?.attempts).toHaveLength(failures + 1);
  });
});

describe('a stop', () => {
  test('waits for the answer under way and writes it down', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    receiver.answerWith((request, response) => void held.then(() => ok(request, response)));
    const { paymentId } = await room.write({ url: hook() });
    const dispatcher = room.dispatcher();
    dispatcher.start();
    await receiver.until((all) => all.length === 1);
    const stopped = dispatcher.stop();
    release();
    await stopped;
    expect(await room.deliveries(paymentId)).toMatchObject([{ status: 'delivered' }]);
  });

  test('gives back at once what was claimed and not sent', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    receiver.answerWith((request, response) => {
      if (receiver.received.length < 50) ok(request, response);
      else void held.then(() => ok(request, response));
    });
    for (let count = 0; count < 100; count += 1) await room.write({ url: hook() });
    const dispatcher = room.dispatcher({ perUrl: 4 });
    dispatcher.start();
    await receiver.until((all) => all.length > 50);
    const stopped = dispatcher.stop();
    release();
    await stopped;
    const [row] = await room.db.query<{ leased: number }>(
      'select count(*) as leased from deliveries where lease is not null',
    );
    expect(row?.leased).toBe(0);
    room.dispatcher().start();
    await room.attempted((all) => all.length === 100);
    expect(new Set(receiver.received.map((one) => one.body)).size).toBe(100);
    expect(receiver.received).toHaveLength(100);
  });

  test('that cannot wait longer gives the lease back: the receiver may see it twice', async () => {
    receiver.answerWith(() => undefined);
    const { paymentId } = await room.write({ url: hook() });
    const first = room.dispatcher();
    first.start();
    await receiver.until((all) => all.length === 1);
    await first.stop(0);
    receiver.answerWith(ok);
    room.dispatcher().start();
    await room.attempted((all) => all.some((one) => one.outcome === 'delivered'));
    expect(receiver.received).toHaveLength(2);
    expect(await room.deliveries(paymentId)).toMatchObject([{ status: 'delivered' }]);
  });
});

describe('a crash', () => {
  test('between the answer and its commit: sent again, once the lease is over', async () => {
    const { paymentId } = await room.write({ url: hook() });
    // What a process does that dies right after the receiver's answer.
    const delivery = await claimOne(30_000);
    await room.client.request({ ...delivery, headers: {} }, 5_000);
    expect(receiver.received).toHaveLength(1);

    const dispatcher = room.dispatcher();
    dispatcher.start();
    room.advance(29_999);
    await room.write({ url: hook('/probe') });
    dispatcher.wake();
    await room.attempted((all) => all.length === 1);
    expect(receiver.received.map((one) => one.path)).toEqual(['/hook', '/probe']);
    room.advance(1);
    dispatcher.wake();
    await room.attempted((all) => all.length === 2);
    const [first, , again] = receiver.received;
    expect(again).toMatchObject({ path: '/hook', body: first?.body });
    expect(await room.deliveries(paymentId)).toMatchObject([
      { status: 'delivered', attempts: [{ attempt: 1, outcome: 'delivered' }] },
    ]);
  });

  test('with an event behind it: the order holds', async () => {
    const { paymentId } = await room.write({ url: hook(), seq: 1 });
    await room.write({ url: hook(), paymentId, seq: 2 });
    await claimOne(30_000);
    const dispatcher = room.dispatcher();
    dispatcher.start();
    await room.write({ url: hook('/probe') });
    await room.attempted((all) => all.length === 1);
    room.advance(leaseOverMs);
    dispatcher.wake();
    await room.attempted((all) => all.length === 3);
    const bodies = receiver.received.filter((one) => one.path === '/hook').map((one) => one.body);
    expect(bodies).toEqual([`${paymentId} 1`, `${paymentId} 2`]);
  });
});

describe('the lease', () => {
  test('that has passed to another: the late answer changes nothing', async () => {
    const { paymentId } = await room.write({ url: hook() });
    const slow = await claimOne(1_000);
    room.advance(1_000);
    const quick = await claimOne(1_000);
    expect(quick.id).toBe(slow.id);
    expect(quick.lease).not.toBe(slow.lease);
    const rejected: RequestResult = { ...thanks, status: 500 };
    expect(await complete(room.db, [completion(slow, rejected)])).toEqual(['lost']);
    expect(await room.deliveries(paymentId)).toMatchObject([{ status: 'pending', attempts: [] }]);
    expect(await complete(room.db, [completion(quick, thanks)])).toEqual(['written']);
    expect(await complete(room.db, [completion(slow, rejected)])).toEqual(['lost']);
    expect(await complete(room.db, [completion(quick, thanks)])).toEqual(['lost']);
    expect(await room.deliveries(paymentId)).toMatchObject([
      { status: 'delivered', attempts: [{ attempt: 1, outcome: 'delivered' }] },
    ]);
  });

  test('one lost completion does not take its batch with it', async () => {
    await room.write({ url: hook() });
    await room.write({ url: hook() });
    const lost = await claimOne(1_000);
    room.advance(1_000);
    const retaken = await claimOne(1_000);
    const kept = await claimOne(1_000);
    expect(retaken.id).toBe(lost.id);
    const both = [completion(lost, thanks), completion(kept, thanks)];
    expect(await complete(room.db, both)).toEqual(['lost', 'written']);
  });

  test('two dispatchers at once never send a delivery twice, and keep the order', async () => {
    const payments = Array.from({ length: 60 }, () => newId());
    for (const seq of [1, 2, 3]) {
      for (const [index, paymentId] of payments.entries()) {
        await room.write({ url: hook(`/${index % 3}`), paymentId, seq });
      }
    }
    for (let count = 0; count < 3; count += 1) room.dispatcher().start();
    await room.attempted((all) => all.length === 180);
    expect(receiver.received).toHaveLength(180);
    for (const paymentId of payments) {
      const bodies = receiver.received.map((one) => one.body);
      expect(bodies.filter((body) => body.startsWith(paymentId))).toEqual([
        `${paymentId} 1`,
        `${paymentId} 2`,
        `${paymentId} 3`,
      ]);
    }
  });
});
