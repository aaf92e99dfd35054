// Links that are paid several times: a use is counted once, kept once paid, and never invented.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { audit } from '../../src/ledger/audit.ts';
import type { Payment, PaymentView } from '../../src/payments/nouns.ts';
import type { Policy } from '../../src/payments/policy.ts';
import { type Core, createCore } from '../harness/core.ts';

let core: Core;
let start: Date;
beforeAll(async () => {
  core = await createCore();
  start = core.clock.at;
});
afterEach(async () => {
  core.clock.at = start;
  await setPolicy({});
});
afterAll(async () => {
  expect((await audit(core.db)).ok).toBe(true);
  await core.close();
});

async function pay(payment: Payment, units?: bigint): Promise<PaymentView> {
  // A new address, as each payer of such a link gets one.
  await core.payments.choose(payment, 'sandbox').catch(() => undefined);
  await core.payments.play(payment, 'pay', units);
  return core.payments.play(payment, 'confirm');
}

async function pastDeadline(payment: Payment): Promise<PaymentView> {
  core.clock.at = new Date(payment.expiresAt.getTime() + 1);
  await core.payments.expireDue();
  return core.view(payment.id);
}

function toldUses(id: string): (number | undefined)[] {
  return core.events
    .filter(({ event }) => event.paymentId === id && event.kind === 'used')
    .map(({ event }) => event.data.uses);
}

function held(view: PaymentView): { available: bigint; suspense: bigint } {
  const sum = (units: bigint[]) => units.reduce((total, one) => total + one, 0n);
  return {
    available: sum(view.sightings.map((one) => one.availableUnits)),
    suspense: sum(view.sightings.map((one) => one.suspenseUnits)),
  };
}

test('one use paid in two parts stays one use at the deadline, whatever is accepted', async () => {
  await setPolicy({ short: 'accept' });
  const payment = await core.create({ maxUses: 3 });
  await pay(payment, 625n);
  expect((await pay(payment, 625n)).payment.uses).toBe(1);
  const ended = await pastDeadline(payment);
  expect(ended.payment).toMatchObject({ status: 'expired', uses: 1 });
  expect(toldUses(payment.id)).toEqual([1]);
});

test('what is short at the deadline is accepted as one use, in however many parts', async () => {
  await setPolicy({ short: 'accept' });
  const payment = await core.create({ maxUses: 3 });
  await pay(payment);
  await pay(payment, 300n);
  await pay(payment, 200n);
  const ended = await pastDeadline(payment);
  expect(ended.payment).toMatchObject({ status: 'expired', uses: 2 });
  expect(held(ended)).toEqual({ available: 1750n, suspense: 0n });
  expect(toldUses(payment.id)).toEqual([1, 2]);
});

test('short and accepted while not confirmed: waits for the confirmation', async () => {
  await setPolicy({ short: 'accept' });
  const payment = await core.create();
  await core.payments.play(payment, 'underpay');
  expect((await pastDeadline(payment)).payment).toMatchObject({ status: 'confirming', uses: 0 });
  const done = await core.payments.play(payment, 'confirm');
  expect(done.payment).toMatchObject({ status: 'completed', uses: 1 });
  const back = await core.payments.play(payment, 'reverse');
  expect(back.payment).toMatchObject({ status: 'expired', uses: 0 });
  expect(held(back)).toEqual({ available: 0n, suspense: 0n });
});

for (const how of ['cancel', 'expire'] as const) {
  test(`${how} after the first of three uses: what was paid stays paid`, async () => {
    const payment = await core.create({ maxUses: 3 });
    await pay(payment);
    await pay(payment, 500n);
    await core.payments.close(core.scope, payment.id, how);
    const closed = await core.view(payment.id);
    expect(closed.payment.uses).toBe(1);
    expect(held(closed)).toEqual({ available: 1250n, suspense: 500n });
    const later = await core.payments.play(payment, 'pay', 750n);
    expect(later.payment).toMatchObject({ status: closed.payment.status });
  });
}

test('a use whose money goes back after the link was cancelled is taken back', async () => {
  const payment = await core.create({ maxUses: 2 });
  await pay(payment);
  await core.payments.close(core.scope, payment.id, 'cancel');
  const back = await core.payments.play(payment, 'reverse');
  expect(back.payment).toMatchObject({ status: 'cancelled', uses: 0 });
  expect(held(back)).toEqual({ available: 0n, suspense: 0n });
});

test('an excess that is to be held is held also before the last use', async () => {
  await setPolicy({ over: 'hold' });
  const payment = await core.create({ maxUses: 3 });
  const first = await pay(payment, 2_000n);
  expect(first.payment.uses).toBe(1);
  expect(held(first)).toEqual({ available: 1250n, suspense: 750n });
  expect(held(await pastDeadline(payment))).toEqual({ available: 1250n, suspense: 750n });
});

test('two payers who were shown the same address pay two uses', async () => {
  const payment = await core.create({ maxUses: 2 });
  const shown = await core.payments.choose(payment, 'sandbox');
  expect(await core.payments.choose(payment, 'sandbox')).toEqual(shown);
  const both = await pay(payment, 2_500n);
  expect(both.payment).toMatchObject({ status: 'completed', uses: 2 });
  expect(held(both)).toEqual({ available: 2500n, suspense: 0n });
});

test('an excess to be held, over several addresses and assets, to the last unit', async () => {
  await setPolicy({ over: 'hold' });
  const payment = await core.create({ price: { units: 1_001n, asset: 'USD' } });
  const first = await core.payments.choose(payment, 'sandbox-litecoin');
  await core.payments.play(payment, 'pay', 333n);
  await core.payments.choose(payment, 'sandbox-bitcoin');
  await core.payments.play(payment, 'overpay');
  const done = await core.payments.play(payment, 'confirm');
  expect(done.payment).toMatchObject({ status: 'completed', uses: 1 });
  const facts = await core.payments.facts(done);
  expect(facts.overUnits).toBeGreaterThan(0n);
  for (const one of done.sightings) {
    expect(one.availableUnits + one.suspenseUnits).toBe(one.amount.units);
    expect(one.suspenseUnits > 0n).toBe(one.instructionId !== first.id);
  }
});

test('a use taken back and paid again is told again, and numbered without gaps', async () => {
  const payment = await core.create({ maxUses: 2 });
  await pay(payment);
  expect((await core.payments.play(payment, 'reverse')).payment.uses).toBe(0);
  await pay(payment);
  const done = await pay(payment);
  expect(done.payment).toMatchObject({ status: 'completed', uses: 2 });
  expect(toldUses(payment.id)).toEqual([1, 1]);
  const seqs = core.events.filter((one) => one.payment.id === payment.id);
  expect(seqs.map(({ event }) => event.seq)).toEqual(seqs.map((_, at) => at + 1));
});

test('tolerance and several uses: each may be short by it, none is for nothing', async () => {
  await setPolicy({ tolerance: { basisPoints: 1_000, units: {} } });
  const payment = await core.create({ maxUses: 2 });
  await pay(payment, 1_125n);
  const second = await pay(payment, 1_124n);
  expect(second.payment).toMatchObject({ status: 'awaiting', uses: 1 });
});

async function setPolicy(policy: Partial<Policy>): Promise<void> {
  await core.merchants.updateSettings(core.merchant.id, 'test', (old) => ({ ...old, policy }));
}
