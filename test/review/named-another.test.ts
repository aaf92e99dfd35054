// Money that names another payment is not taken for one of the same amount by itself.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DeskHouse, iban, openDeskHouse, statementOf } from '../desk/house.ts';
import { account, createPayoutWorld } from '../desk/payouts/world.ts';

let house: DeskHouse;
beforeAll(async () => {
  house = await openDeskHouse();
});
afterAll(() => house.close());

test('paid twice under one reference: somebody else’s order is not paid by it', async () => {
  const boss = await house.person('manager');
  const { id: requisite } = await house.requisite({ kind: 'iban', number: iban });
  const first = await house.pay(40_00n);
  const text = first.reference;
  await house.upload(boss.token, requisite, statementOf([{ amount: '40.00', text, ref: 'A1' }]));
  expect(await house.statusOf(first.id)).toBe('completed');
  const other = await house.pay(40_00n);
  const again = `Order${text.replaceAll('-', '')}`;
  const file = statementOf([{ amount: '40.00', text: again, ref: 'A2' }]);
  await house.upload(boss.token, requisite, file);
  expect(await house.statusOf(other.id)).toBe('awaiting');
  expect(await house.inbox(boss.token)).toMatchObject([{ why: 'weak', amount: '40.00' }]);
  // Without a reference the amount alone says enough, as before.
  await house.upload(boss.token, requisite, statementOf([{ amount: '40.00', ref: 'A3' }]));
  expect(await house.statusOf(other.id)).toBe('completed');
});

test('sent once and shown twice: the next payout to the same account stays', async () => {
  const world = await createPayoutWorld();
  try {
    const shop = await world.newMerchant();
    const trader = await world.addTrader(100n, { merchantId: shop.id });
    const made: string[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      const id = await world.make({ merchantId: shop.id });
      await world.payouts.take(trader, id);
      made.push(id);
    }
    const [first = '', second = ''] = made;
    const { reference } = await world.order(first);
    const show = (text: string, number = account) =>
      world.db.transaction((tx) =>
        world.payouts.confirmSent(tx, {
          merchantId: shop.id,
          mode: 'live',
          traderId: trader.userId,
          amount: { units: 1_250n, asset: 'USD' },
          number,
          texts: [text],
          witness: randomUUID(),
        }),
      );
    // To his own account, with what he was to write.
    expect(await show(reference, 'DE89370400440532013000')).toBeNull();
    expect(await world.order(first)).toMatchObject({ status: 'taken' });
    expect(await show(reference, `**** ${account.slice(-6)}`)).toEqual({
      id: first,
      completed: true,
    });
    expect(await show(reference)).toBeNull();
    expect(await show(`Payment ${reference} of today`)).toBeNull();
    expect(await world.order(second)).toMatchObject({ status: 'taken' });
    expect(await show('Payment')).toEqual({ id: second, completed: true });
  } finally {
    await world.close();
  }
});
