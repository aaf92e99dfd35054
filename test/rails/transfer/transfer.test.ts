// The transfer rail beyond the conformance suite: what the payer is told, and what happens without.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type InstructRequest, NoDirections, type Rail } from '../../../src/rails/rail.ts';
import { createSandboxRail } from '../../../src/rails/sandbox/sandbox.ts';
import { createTransferRail } from '../../../src/rails/transfer/transfer.ts';
import { createIsServed } from '../../../src/desk/served.ts';
import { type DeskWorld, createDeskWorld } from '../../desk/world.ts';

let world: DeskWorld;
beforeEach(async () => {
  world = await createDeskWorld();
});
afterEach(() => world.close());

function railOf(mode: 'live' | 'test'): Rail {
  const { play } = createSandboxRail();
  const { lease } = world;
  const serves = createIsServed(world.db);
  const own = { mode, ways: ['bank', 'card'], lease, serves } as const;
  return createTransferRail({ ...own, ...(play ? { play } : {}) });
}

function instruct(rail: Rail, method: string, units: readonly bigint[]) {
  const requests = units.map((one): InstructRequest => {
    const { reference, merchantId, paymentId, amount } = world.request(one);
    return { reference, merchantId, paymentId, amount, method, label: 'Order 1' };
  });
  return world.db.transaction((tx) => rail.instruct(tx, requests));
}

test('one method for each way, under names of its own in each mode', () => {
  expect(railOf('live').methods()).toEqual([
    { id: 'bank-transfer', asset: 'price', label: 'Bank transfer', network: 'Transfer' },
    { id: 'card-transfer', asset: 'price', label: 'Transfer to a card', network: 'Transfer' },
  ]);
  expect(railOf('test').name).toBe('transfer-test');
  expect(railOf('test').methods()[0]?.id).toBe('bank-transfer-test');
});

test('the target is masked, the details are whole, the amount tells payments apart', async () => {
  await world.addRequisite({
    kind: 'card',
    number: '4242 4242 4242 4242',
    expires: '12/29',
    uniqueAmounts: 'decimals',
    uniqueBound: 9,
  });
  const details = {
    kind: 'card',
    number: '4242424242424242',
    holder: 'Ada Lovelace',
    expires: '12/29',
  };
  const told = { target: '**** 4242', uri: null, details };
  expect(await instruct(railOf('live'), 'card-transfer', [500n, 500n])).toEqual([
    { ...told, amount: { units: 500n, asset: 'USD' } },
    { ...told, amount: { units: 501n, asset: 'USD' } },
  ]);
});

test('whoever cannot be served is named, and nobody of the batch is', async () => {
  await world.addRequisite({ maxUnits: 100n });
  const refused = await instruct(railOf('live'), 'bank-transfer', [50n, 101n]).catch(
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(NoDirections);
  const { reasons } = refused as NoDirections;
  expect([...reasons.values()]).toEqual(['none of 1 requisites fits: 1 for smaller amounts only']);
  expect(await world.list()).toMatchObject([{ openCount: 0 }]);
});

test('a method of another rail is a bug', async () => {
  await expect(instruct(railOf('live'), 'litecoin', [1n])).rejects.toThrow(/unknown method/);
});
