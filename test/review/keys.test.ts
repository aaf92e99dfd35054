// Idempotency keys at their edges: a day to the millisecond, many at once, another request.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { requestHash } from '../../src/payments/create.ts';
import { forgetOldKeys, keyLifeMs } from '../../src/payments/idempotency.ts';
import { type Core, basicCommand, createCore } from '../harness/core.ts';

let core: Core;
let start: Date;
beforeAll(async () => {
  core = await createCore();
  start = core.clock.at;
});
afterAll(() => core.close());

function create(key: string, body = 'body', scope = 'links', mode: 'test' | 'live' = 'test') {
  return core.payments.create({
    ...basicCommand(core.merchant.id),
    mode,
    idempotency: { scope, key, requestHash: requestHash(body), answer: ({ id }) => id },
  });
}

async function idsOf(made: readonly Awaited<ReturnType<typeof create>>[]): Promise<Set<string>> {
  return new Set(made.map((one) => one.payment?.id ?? one.replay ?? ''));
}

async function count(): Promise<number> {
  const [row] = await core.db.query<{ count: number }>('select count(*) from payments');
  return row?.count ?? 0;
}

test('one key, a hundred at once, in several batches: one payment', async () => {
  const before = await count();
  const made = await Promise.all(Array.from({ length: 250 }, () => create('crowd')));
  expect((await idsOf(made)).size).toBe(1);
  expect(made.filter((one) => one.payment !== null).length).toBe(1);
  expect(await count()).toBe(before + 1);
});

test('many keys crossed over many batches: one payment each, no deadlock', async () => {
  const before = await count();
  const keys = Array.from({ length: 400 }, (_, at) => `cross ${(at * 7) % 40}`);
  const made = await Promise.all(keys.map((key) => create(key)));
  expect((await idsOf(made)).size).toBe(40);
  expect(await count()).toBe(before + 40);
});

test('the same key with another body, at once: one is made, the others are refused', async () => {
  const made = await Promise.allSettled(
    Array.from({ length: 60 }, (_, at) => create('bodies', `body ${at % 3}`)),
  );
  const good = made.filter((one) => one.status === 'fulfilled').map((one) => one.value);
  expect((await idsOf(good)).size).toBe(1);
  expect(good.length).toBe(20);
  const refused = made.filter((one) => one.status === 'rejected').map((one) => one.reason);
  for (const reason of refused) expect(reason).toMatchObject({ code: 'idempotency_mismatch' });
});

test('another scope is another key', async () => {
  const made = await Promise.all([create('scoped'), create('scoped', 'other', 'elsewhere')]);
  expect((await idsOf(made)).size).toBe(2);
});

test('remembered for a day to the millisecond, then new: once, however many ask', async () => {
  const first = await create('day');
  core.clock.at = new Date(start.getTime() + keyLifeMs);
  await forgetOldKeys(core.db, core.clock.at);
  expect(await create('day')).toEqual({
    payment: null,
    instruction: null,
    replay: first.payment?.id,
  });
  core.clock.at = new Date(start.getTime() + keyLifeMs + 1);
  const again = await Promise.all(Array.from({ length: 220 }, () => create('day', 'new body')));
  const ids = await idsOf(again);
  expect(ids.size).toBe(1);
  expect(ids).not.toContain(first.payment?.id);
  await forgetOldKeys(core.db, core.clock.at);
  expect(await idsOf([await create('day', 'new body')])).toEqual(ids);
  core.clock.at = start;
});

test('a clock that went back: still the same answer', async () => {
  const first = await create('back');
  core.clock.at = new Date(start.getTime() - 86_400_000);
  expect((await create('back')).replay).toBe(first.payment?.id);
  core.clock.at = start;
});

test('a key that expires while it is asked for: an answer or a payment, no error', async () => {
  const first = await create('edge');
  // Every look at the clock is a millisecond later than the one before.
  let at = start.getTime() + keyLifeMs - 4;
  Object.defineProperty(core.clock, 'at', { configurable: true, get: () => new Date((at += 1)) });
  try {
    for (let turn = 0; turn < 4; turn += 1) {
      const made = await create('edge');
      expect(made.payment !== null || typeof made.replay === 'string').toBe(true);
    }
  } finally {
    Object.defineProperty(core.clock, 'at', { configurable: true, writable: true, value: start });
  }
  expect(first.payment).not.toBeNull();
});
