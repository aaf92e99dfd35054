// What a dispute has taken back is not booked once more on the same kind of witness's word alone.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DeskHouse, openDeskHouse } from '../desk/house.ts';

let house: DeskHouse;
beforeAll(async () => {
  house = await openDeskHouse();
});
afterAll(() => house.close());

const messageOf = (ref: string) =>
  `Rs 150.00 credited to your A/c XX0001 via IMPS on 31JAN2026 17:35:00 IMPS Ref no ${ref} ` +
  'Bal:Rs 5,000.00. -Federal Bank';

test('a message that was false, and one more like it', async () => {
  const boss = await house.person('manager');
  const trader = await house.trader(500_00n, 'INR');
  await house.requisite({ traderId: trader.id, currency: 'INR', number: 'ACC77770001' });
  const phone = await house.device(trader.token);
  const { id } = await house.pay(150_00n, { currency: 'INR' });
  await phone.tell(messageOf('123456789012'));
  expect(await house.statusOf(id)).toBe('completed');
  const claim = { kind: 'wrong_amount', payment: id, amount: '0', note: 'Nothing has come.' };
  const { status, json } = await house.call(trader.token, 'POST', 'disputes', claim);
  expect(status).toBe(201);
  const answer = { answer: 'accept' };
  const { json: over } = await house.call(
    boss.token,
    'POST',
    `disputes/${json['id']}/answer`,
    answer,
  );
  expect(over).toMatchObject({ status: 'resolved' });
  expect(await house.statusOf(id)).not.toBe('completed');
  house.advance(60_000);
  await phone.tell(messageOf('210987654321'));
  expect(await house.statusOf(id)).not.toBe('completed');
  const [item] = await house.inbox(trader.token);
  expect(item).toMatchObject({ why: 'differs', amount: '150.00' });
  // A person decides, and then it counts.
  const [lease] = (await house.call(trader.token, 'GET', 'leases')).json['items'] as {
    id: string;
  }[];
  const match = { lease: lease?.id };
  expect((await house.call(boss.token, 'POST', `inbox/${item?.['id']}/match`, match)).status).toBe(
    200,
  );
  expect(await house.statusOf(id)).toBe('completed');
  expect((await house.balances())['live/available/INR']).toBe(150_00n);
  expect(await house.auditOk()).toBe(true);
});
