// Everything that can happen to a payment, two at a time, in real transactions that run at once.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { audit } from '../../src/ledger/audit.ts';
import type { EventOfPayment, Payment } from '../../src/payments/nouns.ts';
import { type Status, statuses } from '../../src/payments/machine.ts';
import { Refusal } from '../../src/payments/refusals.ts';
import { type Core, createCore } from '../harness/core.ts';
import { type ScriptedRail, createScriptedRail } from '../harness/scripted-rail.ts';
import { createSandboxRail } from '../../src/rails/sandbox/sandbox.ts';
import { sighting } from './seen.ts';

let core: Core;
let rail: ScriptedRail;
let start: Date;
beforeAll(async () => {
  rail = createScriptedRail();
  core = await createCore({ rails: [createSandboxRail(), rail] });
  start = core.clock.at;
});
afterEach(() => {
  core.clock.at = start;
});
afterAll(async () => {
  const report = await audit(core.db);
  expect(report.differences).toEqual([]);
  expect(report.ok).toBe(true);
  await core.close();
});

type Act = (payment: Payment) => Promise<unknown>;

const acts: Readonly<Record<string, Act>> = {
  confirm: (payment) => core.payments.play(payment, 'confirm'),
  expire: (payment) => core.payments.close(core.scope, payment.id, 'expire'),
  cancel: (payment) => core.payments.close(core.scope, payment.id, 'cancel'),
  fail: (payment) => core.payments.play(payment, 'fail'),
  'late pay': (payment) => core.payments.play(payment, 'pay'),
  reverse: (payment) => core.payments.play(payment, 'reverse'),
  sweep: () => core.payments.expireDue(),
  choose: (payment) => core.payments.choose(payment, 'sandbox-litecoin'),
  pause: (payment) => core.payments.close(core.scope, payment.id, 'pause'),
};

/** In which the two meet the payment: untouched, its money seen, settled, or short. */
const scenes = ['fresh', 'seen', 'settled', 'short'] as const;

async function sceneOf(scene: (typeof scenes)[number]): Promise<Payment> {
  const payment = await core.create({ maxUses: scene === 'short' ? 2 : 1 });
  await core.payments.choose(payment, 'sandbox');
  if (scene === 'seen' || scene === 'settled') await core.payments.play(payment, 'pay');
  if (scene === 'short') await core.payments.play(payment, 'underpay');
  if (scene === 'settled' || scene === 'short') await core.payments.play(payment, 'confirm');
  return payment;
}

async function attempt(act: Act, payment: Payment): Promise<void> {
  try {
    await act(payment);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

const paired = ['confirm', 'expire', 'cancel', 'fail', 'late pay', 'reverse'];

// Beside the two the payer's and the clock's own turns, which may come in between.
const others = ['sweep', 'choose', 'pause', 'reverse'];

async function race(payment: Payment, pair: readonly string[], turn: number): Promise<void> {
  const names = [...pair, others[turn % others.length] ?? 'sweep'];
  await Promise.all(names.map((name) => attempt(acts[name] as Act, payment)));
  await checkLegal(payment);
}

describe.each(paired)('%s beside', (first) => {
  test.each(paired)('%s', async (second) => {
    // With each policy: four payments on their way, and one whose deadline is now.
    for (const late of ['hold', 'accept'] as const) {
      core.clock.at = start;
      await core.merchants.updateSettings(core.merchant.id, 'test', () => ({ policy: { late } }));
      await Promise.all(
        scenes.map(async (scene, at) => race(await sceneOf(scene), [first, second], at)),
      );
      const payment = await sceneOf('fresh');
      core.clock.at = payment.expiresAt;
      await race(payment, [first, second], 0);
    }
  });
});

test('twenty payments through all acts at once, beside the sweep: no deadlock', async () => {
  const payments = await Promise.all(Array.from({ length: 20 }, () => sceneOf('seen')));
  const chosen = await Promise.all(
    payments.map(async () => {
      const payment = await core.create();
      return { payment, instruction: await core.payments.choose(payment, 'scripted') };
    }),
  );
  core.clock.at = new Date(start.getTime() + 1_500_000);
  // Some in one order and some in the other: locks must still be taken in one.
  for (const { payment, instruction } of chosen.toReversed()) {
    rail.queue.push(sighting(payment, instruction, 2));
  }
  const [, ...rest] = await Promise.all([
    core.payments.pull(rail),
    core.payments.expireDue(),
    ...payments
      .toReversed()
      .flatMap((payment) => Object.values(acts).map((act) => attempt(act, payment))),
    ...chosen.map(({ payment }) => attempt(acts['cancel'] as Act, payment)),
  ]);
  expect(rest.length).toBeGreaterThan(100);
  for (const payment of [...payments, ...chosen.map((one) => one.payment)]) {
    await checkLegal(payment);
  }
});

async function checkLegal({ id }: Payment): Promise<void> {
  const { payment, sightings } = await core.view(id);
  const told = core.events.filter(({ event }) => event.paymentId === id);
  const rows = await core.db.query<{ seq: number; status: Status; previous_status: Status }>(
    'select seq, status, previous_status from events where payment_id = $1 order by seq',
    [id],
  );
  expect(rows.map((row) => row.seq)).toEqual(rows.map((_, at) => at + 1));
  expect(payment.eventSeq).toBe(rows.length);
  expect(rows.at(-1)?.status).toBe(payment.status);
  expect(statuses).toContain(payment.status);
  checkChain(told);
  const everything = sightings.reduce((sum, one) => sum + one.availableUnits, 0n);
  for (const one of sightings) {
    const posted = one.availableUnits + one.suspenseUnits;
    expect(posted).toBe(one.present && one.final ? one.amount.units : 0n);
  }
  if (payment.status === 'completed') {
    expect(everything).toBeGreaterThan(0n);
    expect(payment.uses).toBe(payment.maxUses);
  } else if (payment.uses === 0) expect(everything).toBe(0n);
  await checkLedger(payment);
}

// Each change of status begins where the one before it ended, and none is told twice.
function checkChain(told: readonly EventOfPayment[]): void {
  const sorted = told.toSorted((left, right) => left.event.seq - right.event.seq);
  const seen = new Set(sorted.map(({ event }) => event.seq));
  expect(seen.size).toBe(sorted.length);
  let status: Status = 'awaiting';
  for (const { event } of sorted) {
    if (event.kind === 'created') continue;
    expect(event.previousStatus).toBe(status);
    if (event.kind === 'status') expect(event.status).not.toBe(status);
    else if (event.kind !== 'used') expect(event.status).toBe(status);
    if (event.kind !== 'used') status = event.status;
  }
}

/** The transfers of a payment add up to where its sightings say that the money is. */
async function checkLedger({ id }: Payment): Promise<void> {
  const rows = await core.db.query<{ asset: string; kind: string; units: string }>(
    `select asset, split_part(account, '/', 2) as kind, sum(units)::text as units from (
       select asset, credit_account as account, units from ledger_transfers where payment_id = $1
       union all
       select asset, debit_account, -units from ledger_transfers where payment_id = $1) as moved
      group by 1, 2`,
    [id],
  );
  const { sightings } = await core.view(id);
  for (const { asset, kind, units } of rows) {
    if (kind === 'outside') continue;
    const expected = sightings
      .filter((one) => one.amount.asset === asset)
      .map((one) => (kind === 'available' ? one.availableUnits : one.suspenseUnits))
      .reduce((sum, one) => sum + one, 0n);
    expect(BigInt(units)).toBe(expected);
  }
}
