// What the operator decides about a merchant: read back everywhere, and written down.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMerchants } from '../../src/merchants/merchants.ts';
import { shell } from '../../src/merchants/staff-log.ts';
import { type House, createHouse, home } from './house.ts';

let house: House;
const document = { type: 'N.I.T.', country: 'CO', number: '9001234567' };
const undecided = {
  email: null,
  active: true,
  verification: 'verifying',
  document: null,
  fiatWithdraw: false,
};

beforeAll(async () => {
  house = await createHouse();
});

afterAll(() => house.close());

test('a new merchant may take payments and is being verified', async () => {
  expect(await house.merchants.create('New shop')).toMatchObject(undecided);
});

test('changed in part, read back by everybody, written down with what it was', async () => {
  const { id } = await house.merchants.create('Changed shop');
  const boss = await house.person();
  const actor = { userId: boss.user.id, address: home };
  const patch = { active: false, verification: 'approved', document } as const;
  const changed = await house.merchants.changeCommerce(id, patch, actor);
  expect(changed).toMatchObject({ ...undecided, ...patch });
  const another = createMerchants(house);
  for (const merchants of [house.merchants, another]) {
    expect(await merchants.load(house.db, id)).toEqual(changed);
    expect((await merchants.list()).find((one) => one.id === id)).toEqual(changed);
  }
  const [action, ...more] = await house.actions(id);
  expect(more).toEqual([]);
  expect(action).toMatchObject({
    ...actor,
    merchantId: id,
    action: 'commerce.changed',
    details: {
      active: { from: true, to: false },
      verification: { from: 'verifying', to: 'approved' },
      document: { from: null, to: document },
    },
  });
});

test('what is the same already is no change; nothing else of one can be changed', async () => {
  const merchant = await house.merchants.create('Same shop');
  const { id } = merchant;
  const extra = { id: house.merchant.id, name: 'Other', shopId: 1, settings: {} };
  expect(await house.merchants.changeCommerce(id, { ...extra, active: true }, shell)).toEqual(
    merchant,
  );
  await house.merchants.changeCommerce(id, { document }, shell);
  await house.merchants.changeCommerce(id, { document: { ...document } }, shell);
  expect(await house.actions(id)).toHaveLength(1);
});

test('settings and commerce are changed at the same moment without loss', async () => {
  const { id } = await house.merchants.create('Busy shop');
  await Promise.all([
    house.merchants.changeCommerce(id, { active: false }, shell),
    house.merchants.updateSettings(id, 'test', () => ({ spreadPercent: '1.5' })),
    house.merchants.changeCommerce(id, { email: 'busy@shop.example.com' }, shell),
  ]);
  expect(await createMerchants(house).load(house.db, id)).toMatchObject({
    active: false,
    email: 'busy@shop.example.com',
    settings: { test: { spreadPercent: '1.5' } },
  });
});

test('a row of the log that cannot be written takes the change with it', async () => {
  const merchant = await house.merchants.create('Logged shop');
  const nobody = { userId: '0198c0de-0000-7000-8000-000000000000', address: null };
  const change = house.merchants.changeCommerce(merchant.id, { active: false }, nobody);
  await expect(change).rejects.toThrow();
  expect(await createMerchants(house).load(house.db, merchant.id)).toEqual(merchant);
});

test('an unknown merchant, and a word that is no state, are refused', async () => {
  const unknown = '0198c0de-0000-7000-8000-000000000000';
  await expect(house.merchants.changeCommerce(unknown, { active: false }, shell)).rejects.toThrow(
    'unknown merchant',
  );
  const patch = { verification: 'perhaps' as 'approved' };
  await expect(house.merchants.changeCommerce(house.merchant.id, patch, shell)).rejects.toThrow();
});
