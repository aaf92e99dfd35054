// Digits of the account in a message: they are no digits of a wallet or a phone in front of it.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DeskHouse, openDeskHouse } from './house.ts';

let house: DeskHouse;
beforeAll(async () => {
  house = await openDeskHouse();
}, 60_000);
afterAll(() => house.close());

const message =
  'Rs.150.00 credited to HDFC Bank A/c XX1234 on 31-01-26 from VPA payer@okaxis ' +
  '(UPI 612345678901)';

test.each([
  { kind: 'wallet', number: 'shop@okhdfcbank', method: 'wallet-transfer' },
  { kind: 'phone', number: '+91 98765 43210', method: 'phone-transfer' },
] as const)('a message about the account behind a $kind pays', async ({ kind, number, method }) => {
  const trader = await house.trader(500_00n, 'INR');
  await house.requisite({ traderId: trader.id, currency: 'INR', kind, number });
  const phone = await house.device(trader.token);
  const { id } = await house.pay(150_00n, { currency: 'INR', method });
  const told = await phone.tell(message, 'VM-HDFCBK-S');
  expect(told).toMatchObject({ status: 200, json: { result: 'taken' } });
  expect(await house.statusOf(id)).toBe('completed');
});

test('a message about another account pays nothing', async () => {
  const trader = await house.trader(500_00n, 'INR');
  await house.requisite({ traderId: trader.id, currency: 'INR', number: 'ACC77775678' });
  const phone = await house.device(trader.token);
  const { id } = await house.pay(150_00n, { currency: 'INR' });
  await phone.tell(message, 'VM-HDFCBK-S');
  expect(await house.statusOf(id)).toBe('awaiting');
  expect(await house.inbox(trader.token)).toMatchObject([{ why: 'unmatched', amount: '150.00' }]);
});
