// Fanning out: what is written for which event, in how many statements, and what cannot be written.

import { v7 as newId } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tx } from '../../src/db/database.ts';
import { deliveriesOfPayment } from '../../src/webhooks/deliveries.ts';
import { createFanout } from '../../src/webhooks/fanout.ts';
import type { Renderer } from '../../src/webhooks/fanout.ts';
import { createTestDatabase } from '../harness/database.ts';
import type { TestDatabase } from '../harness/database.ts';
import { merchantId, merchantOf, newChange, vault } from './mailroom.ts';

const longUrl = `https://a.example/${'ä'.repeat(1_000)}`;
const at = new Date('2026-03-01T12:00:00Z');

let database: TestDatabase;
let statements: number;
let errors: string[];

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

function fanoutOf(webhook: Renderer['webhook']) {
  statements = 0;
  errors = [];
  return createFanout({
    merchants: { load: async (_tx, id) => merchantOf(id) },
    renderers: new Map([['test', { webhook }]]),
    vault,
    newId,
    now: () => at,
    log: { error: (_details, message) => void errors.push(message) },
  });
}

/** Runs in a transaction and counts what is asked of it. */
function counted<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  return database.db.transaction((tx) =>
    work({
      query: (...all) => {
        statements += 1;
        return tx.query(...all);
      },
    }),
  );
}

test('all deliveries of a call are one statement', async () => {
  const rendered = { url: 'https://a.example/', headers: { a: 'b' }, body: '{"ä":1}' };
  const fanout = fanoutOf(({ event }) => (event.seq % 2 === 0 ? null : rendered));
  const paymentId = newId();
  const changes = Array.from({ length: 100 }, (_, index) => newChange(paymentId, index + 1));
  expect(await counted((tx) => fanout(tx, changes))).toBe(50);
  expect(statements).toBe(1);
  const deliveries = await deliveriesOfPayment(database.db, { merchantId, id: paymentId });
  expect(deliveries).toHaveLength(50);
  expect(deliveries[0]).toMatchObject({
    eventSeq: 1,
    dialect: 'test',
    url: 'https://a.example/',
    body: '{"ä":1}',
    status: 'pending',
    nextAt: at,
    createdAt: at,
    attempts: [],
  });
});

test('a hundred payments of which nobody is told cost no statement', async () => {
  const fanout = fanoutOf(() => null);
  const changes = Array.from({ length: 100 }, () => newChange(newId(), 1));
  expect(await counted((tx) => fanout(tx, changes))).toBe(0);
  expect(statements).toBe(0);
});

test('a dialect without a renderer says nothing', async () => {
  const fanout = fanoutOf(() => ({ url: 'https://a.example/', headers: {}, body: '' }));
  expect(await counted((tx) => fanout(tx, [newChange(newId(), 1, 'other')]))).toBe(0);
});

test('the settings of the payment’s own mode are handed to the renderer', async () => {
  const seen: unknown[] = [];
  const settings = { test: { dialects: {} }, live: { policy: {} } };
  const fanout = createFanout({
    merchants: { load: async (_tx, id) => ({ ...merchantOf(id), settings }) },
    renderers: new Map([['test', { webhook: (_change, given) => (seen.push(given), null) }]]),
    vault,
    newId,
  });
  const change = newChange(newId(), 1);
  const live = { ...change, payment: { ...change.payment, mode: 'live' as const } };
  await counted((tx) => fanout(tx, [change, live]));
  expect(seen).toEqual([settings.test, settings.live]);
});

test('nothing is left of a transaction that fails', async () => {
  const fanout = fanoutOf(() => ({ url: 'https://a.example/', headers: {}, body: '' }));
  const paymentId = newId();
  const work = counted(async (tx) => {
    await fanout(tx, [newChange(paymentId, 1)]);
    throw new Error('no');
  });
  await expect(work).rejects.toThrow('no');
  expect(await deliveriesOfPayment(database.db, { merchantId, id: paymentId })).toEqual([]);
});

test.each([
  [
    'a renderer that throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['a NUL in the body', () => ({ url: 'https://a.example/', headers: {}, body: 'a\0b' })],
  ['a NUL in a header', () => ({ url: 'https://a.example/', headers: { a: '\0' }, body: '' })],
  ['an empty URL', () => ({ url: '', headers: {}, body: '' })],
  ['a URL without an end', () => ({ url: longUrl, headers: {}, body: '' })],
  ['a NUL in the URL', () => ({ url: 'https://a.example/\0', headers: {}, body: '' })],
] as const)('%s is a dead delivery, and the payment goes on', async (_name, webhook) => {
  const fanout = fanoutOf(webhook);
  const paymentId = newId();
  expect(await counted((tx) => fanout(tx, [newChange(paymentId, 1)]))).toBe(1);
  expect(errors).toEqual(['a webhook could not be rendered']);
  expect(await deliveriesOfPayment(database.db, { merchantId, id: paymentId })).toMatchObject([
    { status: 'dead', finishedAt: at, body: expect.stringMatching(/broken|NUL|longer than/) },
  ]);
});

test('half of a character does not stop the statement', async () => {
  const fanout = fanoutOf(() => ({ url: 'https://a.example/', headers: {}, body: 'a\ud800b' }));
  const paymentId = newId();
  await counted((tx) => fanout(tx, [newChange(paymentId, 1)]));
  const [delivery] = await deliveriesOfPayment(database.db, { merchantId, id: paymentId });
  expect(delivery?.body).toBe('a\ufffdb');
});
