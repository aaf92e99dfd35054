// A create that is refused costs no number: those who were made follow each other.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { NoDirections, type Rail } from '../../src/rails/rail.ts';
import { requestHash } from '../../src/payments/create.ts';
import { type Core, basicCommand, createCore } from '../harness/core.ts';
import { createScriptedRail } from '../harness/scripted-rail.ts';

/** Has a place for nobody. */
const full: Rail = {
  ...createScriptedRail(),
  name: 'full',
  methods: () => [{ id: 'full', asset: 'price', label: 'Full', network: 'Test' }],
  instruct: (_tx, requests) => {
    const reasons = new Map(requests.map(({ reference }) => [reference, 'nobody is free']));
    throw new NoDirections(reasons, 'requisite');
  },
};

let core: Core;
beforeAll(async () => {
  core = await createCore({ rails: [full, createScriptedRail()] });
});
afterAll(() => core.close());

async function made(): Promise<number> {
  const { payment } = await core.payments.create(basicCommand(core.merchant.id));
  return payment?.number ?? 0;
}

test('refused for want of a place, or because a key was used for another request', async () => {
  const { payments, merchant } = core;
  const price = { units: 100n, asset: 'USD' };
  const terms = { mode: 'test', price, exchange: null, spreadPercent: null } as const;
  const asked = payments.ask({ ...terms, method: 'full' });
  if (!asked) throw new Error('no rate');
  const pay = { ...asked, method: 'full' };
  const first = await made();
  for (let turn = 0; turn < 3; turn += 1) {
    const refused = payments.create({ ...basicCommand(merchant.id), price, pay });
    await expect(refused).rejects.toMatchObject({ code: 'no_requisites' });
  }
  expect(await made()).toBe(first + 1);
  const keyed = (body: string) => ({
    ...basicCommand(merchant.id),
    idempotency: {
      scope: 'test',
      key: 'one',
      requestHash: requestHash(body),
      answer: () => 'answer',
    },
  });
  const { payment } = await payments.create(keyed('a'));
  expect(payment?.number).toBe(first + 2);
  await expect(payments.create(keyed('b'))).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  expect(await made()).toBe(first + 3);
});
