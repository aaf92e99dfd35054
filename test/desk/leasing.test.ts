// Leasing: fair rotation, every limit, amounts that differ, one answer per reference, explanations.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DeskWorld, createDeskWorld, isLeased } from './world.ts';

let world: DeskWorld;
beforeEach(async () => {
  world = await createDeskWorld();
});
afterEach(() => world.close());

const second = 1_000;
const hour = 3_600 * second;

function later(ms: number): void {
  world.clock.at = new Date(world.clock.at.getTime() + ms);
}

describe('an answer', () => {
  test('tells the payer everything and lists only the last four', async () => {
    const { id } = await world.addRequisite({
      kind: 'iban',
      number: 'DE89 3704 0044 0532 0130 00',
      holder: ' Ada Lovelace ',
      bank: 'Cologne Bank',
      bankCode: 'COBADEFFXXX',
      country: 'DE',
    });
    const leased = await world.leaseOne(1_000n);
    expect(leased).toMatchObject({
      requisiteId: id,
      traderId: null,
      amount: { units: 1_000n, asset: 'USD' },
      masked: '**** 3000',
      details: {
        kind: 'iban',
        number: 'DE89370400440532013000',
        holder: 'Ada Lovelace',
        bank: 'Cologne Bank',
        bankCode: 'COBADEFFXXX',
        country: 'DE',
      },
    });
    const [listed] = await world.list();
    expect(listed).toMatchObject({ masked: '**** 3000', bank: 'Cologne Bank', openCount: 1 });
    const rows = await world.db.query('select r::text, l::text from requisites r, leases l');
    expect(JSON.stringify(rows)).not.toContain('0532013000');
  });

  test('is the same for the same reference, whatever has happened since', async () => {
    await world.addRequisite();
    await world.addRequisite();
    const asked = world.request(500n);
    const [first] = await world.leaseAll([asked]);
    const [again, other] = await world.leaseAll([asked, world.request(500n)]);
    expect(again).toEqual(first);
    expect(other).not.toMatchObject({
      requisiteId: (first as { requisiteId: string }).requisiteId,
    });
    await world.settle(asked.reference, 'closed', 0n);
    expect((await world.leaseAll([asked]))[0]).toEqual(first);
    expect((await world.list()).reduce((sum, one) => sum + one.openCount, 0)).toBe(1);
  });

  test('leaves nothing when the caller rolls back', async () => {
    await world.addRequisite({ openLimit: 1 });
    await expect(
      world.db.transaction(async (tx) => {
        await world.lease(tx, [world.request(1n)]);
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect(await world.list()).toMatchObject([{ openCount: 0, day: { operations: 0 } }]);
    await world.leaseOne(1n);
  });
});

describe('rotation', () => {
  test('whoever was leased longest ago is next, also within one moment', async () => {
    for (let count = 0; count < 3; count += 1) await world.addRequisite();
    const order: string[] = [];
    for (let count = 0; count < 9; count += 1) {
      order.push((await world.leaseOne(100n)).requisiteId);
    }
    expect(new Set(order.slice(0, 3)).size).toBe(3);
    expect(order.slice(3, 6)).toEqual(order.slice(0, 3));
    expect(order.slice(6)).toEqual(order.slice(0, 3));
  });

  test('a batch is spread over all', async () => {
    for (let count = 0; count < 4; count += 1) await world.addRequisite();
    const answers = await world.leaseAll(Array.from({ length: 12 }, () => world.request(100n)));
    const ids = answers.filter(isLeased).map(({ requisiteId }) => requisiteId);
    const counts = [...new Set(ids)].map((id) => ids.filter((one) => one === id).length);
    expect(counts).toEqual([3, 3, 3, 3]);
  });

  test('one that is held by somebody is passed over, not waited for', async () => {
    await world.addRequisite();
    const { id: second } = await world.addRequisite();
    const other = await world.holdLease([world.request(1n)]);
    expect((await world.leaseOne(1n)).requisiteId).toBe(second);
    await other.end();
  });

  test('the only one is waited for, not refused', async () => {
    await world.addRequisite();
    const other = await world.holdLease([world.request(1n)]);
    const waiting = world.leaseOne(1n);
    await lockWaiter();
    await other.end();
    await waiting;
    expect(await world.list()).toMatchObject([{ openCount: 2 }]);
  });

  test('whoever waited in vain hears why', async () => {
    await world.addRequisite({ openLimit: 1 });
    const other = await world.holdLease([world.request(1n)]);
    const waiting = world.refusalOf(1n);
    await lockWaiter();
    await other.end();
    expect((await waiting).explanation).toEqual({ looked: 1, excluded: { 'open-limit': 1 } });
  });
});

describe('every limit', () => {
  test.each([
    ['minimum', { minUnits: 100n }, 99n, 100n],
    ['maximum', { maxUnits: 100n }, 101n, 100n],
    ['day-volume', { dayUnits: 100n }, 101n, 100n],
    ['month-volume', { monthUnits: 100n }, 101n, 100n],
  ] as const)('%s bounds an amount', async (name, terms, refused, served) => {
    await world.addRequisite(terms);
    expect((await world.refusalOf(refused)).explanation).toEqual({
      looked: 1,
      excluded: { [name]: 1 },
    });
    await world.leaseOne(served);
  });

  test.each([
    ['open-limit', { openLimit: 2 }],
    ['day-count', { dayCount: 2 }],
    ['month-count', { monthCount: 2 }],
    ['day-volume', { dayUnits: 29n }],
    ['month-volume', { monthUnits: 29n }],
  ] as const)('%s bounds a number of operations', async (name, terms) => {
    await world.addRequisite(terms);
    const answers = await world.leaseAll(Array.from({ length: 5 }, () => world.request(10n)));
    expect(answers.map(isLeased)).toEqual([true, true, false, false, false]);
    expect((await world.refusalOf(10n)).explanation.excluded).toEqual({ [name]: 1 });
  });

  test('the cool-down lasts to the second', async () => {
    await world.addRequisite({ coolDownSeconds: 60 });
    await world.leaseOne(10n);
    later(60 * second - 1);
    expect((await world.refusalOf(10n)).explanation.excluded).toEqual({ 'cool-down': 1 });
    later(1);
    await world.leaseOne(10n);
  });

  test('a day ends at midnight of the requisite’s time zone, a month with its last', async () => {
    await world.addRequisite({ dayCount: 1, monthCount: 2, timeZone: 'Asia/Jakarta' });
    await world.leaseOne(10n);
    // 31 January, 19:00 there; five hours are left.
    later(5 * hour - 1);
    await world.refusalOf(10n);
    later(1);
    await world.leaseOne(10n);
    later(24 * hour);
    await world.leaseOne(10n);
    later(24 * hour);
    expect((await world.refusalOf(10n)).explanation.excluded).toEqual({ 'month-count': 1 });
    world.clock.at = new Date('2026-02-28T17:00:00.000Z');
    await world.leaseOne(10n);
  });

  test('the hours are those of the requisite’s own time zone', async () => {
    const schedule = [{ days: [7], from: '01:30', to: '02:00' }];
    await world.addRequisite({ schedule, timeZone: 'Asia/Tokyo' });
    expect((await world.refusalOf(10n)).explanation.excluded).toEqual({ schedule: 1 });
    world.clock.at = new Date('2026-01-31T16:30:00.000Z');
    await world.leaseOne(10n);
    world.clock.at = new Date('2026-01-31T17:00:00.000Z');
    expect((await world.refusalOf(10n)).explanation.excluded).toEqual({ schedule: 1 });
  });

  test('currency, way and mode must be those that were asked for', async () => {
    await world.addRequisite();
    expect((await world.refusalOf(10n, { way: 'card' })).explanation.looked).toBe(0);
    expect((await world.refusalOf(10n, { mode: 'test' })).explanation.looked).toBe(0);
    const euros = { amount: { units: 10n, asset: 'EUR' } };
    expect((await world.refusalOf(10n, euros)).refusal).toMatch(/there is no requisite/);
  });

  test('the next candidate serves where the first cannot, far down the line', async () => {
    for (let count = 0; count < 60; count += 1) await world.addRequisite({ dayUnits: 50n });
    const answers = await world.leaseAll(Array.from({ length: 60 }, () => world.request(40n)));
    expect(answers.every(isLeased)).toBe(true);
    const { id } = await world.addRequisite({ dayCount: 4 });
    for (let count = 0; count < 3; count += 1) {
      expect((await world.leaseOne(20n)).requisiteId).toBe(id);
    }
    // Those that have hardly anything left come when no other serves.
    expect((await world.leaseOne(10n)).requisiteId).toBe(id);
    expect((await world.leaseOne(10n)).requisiteId).not.toBe(id);
  });

  test('half of an average operation keeps its place in the line', async () => {
    const first = await world.addRequisite({ dayUnits: 60n });
    const second = await world.addRequisite();
    for (const [units, { id }] of [
      [40n, first],
      [40n, second],
      [20n, first],
    ] as const) {
      expect((await world.leaseOne(units)).requisiteId).toBe(id);
    }
  });

  test('every reason is counted and said', async () => {
    await world.addRequisite({ active: false });
    await world.addRequisite({ minUnits: 500n });
    await world.addRequisite({ minUnits: 600n });
    await world.addRequisite({ schedule: [{ days: [1], from: '00:00', to: '24:00' }] });
    expect(await world.refusalOf(10n)).toMatchObject({
      explanation: { looked: 4, excluded: { inactive: 1, minimum: 2, schedule: 1 } },
      refusal:
        'none of 4 requisites fits: ' +
        '1 switched off, 1 outside their hours, 2 for larger amounts only',
    });
  });

  test('what the operator changes counts at once', async () => {
    const { id, merchantId } = await world.addRequisite({ dayCount: 1 });
    const shell = { userId: null, address: null };
    await world.leaseOne(10n);
    await world.refusalOf(10n);
    await world.requisites.change({ merchantId, id }, { dayCount: 2 }, shell);
    await world.leaseOne(10n);
    await world.requisites.change({ merchantId, id }, { dayCount: null, active: false }, shell);
    await world.refusalOf(10n);
  });
});

describe('unique amounts', () => {
  test.each([
    ['whole', [1_000n, 1_100n, 1_200n]],
    ['decimals', [1_000n, 1_001n, 1_002n]],
  ] as const)('%s: equal amounts on one requisite differ, up to the bound', async (mode, told) => {
    await world.addRequisite({ uniqueAmounts: mode, uniqueBound: 2 });
    const answers = await world.leaseAll(Array.from({ length: 4 }, () => world.request(1_000n)));
    expect(answers.filter(isLeased).map(({ amount }) => amount.units)).toEqual(told);
    expect((await world.refusalOf(1_000n)).explanation.excluded).toEqual({ amounts: 1 });
    const [, freed] = answers;
    await world.settle(freed?.reference ?? '', 'closed', 0n);
    expect((await world.leaseOne(1_000n)).amount.units).toBe(told[1]);
  });

  test('none: equal amounts may be open at the same time', async () => {
    await world.addRequisite();
    const answers = await world.leaseAll([world.request(7n), world.request(7n)]);
    expect(answers).toMatchObject([{ amount: { units: 7n } }, { amount: { units: 7n } }]);
  });

  test('a requisite follows the desk unless it says itself', async () => {
    const shell = { userId: null, address: null };
    const desk = { merchantId: world.merchant.id, mode: 'live' } as const;
    await world.requisites.setUnique(desk, { mode: 'decimals', bound: 9 }, shell);
    await world.addRequisite();
    expect((await world.leaseOne(5n)).amount.units).toBe(5n);
    expect((await world.leaseOne(5n)).amount.units).toBe(6n);
    const { id } = await world.addRequisite({ uniqueAmounts: 'none' });
    await world.addRequisite({ active: false });
    const own = await world.leaseOne(5n);
    expect(own).toMatchObject({ requisiteId: id, amount: { units: 5n } });
  });

  test('another requisite serves before an amount is out of its limits', async () => {
    await world.addRequisite({ uniqueAmounts: 'decimals', uniqueBound: 5, maxUnits: 10n });
    await world.leaseOne(10n);
    expect((await world.refusalOf(10n)).explanation.excluded).toEqual({ amounts: 1 });
    await world.addRequisite();
    expect((await world.leaseOne(10n)).amount.units).toBe(10n);
  });
});

/** Resolves when some transaction waits for the lock of another. */
async function lockWaiter(): Promise<void> {
  for (let looks = 0; looks < 1_000; looks += 1) {
    const [row] = await world.db.query<{ count: number }>(
      `select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (row && row.count > 0) return;
  }
  throw new Error('nobody waits');
}
