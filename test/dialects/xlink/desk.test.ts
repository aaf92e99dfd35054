// X-Link on the desk's accounts: what the payer is told is a requisite that was leased.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { type NewRequisite, createRequisites } from '../../../src/desk/requisites.ts';
import { shell } from '../../../src/merchants/staff-log.ts';
import { createVault } from '../../../src/merchants/vault.ts';
import { type Shop, methods, openShop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

async function addAccount(change: Partial<NewRequisite>): Promise<void> {
  const secretKey = shop.app.options.vaultKey;
  const vault = createVault(secretKey);
  const now = () => shop.clock.at;
  const requisites = createRequisites({ db: shop.db, vault, secretKey, now });
  const owner = { merchantId: shop.merchant.id, mode: 'test', traderId: null } as const;
  const account = { kind: 'account', currency: 'KRW', holder: 'Ada Lovelace' } as const;
  await requisites.add({ ...owner, ...account, number: '1234567890', ...change }, shell);
}

it('shows the account in full but in lists, and settles by the sandbox', async () => {
  await addAccount({ bank: 'Example Bank', bankCode: 'ALLVA.ID' });
  const { session_id: id, ...rest } = await shop.made();
  const told = {
    account_number: '1234567890',
    account_name: 'Ada Lovelace',
    bank_code: 'ALLVA.ID',
    bank_name: 'Example Bank',
  };
  expect(rest.payment_method_requisites).toMatchObject(told);
  const view = await shop.get(`sessions/${id}`);
  expect(view.json.payment_method_requisites).toEqual(rest.payment_method_requisites);
  const { data } = await shop.get('operations');
  expect(data[0]?.payment_method_requisites).toEqual({ account_number: '**** 7890' });
  await shop.play(id, 'pay', 'confirm');
  expect((await shop.operation(rest.operation_number)).status).toBe('SUCCESS');
});

it('in live mode takes a payment only where an account is free', async () => {
  const method = {
    id: methods.bankUsd,
    name: 'Bank',
    instrument: 'BANK_TRANSFER',
    currency: 'USD',
    operation: 'PAYIN',
  };
  await shop.set({ methods: [method] }, 'live');
  const as = shop.keys.live;
  const usd = { payment_method_type_id: method.id, currency: 'USD', amount: '100.00' };
  const body = shop.body(usd);
  const none = await shop.post('sessions', body, { as });
  expect([none.status, none.detail]).toEqual([400, 'No payment requisites are available']);
  await addAccount({ mode: 'live', currency: 'USD', number: '9876543210' });
  const { status, json } = await shop.post('sessions', body, { as });
  expect(status).toBe(200);
  expect(json.payment_method_requisites).toMatchObject({ account_number: '9876543210' });
  expect((await shop.post('sessions', body, { as })).json).toEqual(json);
});
