// One observation that cannot be stored delays nobody else's money, and is never passed over.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { audit } from '../../src/ledger/audit.ts';
import type { Payment } from '../../src/payments/nouns.ts';
import { type Core, createCore } from '../harness/core.ts';
import type { Observation, Rail } from '../../src/rails/rail.ts';
import { createScriptedRail } from '../harness/scripted-rail.ts';
import { sighting } from './seen.ts';

let core: Core;
let world: Observation[] = [];
let height = 0n;
// As a chain's rail does: the same cursor gives the same observations again.
const rail: Rail = {
  ...createScriptedRail(),
  observe: async (cursor) => {
    const at = BigInt(cursor ?? '0');
    return at >= height ? null : { observations: world, next: height.toString() };
  },
};
beforeAll(async () => {
  core = await createCore({ rails: [rail] });
});
beforeEach(() => {
  world = [];
  height += 1n;
});
afterAll(async () => {
  expect((await audit(core.db)).ok).toBe(true);
  await core.close();
});

async function paid(confirmations = 2): Promise<Payment> {
  const payment = await core.create();
  const instruction = await core.payments.choose(payment, 'scripted');
  world.push(sighting(payment, instruction, confirmations));
  return payment;
}

async function cursor(): Promise<string | undefined> {
  const [row] = await core.db.query<{ cursor: string }>('select cursor from rail_cursors');
  return row?.cursor;
}

test('a poisonous observation: the others are stored, the cursor waits', async () => {
  const before = [await paid(), await paid()];
  const bad = await core.create();
  const unknown = { id: '00000000-0000-4000-8000-000000000000', expected: bad.price };
  world.push(sighting(bad, unknown, 2));
  const after = [await paid(), await paid()];
  const at = await cursor();
  await expect(core.payments.pull(rail)).rejects.toThrow(/unknown/);
  for (const { id } of [...before, ...after]) {
    expect((await core.view(id)).payment.status).toBe('completed');
  }
  expect((await core.view(bad.id)).payment.status).toBe('awaiting');
  expect(await cursor()).toBe(at);
  // Again and again, nothing doubles; and once the poison is gone, it goes on.
  await expect(core.payments.pull(rail)).rejects.toThrow(/unknown/);
  const instruction = await core.payments.choose(bad, 'scripted');
  world = world.map((one) => (one.paymentId === bad.id ? sighting(bad, instruction, 2) : one));
  expect(await core.payments.pull(rail)).toBe(true);
  expect((await core.view(bad.id)).payment.status).toBe('completed');
  expect(await cursor()).toBe(height.toString());
  const events = core.events.filter(({ event }) => event.paymentId === before[0]?.id);
  expect(events.map(({ event }) => event.kind)).toEqual(['created', 'status']);
});

test('more transfers than one posting takes: stored in parts', { timeout: 60_000 }, async () => {
  const payment = await core.create();
  const instruction = await core.payments.choose(payment, 'scripted');
  const other = await core.create();
  const second = await core.payments.choose(other, 'scripted');
  // Two payments are enough: it is the transfers that are counted.
  for (let at = 0; at < 5_001; at += 1) {
    const key = at.toString();
    world.push(sighting(payment, instruction, 2, { key, units: 1n }));
    world.push(sighting(other, second, 2, { key, units: 1n }));
  }
  expect(await core.payments.pull(rail)).toBe(true);
  expect((await core.view(payment.id)).payment.status).toBe('completed');
  expect((await core.view(other.id)).payment.status).toBe('completed');
});

test('two watchers of one chain: one of them stores, nothing doubles', async () => {
  const payments = await Promise.all(Array.from({ length: 8 }, () => paid()));
  const pulls = await Promise.allSettled([core.payments.pull(rail), core.payments.pull(rail)]);
  expect(pulls.some((one) => one.status === 'fulfilled' && one.value)).toBe(true);
  for (const { id } of payments) {
    const { payment, sightings } = await core.view(id);
    expect(payment).toMatchObject({ status: 'completed', eventSeq: 2 });
    expect(sightings).toMatchObject([{ postings: 1, availableUnits: 1250n }]);
  }
});

test('a second watcher that read before the first one stored cannot take it back', async () => {
  const payment = await paid();
  const stale = world.map((one) => ({ ...one, confirmations: 0 }));
  const bad = await core.create();
  stale.push(sighting(bad, { id: payment.id, expected: bad.price }, 2));
  const slow: Rail = {
    ...rail,
    observe: async (cursorThen) => {
      await core.payments.pull(rail);
      return cursorThen === null ? null : { observations: stale, next: 'stale' };
    },
  };
  await expect(core.payments.pull(slow)).rejects.toThrow();
  expect((await core.view(payment.id)).payment.status).toBe('completed');
  expect(await cursor()).toBe(height.toString());
});
