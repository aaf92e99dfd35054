// Money that arrives for good after a refund: it was not given back, so the books must hold it.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '../../src/ledger/audit.ts';
import { balancesOf } from '../../src/ledger/balances.ts';
import type { Payment, PaymentView } from '../../src/payments/nouns.ts';
import { type Core, createCore } from '../harness/core.ts';
import { createScriptedRail } from '../harness/scripted-rail.ts';

const rail = createScriptedRail();
const refund = 'refund';
let core: Core;
beforeAll(async () => {
  core = await createCore({ rails: [rail] });
});
afterAll(async () => {
  expect((await audit(core.db)).ok).toBe(true);
  await core.close();
});

/** Two transactions on one payment of 12.50 USD; each is seen so many confirmations deep. */
async function world() {
  const payment = await core.create();
  const { id: instructionId } = await core.payments.choose(payment, 'scripted');
  async function see(name: string, confirmations: number | null): Promise<PaymentView> {
    const key = `${name}-${payment.id}`;
    rail.queue.push({
      key,
      merchantId: core.merchant.id,
      paymentId: payment.id,
      instructionId,
      amount: payment.price,
      presence: confirmations === null ? 'absent' : 'present',
      confirmations: confirmations ?? 0,
      transactionId: key,
      at: core.clock.at,
    });
    await core.payments.pull(rail);
    return core.view(payment.id);
  }
  return { payment, see };
}

async function held(): Promise<bigint> {
  const balances = await balancesOf(core.db, core.merchant.id, 'test');
  const found = balances.find(({ account }) => account === 'test/suspense/USD');
  return found?.amount.units ?? 0n;
}

async function giveBack(payment: Payment): Promise<void> {
  const { status } = await core.payments.close(core.scope, payment.id, refund);
  expect(status).toBe('refunded');
}

test('taken away by the chain before the refund, and brought back after it', async () => {
  const { payment, see } = await world();
  await see('first', 2);
  await see('first', null);
  await see('second', 2);
  await giveBack(payment);
  const before = await held();
  const { sightings } = await see('first', 2);
  expect(sightings.map((one) => one.suspenseUnits).toSorted()).toEqual([0n, 1250n]);
  expect((await held()) - before).toBe(1250n);
});

test('what was given back is not held again when it is confirmed a second time', async () => {
  const { payment, see } = await world();
  await see('first', 2);
  await giveBack(payment);
  const before = await held();
  await see('first', null);
  const { sightings } = await see('first', 2);
  expect(sightings).toMatchObject([{ suspenseUnits: 0n, availableUnits: 0n }]);
  expect(await held()).toBe(before);
});

test('a second refund gives back what came since, a third changes nothing', async () => {
  const { payment, see } = await world();
  await see('first', 2);
  await see('second', 1);
  await giveBack(payment);
  const before = await held();
  await see('second', 2);
  expect((await held()) - before).toBe(1250n);
  await Promise.all([giveBack(payment), giveBack(payment)]);
  expect(await held()).toBe(before);
  const { sightings } = await core.view(payment.id);
  expect(sightings.map(({ postings }) => postings)).toEqual([2, 2]);
});

test('a refund that cannot be written down is not made', async () => {
  const { payment, see } = await world();
  await see('only', 2);
  const before = await held();
  const broken = core.payments.close(core.scope, payment.id, refund, () => {
    throw new Error('the log is full');
  });
  await expect(broken).rejects.toThrow('the log is full');
  expect((await core.view(payment.id)).payment.status).not.toBe('refunded');
  expect(await held()).toBe(before);
  await giveBack(payment);
});
