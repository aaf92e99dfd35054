// Booking: one row for each money with all who told of it, written together or not at all.

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DeskObservation, createBooking } from '../../src/desk/booking.ts';
import { createInbox } from '../../src/desk/inbox.ts';
import type { NewIncoming } from '../../src/desk/incoming-rows.ts';
import { type LeaseMoney, readLease } from '../../src/desk/moneys.ts';
import { createVault } from '../../src/merchants/vault.ts';
import { type DeskHouse, openDeskHouse } from './house.ts';

let house: DeskHouse;
beforeAll(async () => {
  house = await openDeskHouse();
  await house.requisite();
}, 60_000);
afterAll(() => house.close());

async function newLease(units: bigint) {
  const { id, lease } = await house.pay(units);
  const key = { merchantId: house.merchant.id, id: lease };
  const read = await readLease(house.db, key);
  if (!read) throw new Error('there is no lease');
  return { lease: read, key, paymentId: id };
}

const entryId = '00000000-0000-7000-8000-000000000001';
const messageId = '00000000-0000-7000-8000-000000000002';

test('one money told by three, before and after it is written, is one row', async () => {
  const { lease, key } = await newLease(10_00n);
  const told: DeskObservation[] = [];
  const at = house.clock.at;
  await house.db.transaction(async (tx) => {
    const report = (_: unknown, __: unknown, seen: readonly DeskObservation[]) =>
      Promise.resolve(void told.push(...seen));
    const booking = createBooking(tx, report, at, [lease]);
    const shown = { source: 'statement', incomingId: entryId } as const;
    const first = booking.add({ lease, units: 4_00n, at, witness: shown });
    const second = booking.add({ lease, units: 6_00n, at, witness: shown });
    const open = (units: bigint, source: 'message' | 'word'): LeaseMoney => {
      const found = booking.open(lease, units, source);
      if (!found) throw new Error('it is not open');
      return found;
    };
    booking.attach(lease, open(4_00n, 'message'), { source: 'message', incomingId: messageId });
    await booking.write();
    const word = { source: 'word', userId: null, at, reference: 'mine' } as const;
    booking.attach(lease, open(4_00n, 'word'), word);
    booking.attach(lease, open(6_00n, 'message'), { source: 'message', incomingId: messageId });
    booking.attach(lease, open(6_00n, 'word'), { ...word, reference: 'other' });
    expect(booking.open(lease, 6_00n, 'word')).toBeNull();
    await booking.finish();
    expect(told.map(({ key: id }) => id)).toEqual([first, second]);
  });
  const moneys = (await readLease(house.db, key))?.moneys ?? [];
  const sources = ['word', 'statement', 'message'];
  expect(moneys.map((one) => [one.units, one.sources, one.saidReference])).toEqual([
    [4_00n, sources, 'mine'],
    [6_00n, sources, 'other'],
  ]);
});

test('what cannot be settled leaves nothing behind, and is new when it comes again', async () => {
  const { lease, key, paymentId } = await newLease(20_00n);
  const own = { merchantId: house.merchant.id, mode: 'live', traderId: null } as const;
  const incoming: NewIncoming = {
    ...own,
    source: 'statement',
    kind: 'money',
    sourceKey: 'statement/live/own/an entry',
    incoming: {
      id: 'an entry',
      requisites: [lease.requisiteId],
      amount: { units: 20_00n, asset: 'EUR' },
      at: house.clock.at,
      timed: true,
      text: '',
      endToEndId: null,
      counterpartyName: null,
      counterpartyAccount: null,
      lastDigits: null,
    },
  };
  const { db } = house;
  const vault = createVault(randomBytes(32));
  const now = () => house.clock.at;
  const take = (report: Parameters<typeof createInbox>[0]['report']) => {
    const inbox = createInbox({ db, vault, report, now });
    return db.transaction((tx) => inbox.take(tx, own, [incoming]));
  };
  const rows = () => db.query('select status from incomings');
  await expect(take(() => Promise.reject(new Error('pulled out')))).rejects.toThrow('pulled out');
  expect(await rows()).toEqual([]);
  expect((await readLease(db, key))?.moneys).toEqual([]);

  const { observed } = house.app.payments;
  expect(await take(observed)).toBe(1);
  expect(await take(observed)).toBe(0);
  expect(await rows()).toEqual([{ status: 'settled' }]);
  expect(await house.statusOf(paymentId)).toBe('completed');
});
