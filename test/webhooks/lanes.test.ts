// Lanes: who may claim and send how much, by what is known of each receiver.

import { beforeEach, expect, test } from 'vitest';
import { type Claimed, maxPerClaim } from '../../src/webhooks/claims.ts';
import type { Lane } from '../../src/webhooks/lane.ts';
import { createLanes } from '../../src/webhooks/lanes.ts';
import type { Lanes } from '../../src/webhooks/lanes.ts';

const now = 1_000_000;
const url = 'https://shop.example/hook';
const quick = { good: true, tookMs: 5 };
const failed = { good: false, tookMs: 5 };

let lanes: Lanes;

beforeEach(() => {
  lanes = createLanes({ concurrency: 32, perUrl: 10 });
});

/** Claims as the database would if everything had enough: answers how much each URL got. */
function claimAll(): Record<string, number> {
  const wanted = lanes.wanted(now, maxPerClaim);
  const claimed = wanted.flatMap((one) =>
    Array.from({ length: one.room }, () => ({ url: one.url }) as Claimed),
  );
  const found = new Map(wanted.map((one) => [one.url, one.room]));
  lanes.fill(wanted, { claimed, found }, { sinceTurn: lanes.turn(), againAt: now + 1 });
  return Object.fromEntries(wanted.map((one) => [one.url, one.room]));
}

function sendAll(): Lane[] {
  const sent: Lane[] = [];
  for (let next = lanes.next(); next !== null; next = lanes.next()) sent.push(next.lane);
  return sent;
}

test('an unknown receiver is tried with little, a proven one gets its share and more ahead', () => {
  lanes.expect(url, now);
  expect(claimAll()).toEqual({ [url]: 2 });
  const [first, second] = sendAll();
  expect(claimAll()).toEqual({});
  lanes.done(first as Lane, quick);
  expect(claimAll()).toEqual({ [url]: 10 + 256 - 1 });
  expect(sendAll()).toHaveLength(9);
  lanes.done(second as Lane, quick);
  expect(claimAll()).toEqual({});
});

test('a slow receiver is claimed for no further ahead than it can take', () => {
  lanes.expect(url, now);
  claimAll();
  for (const lane of sendAll()) lanes.done(lane, { good: true, tookMs: 50_000 });
  const room = claimAll()[url] ?? 0;
  expect(room).toBeGreaterThanOrEqual(10);
  expect(room).toBeLessThanOrEqual(12);
});

test('three failures in a row send what is queued back', () => {
  lanes.expect(url, now);
  claimAll();
  for (const lane of sendAll()) lanes.done(lane, quick);
  claimAll();
  const sent = sendAll();
  expect(lanes.done(sent[0] as Lane, failed)).toEqual([]);
  expect(lanes.done(sent[1] as Lane, failed)).toEqual([]);
  expect(lanes.done(sent[2] as Lane, failed)).toHaveLength(266 - 10);
  expect(lanes.counts()).toMatchObject({ queued: 0, inFlight: 7 });
  expect(claimAll()).toEqual({});
});

test('a failing receiver that answers again has its share at once', () => {
  lanes.learn([{ url, nextAt: new Date(now), failing: true }], lanes.turn(), true);
  expect(claimAll()).toEqual({ [url]: 2 });
  for (const lane of sendAll()) lanes.done(lane, failed);
  lanes.expect(url, now);
  claimAll();
  for (const lane of sendAll()) lanes.done(lane, quick);
  expect(claimAll()[url]).toBeGreaterThan(100);
});

test('the unknown and the failing leave room for each other and for the proven', () => {
  const waiting = (kind: string, failing: boolean) =>
    Array.from({ length: 50 }, (_, index) => ({
      url: `https://${kind}-${String(index).padStart(2, '0')}.example/`,
      nextAt: new Date(now),
      failing,
    }));
  lanes.learn([...waiting('dead', true), ...waiting('new', false)], lanes.turn(), true);
  claimAll();
  const sent = sendAll().map((lane) => lane.url);
  expect(sent.filter((one) => one.includes('dead'))).toHaveLength(8);
  expect(sent.filter((one) => one.includes('new'))).toHaveLength(16);
});

test('what was noted while the database was asked is newer than its answer', () => {
  const turn = lanes.turn();
  lanes.expect(url, now);
  lanes.learn([], turn, true);
  expect(claimAll()).toEqual({ [url]: 2 });
});

test('a complete answer without a URL means that it has nothing; a part of one does not', () => {
  lanes.expect(url, now);
  lanes.learn([], lanes.turn(), false);
  expect(lanes.wanted(now, maxPerClaim)).toHaveLength(1);
  lanes.learn([], lanes.turn(), true);
  expect(lanes.wanted(now, maxPerClaim)).toEqual([]);
});

test('a small claim is shared by taking turns', () => {
  for (const one of ['a', 'b', 'c']) lanes.expect(`https://${one}.example/`, now);
  const served = [1, 2, 3].flatMap(() => {
    const wanted = lanes.wanted(now, 2);
    const found = new Map(wanted.map((one) => [one.url, one.room]));
    lanes.fill(wanted, { claimed: [], found }, { sinceTurn: lanes.turn(), againAt: now });
    return wanted.map(({ url: one, room }) => [new URL(one).host, room]);
  });
  expect(served).toEqual([
    ['a.example', 2],
    ['b.example', 2],
    ['c.example', 2],
  ]);
});

test('turns go round: who was served last is asked last', () => {
  const urls = Array.from({ length: 250 }, (_, index) => `https://a.example/${index}`);
  // One origin may have eight on trial; it is proven by the first answer.
  for (const one of urls) lanes.expect(one, now);
  const first = Object.keys(claimAll());
  for (const lane of sendAll()) lanes.done(lane, quick);
  const second = Object.keys(claimAll());
  expect(second.filter((one) => first.includes(one))).toEqual([]);
});
