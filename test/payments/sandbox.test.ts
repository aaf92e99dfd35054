// A payment's life in the sandbox: every event, the ledger after it, and what the listener heard.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audit } from '../../src/ledger/audit.ts';
import type { PaymentView } from '../../src/payments/nouns.ts';
import type { SandboxEvent } from '../../src/payments/play.ts';
import { type Core, createCore } from '../harness/core.ts';

let core: Core;
beforeAll(async () => {
  core = await createCore();
});
afterAll(async () => {
  expect((await audit(core.db)).differences).toEqual([]);
  await core.close();
});

async function played(events: readonly SandboxEvent[], change = {}): Promise<PaymentView> {
  const payment = await core.create(change);
  for (const event of events) await core.payments.play(payment, event);
  return core.view(payment.id);
}

function heard(id: string): string[] {
  return core.events
    .filter(({ event }) => event.paymentId === id)
    .map(({ event }) => `${event.seq} ${event.kind} ${event.status}`);
}

test('paid and confirmed: completed, and the merchant has the money', async () => {
  const { payment, sightings } = await played(['pay', 'confirm']);
  expect(payment).toMatchObject({ status: 'completed', uses: 1, eventSeq: 3 });
  expect(sightings).toMatchObject([{ final: true, availableUnits: 1250n, suspenseUnits: 0n }]);
  expect(heard(payment.id)).toEqual([
    '1 created awaiting',
    '2 status confirming',
    '3 status completed',
  ]);
});

test('underpaid: awaiting with the money in suspense, then the rest completes it', async () => {
  const { payment, sightings } = await played(['underpay', 'confirm']);
  expect(payment).toMatchObject({ status: 'awaiting', uses: 0 });
  expect(sightings).toMatchObject([{ final: true, availableUnits: 0n, suspenseUnits: 625n }]);
  expect((await core.payments.facts(await core.view(payment.id))).remainingUnits).toBe(625n);
  const rest = await core.payments.choose(payment, 'sandbox');
  expect(rest.expected).toEqual({ units: 625n, asset: 'USD' });
  await core.payments.play(payment, 'pay');
  const done = await core.payments.play(payment, 'confirm');
  expect(done.payment.status).toBe('completed');
  expect(done.sightings.map((one) => one.availableUnits)).toEqual([625n, 625n]);
});

test('overpaid: completed with everything for the merchant, or the excess held', async () => {
  const accepted = await played(['overpay', 'confirm']);
  expect(accepted.payment.status).toBe('completed');
  expect(accepted.sightings[0]?.availableUnits).toBe(1375n);
  await setPolicy({ over: 'hold' });
  const held = await played(['overpay', 'confirm']);
  expect(held.sightings).toMatchObject([{ availableUnits: 1250n, suspenseUnits: 125n }]);
  await setPolicy({});
});

test('reversed before and after confirmation: un-paid, with compensating transfers', async () => {
  const before = await played(['pay', 'reverse']);
  expect(before.payment.status).toBe('awaiting');
  const after = await played(['pay', 'confirm', 'reverse']);
  expect(after.payment).toMatchObject({ status: 'awaiting', uses: 0 });
  expect(after.sightings).toMatchObject([{ present: false, availableUnits: 0n, postings: 2 }]);
  const again = await core.payments.play(after.payment, 'pay');
  expect(again.payment.status).toBe('confirming');
});

test('failed and expired, and what is no longer possible then', async () => {
  const failed = await played(['fail']);
  expect(failed.payment.status).toBe('failed');
  await expect(core.payments.play(failed.payment, 'expire')).rejects.toMatchObject({
    code: 'status_conflict',
    status: 'failed',
  });
  const expired = await played(['expire']);
  expect(expired.payment.status).toBe('expired');
  expect(expired.payment.expiresAt).toEqual(core.clock.at);
});

describe('late money', () => {
  for (const [late, status, suspense] of [
    ['hold', 'expired', 1250n],
    ['accept', 'completed', 0n],
  ] as const) {
    test(`policy ${late}: ${status}`, async () => {
      await setPolicy({ late });
      const payment = await core.create();
      await core.payments.choose(payment, 'sandbox');
      const start = core.clock.at;
      core.clock.at = new Date(payment.expiresAt.getTime() + 1_000);
      await core.payments.expireDue();
      expect((await core.view(payment.id)).payment.status).toBe('expired');
      await core.payments.play(payment, 'pay');
      const view = await core.payments.play(payment, 'confirm');
      expect(view.payment.status).toBe(status);
      expect(view.sightings[0]?.suspenseUnits).toBe(suspense);
      core.clock.at = start;
      await setPolicy({});
    });
  }
});

