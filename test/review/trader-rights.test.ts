// What a trader may not do by a way round: complete his own payouts, or say how others read files.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { post } from '../../src/ledger/post.ts';
import { type DeskHouse, openDeskHouse, statementOf } from '../desk/house.ts';

let house: DeskHouse;
beforeAll(async () => {
  house = await openDeskHouse();
});
afterAll(() => house.close());

const account = 'DE02120300000000202051';
const recipient = 'DE89370400440532013000';

async function payout(units: bigint) {
  const { app, db, merchant, clock } = house;
  const start = {
    merchantId: merchant.id,
    id: `start/${randomUUID()}`,
    debit: 'live/outside/EUR/transfer',
    credit: 'live/available/EUR',
    amount: { units, asset: 'EUR' },
    paymentId: null,
    reason: 'start',
  };
  await db.transaction((tx) => post(tx, [start], clock.at));
  const { payment } = await app.payments.createPayout({
    merchantId: merchant.id,
    mode: 'live',
    dialect: 'xlink',
    price: { units, asset: 'EUR' },
    name: 'Payout',
    payer: {},
    metadata: null,
    successUrl: null,
    cancelUrl: null,
    merchantReference: null,
    callbackUrl: null,
    callbackSecret: null,
    lifetimeMs: 3_600_000,
    dialectData: null,
    destination: { way: 'bank', details: { number: recipient, holder: 'Ada' } },
    idempotency: null,
  });
  if (!payment) throw new Error('a repetition');
  return payment;
}

test('a trader’s own file completes his payout only where his word does', async () => {
  const boss = await house.person('manager');
  const trader = await house.trader(1_000n);
  const { id: requisite } = await house.requisite({
    kind: 'iban',
    number: account,
    traderId: trader.id,
  });
  // He sends more than he has brought.
  await house.call(boss.token, 'PATCH', 'payout-terms', { pledged: false });
  const made = await payout(4_000n);
  const path = `payouts/${made.id}`;
  expect((await house.call(trader.token, 'POST', `${path}/take`)).status).toBe(200);
  expect((await house.call(trader.token, 'POST', `${path}/confirm`)).status).toBe(403);
  const entry = { amount: '40.00', kind: 'DBIT', text: made.reference, ref: 'forged' };
  const file = statementOf([entry], account);
  expect((await house.upload(trader.token, requisite, file)).json).toMatchObject({ payouts: 0 });
  expect((await house.call(boss.token, 'GET', path)).json).toMatchObject({ status: 'taken' });
  const deposit = `live/deposit/EUR/${trader.id}`;
  expect((await house.balances())[deposit]).toBe(1_000n);
  // The very same file, from somebody who is believed.
  expect((await house.upload(boss.token, requisite, file)).json).toMatchObject({ payouts: 1 });
  expect((await house.balances())[deposit]).toBe(5_000n);
  const terms = await house.call(boss.token, 'PATCH', 'payout-terms', { traders_confirm: true });
  expect(terms.status).toBe(200);
  const next = await payout(700n);
  await house.call(trader.token, 'POST', `payouts/${next.id}/take`);
  const own = statementOf([{ ...entry, amount: '7.00', text: next.reference, ref: 'B' }], account);
  expect((await house.upload(trader.token, requisite, own)).json).toMatchObject({ payouts: 1 });
});

test('how the files of a bank are read is said by those who look after the desk', async () => {
  const trader = await house.trader(0n);
  const mapping = {
    delimiter: ';',
    account,
    currency: 'EUR',
    dateFormat: 'DD.MM.YYYY',
    decimal: ',',
    plusIs: 'out',
    columns: { bookedAt: 'Date', amount: 'Amount' },
  };
  const put = await house.call(trader.token, 'PUT', 'statement-mappings/my-bank', mapping);
  expect(put).toMatchObject({ status: 403, json: { code: 'forbidden' } });
});

test('somebody else’s lease is not there, whatever else is wrong', async () => {
  const [one, other] = [await house.trader(9_000n, 'USD'), await house.trader(9_000n, 'USD')];
  await house.requisite({ traderId: one.id, currency: 'USD' });
  const { lease } = await house.pay(2_000n, { currency: 'USD' });
  const [own] = (await house.call(one.token, 'GET', 'leases')).json['items'] as { id: string }[];
  expect(own?.id).toBe(lease);
  const answered = await house.confirm(other.token, lease, { amount: 'much' });
  expect(answered.status).toBe(404);
});
