// Two cards of one account have one statement: brought for both of them, it is still one statement.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { post } from '../../src/ledger/post.ts';
import { type DeskHouse, openDeskHouse, statementOf } from '../desk/house.ts';

let house: DeskHouse;
let cards: { readonly id: string }[];
let boss: { readonly token: string };
beforeAll(async () => {
  house = await openDeskHouse();
  boss = await house.person('manager');
  cards = [
    await house.requisite({ kind: 'card', number: '4242424242424242' }),
    await house.requisite({ kind: 'card', number: '5555555555554444' }),
  ];
});
afterAll(() => house.close());

async function bring(file: string): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const { id } of cards) answers.push((await house.upload(boss.token, id, file)).json);
  return answers;
}

/** Of two payments of so much, one on either card. */
async function payTwice(units: bigint) {
  const one = await house.pay(units, { method: 'card-transfer' });
  return [one, await house.pay(units, { method: 'card-transfer' })];
}

test('money that came in once pays one of two payments', async () => {
  const made = await payTwice(40_00n);
  const file = statementOf([{ amount: '40.00', ref: 'A1' }]);
  expect(await bring(file)).toMatchObject([{ fresh: 1 }, { fresh: 0 }]);
  const states = await Promise.all(made.map(({ id }) => house.statusOf(id)));
  expect(states.filter((status) => status === 'completed').length).toBeLessThan(2);
});

test('money that waits can be for either card', async () => {
  const made = await payTwice(50_00n);
  const before = (await house.balances())['live/available/EUR'] ?? 0n;
  const file = statementOf([{ amount: '49.00', ref: 'A2' }]);
  expect(await bring(file)).toMatchObject([{ fresh: 1 }, { fresh: 0 }]);
  const items = (await house.inbox(boss.token)).filter(({ amount }) => amount === '49.00');
  expect(items).toHaveLength(1);
  const [item] = items;
  const found = item?.['requisites'] as string[];
  expect(found.toSorted()).toEqual(cards.map(({ id }) => id).toSorted());
  const path = `inbox/${item?.['id']}/match`;
  const matched = await house.call(boss.token, 'POST', path, { lease: made[1]?.lease });
  expect(matched).toMatchObject({ status: 200, json: { status: 'settled' } });
  expect(await bring(file)).toMatchObject([{ fresh: 0 }, { fresh: 0 }]);
  const again = await house.call(boss.token, 'POST', path, { lease: made[0]?.lease });
  expect(again.status).toBe(422);
  const leases = await house.call(boss.token, 'GET', 'leases');
  const received = (leases.json['items'] as { id: string; received: string }[])
    .filter(({ id }) => made.some(({ lease }) => lease === id))
    .map((one) => one.received);
  expect(received.toSorted()).toEqual(['0.00', '49.00']);
  expect((await house.balances())['live/available/EUR'] ?? 0n).toBe(before);
});

test('money that went out completes one payout of two to the same account', async () => {
  const { app, db, merchant, clock } = house;
  const start = {
    merchantId: merchant.id,
    id: 'start',
    debit: 'live/outside/EUR/transfer',
    credit: 'live/available/EUR',
    amount: { units: 100_00n, asset: 'EUR' },
    paymentId: null,
    reason: 'start',
  };
  await db.transaction((tx) => post(tx, [start], clock.at));
  const made: { id: string; reference: string }[] = [];
  for (let turn = 0; turn < 2; turn += 1) {
    const { payment } = await app.payments.createPayout({
      merchantId: merchant.id,
      mode: 'live',
      dialect: 'xlink',
      price: { units: 25_00n, asset: 'EUR' },
      name: randomUUID(),
      payer: {},
      metadata: null,
      successUrl: null,
      cancelUrl: null,
      merchantReference: null,
      callbackUrl: null,
      callbackSecret: null,
      lifetimeMs: 3_600_000,
      dialectData: null,
      destination: { way: 'card', details: { number: '4000 0000 0000 0002', holder: 'Ada' } },
      idempotency: null,
    });
    if (!payment) throw new Error('a repetition');
    made.push(payment);
    expect((await house.call(boss.token, 'POST', `payouts/${payment.id}/take`)).status).toBe(200);
  }
  const text = made[0]?.reference ?? '';
  const number = '<Id><Othr><Id>4000000000000002</Id></Othr></Id>';
  const file = statementOf([{ amount: '25.00', kind: 'DBIT', text, ref: 'B1' }]).replace(
    '</TxDtls>',
    `<RltdPties><CdtrAcct>${number}</CdtrAcct></RltdPties></TxDtls>`,
  );
  expect(await bring(file)).toMatchObject([{ payouts: 1 }, { payouts: 0 }]);
  const states = await Promise.all(
    made.map(
      async ({ id }) => (await house.call(boss.token, 'GET', `payouts/${id}`)).json['status'],
    ),
  );
  expect(states).toEqual(['completed', 'taken']);
  expect(await house.auditOk()).toBe(true);
});