test('tolerance: the larger of percent and absolute may be missing', async () => {
  await setPolicy({ tolerance: { basisPoints: 100, units: { USD: '20' } } });
  const payment = await core.create();
  await core.payments.play(payment, 'pay', 1230n);
  expect((await core.payments.play(payment, 'confirm')).payment.status).toBe('completed');
  const short = await core.create();
  await core.payments.play(short, 'pay', 1229n);
  expect((await core.payments.play(short, 'confirm')).payment.status).toBe('awaiting');
  await setPolicy({});
});

test('short at the deadline: expired and held, or accepted by policy', async () => {
  const start = core.clock.at;
  for (const [short, status] of [
    ['hold', 'expired'],
    ['accept', 'completed'],
  ] as const) {
    await setPolicy({ short });
    const { payment } = await played(['underpay', 'confirm']);
    core.clock.at = new Date(payment.expiresAt.getTime());
    expect(await core.payments.expireDue()).toBeGreaterThan(0);
    expect((await core.view(payment.id)).payment.status).toBe(status);
    core.clock.at = start;
  }
  await setPolicy({});
});

test('two uses: the first is told and leaves it payable, the second completes it', async () => {
  const payment = await core.create({ maxUses: 2 });
  await core.payments.play(payment, 'pay');
  const first = await core.payments.play(payment, 'confirm');
  expect(first.payment).toMatchObject({ status: 'awaiting', uses: 1 });
  expect(first.sightings[0]?.availableUnits).toBe(1250n);
  await core.payments.play(payment, 'pay');
  const second = await core.payments.play(payment, 'confirm');
  expect(second.payment).toMatchObject({ status: 'completed', uses: 2 });
  expect(heard(payment.id).filter((line) => /used|completed/.test(line))).toEqual([
    '3 used awaiting',
    '5 status completed',
  ]);
});

test('paused: no new payer, but money on its way still completes it', async () => {
  const payment = await core.create();
  await core.payments.choose(payment, 'sandbox');
  await core.payments.close(core.scope, payment.id, 'pause');
  const paused = await core.payments.close(core.scope, payment.id, 'pause');
  expect(paused).toMatchObject({ status: 'awaiting', paused: true, eventSeq: 2 });
  await expect(core.payments.choose(payment, 'sandbox')).rejects.toMatchObject({
    code: 'payment_not_open',
  });
  await core.payments.play(payment, 'pay');
  expect((await core.payments.play(payment, 'confirm')).payment.status).toBe('completed');
});

test('the same address is shown again until something was paid on it', async () => {
  const payment = await core.create();
  const first = await core.payments.choose(payment, 'sandbox-litecoin');
  expect(await core.payments.choose(payment, 'sandbox-litecoin')).toEqual(first);
  await core.payments.play(payment, 'underpay');
  const second = await core.payments.choose(payment, 'sandbox-litecoin');
  expect(second.id).not.toBe(first.id);
  expect(second.priceUnits).toBe(625n);
});

test('expiry: everything due, in one turn, and never what is being paid', async () => {
  const start = core.clock.at;
  const due = await Promise.all(Array.from({ length: 1_200 }, () => core.create()));
  const paying = await core.create();
  await core.payments.play(paying, 'pay');
  core.clock.at = new Date(paying.expiresAt.getTime() + 1);
  expect(await core.payments.expireDue()).toBeGreaterThanOrEqual(1_200);
  expect((await core.view(due[600]!.id)).payment).toMatchObject({ status: 'expired', eventSeq: 2 });
  expect((await core.view(paying.id)).payment.status).toBe('confirming');
  expect(await core.payments.expireDue()).toBe(0);
  core.clock.at = start;
});

async function setPolicy(policy: Record<string, unknown>): Promise<void> {
  await core.merchants.updateSettings(core.merchant.id, 'test', (old) => ({ ...old, policy }));
}
