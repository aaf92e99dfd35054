// Requisites as they are entered: numbers, hours, duplicates, what is kept and what is shown.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readNumber } from '../../src/desk/requisite-number.ts';
import { isOpen, nextOpening, parseSchedule } from '../../src/desk/schedule.ts';
import { localTime, momentOf } from '../../src/desk/zone.ts';
import { listStaffActions } from '../../src/merchants/staff-log.ts';
import { type DeskWorld, createDeskWorld } from './world.ts';

describe('a number', () => {
  test.each([
    ['card', '4242 4242-4242 4242', '4242424242424242'],
    ['card', '8600123412341239', '8600123412341239'],
    ['card', '9860 1201 0123 4561', '9860120101234561'],
    ['iban', 'de89 3704 0044 0532 0130 00', 'DE89370400440532013000'],
    ['iban', 'GB82 WEST 1234 5698 7654 32', 'GB82WEST12345698765432'],
    ['account', ' 110-436-387.521 ', '110436387521'],
    ['phone', '+49 (30) 901820', '+4930901820'],
    ['wallet', 'ada@upi', 'ada@upi'],
  ] as const)('%s %s is read as %s', (kind, text, number) => {
    expect(readNumber(kind, text)).toEqual({ number });
  });

  test.each([
    ['card', '4242424242424241'],
    ['card', '8600123412341230'],
    ['card', '4242'],
    ['card', '４２４２４２４２４２４２４２４２'],
    ['iban', 'DE88370400440532013000'],
    ['iban', 'DE8937040044053201300'],
    ['iban', 'ZZ89370400440532013000'],
    ['account', '12'],
    ['account', '1234 $'],
    ['phone', '030 901820'],
    ['phone', '+49 1'],
    ['wallet', 'a b c d'],
    ['wallet', ''],
  ] as const)('%s %s is refused', (kind, text) => {
    expect(readNumber(kind, text)).toHaveProperty('fault');
  });
});

describe('hours', () => {
  const zone = 'Europe/Berlin';

  test('are read as a person writes them', () => {
    expect(parseSchedule('Mo-Fr 09:00-18:00, sa 10:00-24:00')).toEqual([
      { days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' },
      { days: [6], from: '10:00', to: '24:00' },
    ]);
  });

  test.each(['', 'mo', 'mo 9:00-18:00', 'fr-mo 09:00-18:00', 'mo 18:00-09:00', 'mo 09:00-25:00'])(
    '%j is not understood',
    (text) => expect(parseSchedule(text)).toBeNull(),
  );

  test('begin with their first minute and end before their last', () => {
    const schedule = parseSchedule('sa 10:00-14:00');
    const at = (text: string) => isOpen(schedule, localTime(zone, new Date(text)));
    expect(at('2026-01-31T08:59:59.999Z')).toBe(false);
    expect(at('2026-01-31T09:00:00.000Z')).toBe(true);
    expect(at('2026-01-31T12:59:59.999Z')).toBe(true);
    expect(at('2026-01-31T13:00:00.000Z')).toBe(false);
  });

  test('open again on the next of their days, over a change of summer time', () => {
    const schedule = parseSchedule('fr 18:00-20:00, mo 09:00-10:00');
    const friday = localTime(zone, new Date('2026-03-27T20:00:00.000Z'));
    expect(nextOpening(schedule, zone, friday)).toEqual(new Date('2026-03-30T07:00:00.000Z'));
    const weekly = parseSchedule('fr 18:00-20:00');
    expect(nextOpening(weekly, zone, friday)).toEqual(new Date('2026-04-03T16:00:00.000Z'));
  });

  test('midnight is found on both sides of summer time', () => {
    expect(momentOf(zone, '2026-03-29', 0)).toEqual(new Date('2026-03-28T23:00:00.000Z'));
    expect(momentOf(zone, '2026-03-30', 0)).toEqual(new Date('2026-03-29T22:00:00.000Z'));
    expect(momentOf('America/New_York', '2026-11-02', 0)).toEqual(
      new Date('2026-11-02T05:00:00.000Z'),
    );
  });
});

describe('an entry', () => {
  let world: DeskWorld;
  beforeAll(async () => {
    world = await createDeskWorld();
  });
  afterAll(() => world.close());

  test('is refused when the merchant has the number already, however it is written', async () => {
    await world.addRequisite({ kind: 'iban', number: 'GB82WEST12345698765432' });
    const again = { kind: 'iban', number: 'gb82 west 1234 5698 7654 32' } as const;
    await expect(world.addRequisite(again)).rejects.toThrow(/has this iban in USD already/);
    await world.addRequisite({ ...again, currency: 'EUR' });
  });

  test.each([
    [{ number: '12' }, /number is no valid account number/],
    [{ holder: '  ' }, /holder/],
    [{ holder: 'x'.repeat(141) }, /longer than 140/],
    [{ currency: 'XAU' }, /no currency/],
    [{ currency: 'COC' }, /no currency/],
    [{ minUnits: 0n }, /above 0/],
    [{ minUnits: 5n, maxUnits: 4n }, /must not be below/],
    [{ dayCount: 0 }, /whole number above 0/],
    [{ openLimit: 1.5 }, /whole number above 0/],
    [{ coolDownSeconds: -1 }, /seconds/],
    [{ timeZone: 'Mars/Olympus' }, /no time zone/],
    [{ schedule: [] }, /never open/],
    [{ uniqueBound: 10_001 }, /bound/],
  ] as const)('%o is refused', async (change, reason) => {
    await expect(world.addRequisite(change)).rejects.toThrow(reason);
  });

  test('a short number is not shown whole by its end', async () => {
    const added = await world.addRequisite({ kind: 'wallet', number: 'ada@' });
    expect(added.masked).toBe('**** a@');
  });

  test('a change is checked as a whole, and every act is written down', async () => {
    const { id, merchantId } = await world.addRequisite({ minUnits: 10n });
    const key = { merchantId, id };
    const shell = { userId: null, address: null };
    await expect(world.requisites.change(key, { maxUnits: 9n }, shell)).rejects.toThrow(/below/);
    const changed = await world.requisites.change(key, { maxUnits: 20n, active: false }, shell);
    expect(changed.terms).toMatchObject({ minUnits: 10n, maxUnits: 20n, active: false });
    const nobody = { merchantId, id: merchantId };
    await expect(world.requisites.change(nobody, {}, shell)).rejects.toThrow(/no requisite/);
    const [last, first] = await listStaffActions(world.db, { merchantId });
    expect(last).toMatchObject({
      action: 'requisite.changed',
      subject: id,
      details: { maxUnits: '20', active: false },
    });
    expect(first).toMatchObject({ action: 'requisite.added', details: { minUnits: '10' } });
    expect(JSON.stringify(first)).not.toMatch(/ACC0/);
  });
});
