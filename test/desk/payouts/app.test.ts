// Payouts in the whole gateway: made by the core, sent at the desk, told to everybody.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '../../../src/ledger/audit.ts';
import { balancesOf } from '../../../src/ledger/balances.ts';
import { post } from '../../../src/ledger/post.ts';
import { shell } from '../../../src/merchants/staff-log.ts';
import { type TestApp, startTestApp } from '../../harness/app.ts';

let gateway: TestApp;
beforeAll(async () => {
  gateway = await startTestApp();
});
afterAll(() => gateway.close());

const password = 'Correct-horse-7';
const units = (count: bigint) => ({ units: count, asset: 'EUR' });

test('from the merchant’s balance to the trader’s deposit', async () => {
  const { app, server, merchant, db, clock } = gateway;
  const own = { merchantId: merchant.id, mode: 'live', password } as const;
  const trader = await app.users.create({ ...own, role: 'trader', email: 't@example.com' }, shell);
  const boss = await app.users.create({ ...own, role: 'manager', email: 'm@example.com' }, shell);
  const given = { traderId: trader.user.id, direction: 'in', reference: 'start' } as const;
  await app.desk.traders.changeDeposit({ ...given, amount: units(4_500n) }, shell);
  const start = {
    merchantId: merchant.id,
    id: 'start',
    debit: 'live/outside/EUR/transfer',
    credit: 'live/available/EUR',
    amount: units(5_000n),
    paymentId: null,
    reason: 'start',
  };
  await db.transaction((tx) => post(tx, [start], clock.at));
  const { payment } = await app.payments.createPayout({
    merchantId: merchant.id,
    mode: 'live',
    dialect: 'xlink',
    price: units(4_000n),
    name: 'Salary',
    payer: {},
    metadata: null,
    successUrl: null,
    cancelUrl: null,
    merchantReference: 'salary-1',
    callbackUrl: null,
    callbackSecret: null,
    lifetimeMs: 3_600_000,
    dialectData: null,
    destination: { way: 'card', details: { number: '4242 4242 4242 4242', holder: 'Ada' } },
    idempotency: null,
  });
  const ask = async (token: string, path: string) => {
    const url = `/desk/v1/payouts/${path}`;
    const headers = { authorization: `Bearer ${token}` };
    const reply = await server.inject({ method: 'POST', url, headers });
    return { status: reply.statusCode, body: reply.json() };
  };
  const taken = await ask(trader.token, 'take?currency=EUR');
  expect(taken.body.payout).toMatchObject({
    id: payment?.id,
    destination: { masked: '**** 4242', details: { number: '4242 4242 4242 4242' } },
  });
  // His deposit stands for it from now on.
  const reserved = `live/reserved/EUR/${trader.user.id}`;
  const held = await balancesOf(db, merchant.id, 'live');
  expect(held.find(({ account }) => account === reserved)?.amount.units).toBe(4_000n);
  expect(await ask(trader.token, `${payment?.id}/confirm`)).toMatchObject({ status: 403 });
  expect(await ask(boss.token, `${payment?.id}/confirm`)).toMatchObject({
    status: 200,
    body: { status: 'completed' },
  });
  const scope = { merchantId: merchant.id, mode: 'live' } as const;
  const found = await app.payments.findOperation(scope, payment?.id ?? '');
  expect(found?.payment.status).toBe('completed');
  const balances = await balancesOf(db, merchant.id, 'live');
  expect(Object.fromEntries(balances.map((one) => [one.account, one.amount.units]))).toEqual({
    'live/available/EUR': 1_000n,
    'live/payable/EUR': 0n,
    'live/outside/EUR/transfer': -1_000n,
    'live/outside/EUR/desk': -8_500n,
    [`live/deposit/EUR/${trader.user.id}`]: 8_500n,
    [reserved]: 0n,
  });
  expect(await audit(db)).toMatchObject({ ok: true, overdrawn: 0 });
  expect(app.jobs.map(({ name }) => name)).toContain('desk.payouts-overdue');
});

test('its routes stand in the documents of the desk', async () => {
  const reply = await gateway.server.inject('/docs/desk.json');
  expect(Object.keys(reply.json().paths)).toEqual(
    expect.arrayContaining([
      '/desk/v1/payouts',
      '/desk/v1/payouts/take',
      '/desk/v1/payouts/{id}',
      '/desk/v1/payouts/{id}/proof',
      '/desk/v1/payouts/{id}/reverse',
      '/desk/v1/payout-terms',
    ]),
  );
});
