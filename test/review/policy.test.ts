// A policy that is changed, wrong or absurd: money that was settled stays, and no watcher stops.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { audit } from '../../src/ledger/audit.ts';
import { type Policy, policyFault } from '../../src/payments/policy.ts';
import { type Core, createCore } from '../harness/core.ts';
import { type ScriptedRail, createScriptedRail } from '../harness/scripted-rail.ts';
import { sighting } from './seen.ts';

let core: Core;
let rail: ScriptedRail;
let start: Date;
beforeAll(async () => {
  rail = createScriptedRail();
  core = await createCore({ rails: [rail] });
  start = core.clock.at;
});
afterEach(async () => {
  core.clock.at = start;
  rail.queue.splice(0);
  await setPolicy({});
});
afterAll(async () => {
  expect((await audit(core.db)).ok).toBe(true);
  await core.close();
});

describe('a completed payment is not un-paid by a new policy', () => {
  const cases: readonly [string, Partial<Policy>, Partial<Policy>, bigint, number][] = [
    ['confirmations', {}, { confirmations: { USD: [{ below: null, needed: 6 }] } }, 1_250n, 0],
    ['tolerance', { tolerance: { basisPoints: 1_000, units: {} } }, {}, 1_200n, 0],
    ['late', { late: 'accept' }, {}, 1_250n, 1],
    ['over', {}, { over: 'hold' }, 2_000n, 0],
  ];
  for (const [name, before, after, units, lateMs] of cases) {
    test(name, async () => {
      await setPolicy(before);
      const payment = await core.create();
      const instruction = await core.payments.choose(payment, 'scripted');
      const at = new Date(payment.expiresAt.getTime() + (lateMs > 0 ? lateMs : -1));
      if (lateMs > 0) await core.payments.close(core.scope, payment.id, 'expire');
      rail.queue.push(sighting(payment, instruction, 2, { units, at }));
      await core.payments.pull(rail);
      const completed = await core.view(payment.id);
      expect(completed.payment.status).toBe('completed');
      await setPolicy(after);
      rail.queue.push(sighting(payment, instruction, 3, { units, at }));
      await core.payments.pull(rail);
      const later = await core.view(payment.id);
      expect(later.payment).toMatchObject({ status: 'completed', uses: 1 });
      expect(later.sightings).toMatchObject([{ availableUnits: units, suspenseUnits: 0n }]);
      // What the chain takes back goes back all the same.
      rail.queue.push(sighting(payment, instruction, null, { units, at }));
      await core.payments.pull(rail);
      expect((await core.view(payment.id)).payment.status).not.toBe('completed');
    });
  }
});

test('money that is held counts once the policy says so', async () => {
  const payment = await core.create();
  const instruction = await core.payments.choose(payment, 'scripted');
  const at = new Date(payment.expiresAt.getTime() + 1);
  core.clock.at = at;
  await core.payments.expireDue();
  rail.queue.push(sighting(payment, instruction, 2, { at }));
  await core.payments.pull(rail);
  expect((await core.view(payment.id)).payment.status).toBe('expired');
  await setPolicy({ late: 'accept' });
  rail.queue.push(sighting(payment, instruction, 3, { at }));
  await core.payments.pull(rail);
  expect((await core.view(payment.id)).payment.status).toBe('completed');
});

test('more money than was asked for needs the confirmations of what came', async () => {
  const table = [
    { below: '10000', needed: 1 },
    { below: null, needed: 6 },
  ];
  await setPolicy({ confirmations: { USD: table } });
  const payment = await core.create();
  const instruction = await core.payments.choose(payment, 'scripted');
  for (const [confirmations, status] of [
    [1, 'confirming'],
    [6, 'completed'],
  ] as const) {
    rail.queue.push(sighting(payment, instruction, confirmations, { units: 10_000n }));
    await core.payments.pull(rail);
    expect((await core.view(payment.id)).payment.status).toBe(status);
  }
});

test('a part needs the confirmations of the whole', async () => {
  const table = [
    { below: '1000', needed: 1 },
    { below: null, needed: 3 },
  ];
  await setPolicy({ confirmations: { USD: table } });
  const payment = await core.create();
  const instruction = await core.payments.choose(payment, 'scripted');
  rail.queue.push(sighting(payment, instruction, 1, { units: 900n }));
  await core.payments.pull(rail);
  expect((await core.view(payment.id)).sightings).toMatchObject([{ needed: 3, final: false }]);
});

test('no policy asks for more confirmations than a rail counts', () => {
  const asking = (needed: number) => ({ confirmations: { LTC: [{ below: null, needed }] } });
  expect(policyFault(asking(100))).toBeNull();
  expect(policyFault(asking(101))).not.toBeNull();
});

describe('settings that are no policy count as absent, and stop nobody', () => {
  for (const broken of [
    { tolerance: null },
    { tolerance: { basisPoints: 50 } },
    { tolerance: { basisPoints: '1', units: {} } },
    { tolerance: { basisPoints: 0.5, units: {} } },
    { tolerance: { basisPoints: 10, units: { USD: 'ten' } } },
    { confirmations: 7 },
    { confirmations: { USD: 'many' } },
    { confirmations: { USD: [{ below: 'x', needed: 1 }] } },
    { confirmations: { USD: [{ below: null, needed: 5_000 }] } },
    { late: 'sometimes', strange: true },
    'accept',
    [],
  ]) {
    test(JSON.stringify(broken), async () => {
      await setPolicy(broken as never);
      const payment = await core.create();
      const instruction = await core.payments.choose(payment, 'scripted');
      rail.queue.push(sighting(payment, instruction, 2));
      await core.payments.pull(rail);
      const view = await core.view(payment.id);
      expect(view.payment.status).toBe('completed');
      expect((await core.payments.facts(view)).usesSettled).toBe(1);
      const due = await core.create();
      core.clock.at = new Date(due.expiresAt.getTime() + 1);
      expect(await core.payments.expireDue()).toBeGreaterThan(0);
      expect((await core.view(due.id)).payment.status).toBe('expired');
    });
  }
});

test('the good members of a policy hold beside a bad one', async () => {
  await setPolicy({ late: 'accept', tolerance: null } as never);
  const payment = await core.create();
  const instruction = await core.payments.choose(payment, 'scripted');
  const at = new Date(payment.expiresAt.getTime() + 1);
  rail.queue.push(sighting(payment, instruction, 2, { at }));
  await core.payments.pull(rail);
  expect((await core.view(payment.id)).payment.status).toBe('completed');
});

test('a clock that went back: closing by hand un-counts nothing that had come', async () => {
  const payment = await core.create({ maxUses: 2 });
  const instruction = await core.payments.choose(payment, 'scripted');
  rail.queue.push(sighting(payment, instruction, 2, { at: start }));
  await core.payments.pull(rail);
  core.clock.at = new Date(start.getTime() - 3_600_000);
  await core.payments.close(core.scope, payment.id, 'expire');
  const closed = await core.view(payment.id);
  expect(closed.payment).toMatchObject({ status: 'expired', uses: 1 });
  expect(closed.sightings).toMatchObject([{ availableUnits: 1250n }]);
});

async function setPolicy(policy: Partial<Policy>): Promise<void> {
  await core.merchants.updateSettings(core.merchant.id, 'test', (old) => ({ ...old, policy }));
}
