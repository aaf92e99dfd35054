// Collateral: reserved with the lease, gone with the money, back with an expiry; never below zero.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DeskWorld, createDeskWorld, isLeased } from './world.ts';

let world: DeskWorld;
let traderId: string;
beforeEach(async () => {
  world = await createDeskWorld();
  traderId = await world.addTrader(1_000n);
});
afterEach(async () => {
  expect(await world.auditOk()).toBe(true);
  await world.close();
});

async function held(): Promise<{ deposit: bigint; reserved: bigint; outside: bigint }> {
  const all = await world.balances();
  const of = (account: string): bigint => all[account] ?? 0n;
  return {
    deposit: of(`live/deposit/USD/${traderId}`),
    reserved: of(`live/reserved/USD/${traderId}`),
    outside: of('live/outside/USD/desk'),
  };
}

describe('one lease', () => {
  test('reserves its amount, and gives it back when nothing came', async () => {
    await world.addRequisite({ traderId });
    const { reference } = await world.leaseOne(300n);
    expect(await held()).toEqual({ deposit: 700n, reserved: 300n, outside: -1_000n });
    await world.settle(reference, 'closed', 0n);
    expect(await held()).toEqual({ deposit: 1_000n, reserved: 0n, outside: -1_000n });
    expect(await world.list()).toMatchObject([{ openCount: 0, day: { units: 0n, operations: 0 } }]);
  });

  test('gives up what the trader has received', async () => {
    await world.addRequisite({ traderId });
    const { reference } = await world.leaseOne(300n);
    expect(await world.settle(reference, 'closed', 300n)).toEqual([
      { instructionId: reference, missingUnits: 0n },
    ]);
    expect(await held()).toEqual({ deposit: 700n, reserved: 0n, outside: -700n });
    expect(await world.list()).toMatchObject([
      { openCount: 0, day: { units: 300n, operations: 1 }, month: { units: 300n, operations: 1 } },
    ]);
  });

  test('follows part, rest and reversal, however often each is said', async () => {
    await world.addRequisite({ traderId });
    const { reference } = await world.leaseOne(300n);
    const say = async (state: 'open' | 'closed', units: bigint) => {
      await world.settle(reference, state, units);
      await world.settle(reference, state, units);
      return held();
    };
    expect(await say('open', 100n)).toEqual({ deposit: 700n, reserved: 200n, outside: -900n });
    expect(await say('open', 0n)).toEqual({ deposit: 700n, reserved: 300n, outside: -1_000n });
    expect(await say('closed', 350n)).toEqual({ deposit: 650n, reserved: 0n, outside: -650n });
    expect(await say('closed', 0n)).toEqual({ deposit: 1_000n, reserved: 0n, outside: -1_000n });
    // Closed stays closed, though money that comes after all is counted.
    expect(await say('open', 300n)).toEqual({ deposit: 700n, reserved: 0n, outside: -700n });
    expect(await world.list()).toMatchObject([{ openCount: 0, day: { units: 300n } }]);
  });

  test('takes no more than there is, and says what is missing until it is there', async () => {
    await world.addRequisite({ traderId });
    const { reference } = await world.leaseOne(900n);
    const missing = async () => (await world.settle(reference, 'closed', 1_250n))[0]?.missingUnits;
    expect(await missing()).toBe(250n);
    expect(await held()).toEqual({ deposit: 0n, reserved: 0n, outside: 0n });
    await world.deposit(traderId, 100n);
    expect(await missing()).toBe(150n);
    await world.deposit(traderId, 500n);
    expect(await missing()).toBe(0n);
    expect(await held()).toMatchObject({ deposit: 350n, reserved: 0n });
  });
});

test('nobody is promised more than his deposit, whichever of his requisites it is', async () => {
  await world.addRequisite({ traderId });
  await world.addRequisite({ traderId });
  const answers = await world.leaseAll(Array.from({ length: 5 }, () => world.request(300n)));
  expect(answers.filter(isLeased)).toHaveLength(3);
  expect((await world.refusalOf(300n)).explanation.excluded).toEqual({ deposit: 2 });
  await world.leaseOne(100n);
  await world.deposit(traderId, 300n);
  await world.leaseOne(300n);
});

test('from many transactions at once, too', async () => {
  for (let count = 0; count < 20; count += 1) await world.addRequisite({ traderId });
  const tries = Array.from({ length: 20 }, () => world.leaseAll([world.request(100n)]));
  const served = (await Promise.all(tries)).flat().filter(isLeased);
  expect(served).toHaveLength(10);
  expect(await held()).toMatchObject({ deposit: 0n, reserved: 1_000n });
});

test('the merchant’s own requisites need none', async () => {
  await world.addRequisite();
  const { reference } = await world.leaseOne(5_000_000n);
  await world.settle(reference, 'closed', 5_000_000n);
  expect(await held()).toEqual({ deposit: 1_000n, reserved: 0n, outside: -1_000n });
});

describe('a deposit', () => {
  test('is posted once for each reference, and leaves no further than it is free', async () => {
    await world.addRequisite({ traderId });
    await world.leaseOne(400n);
    const change = { traderId, amount: { units: 50n, asset: 'USD' }, reference: 'wire 7' };
    const shell = { userId: null, address: null };
    const paid = { ...change, direction: 'in', reference: 'wire-7' } as const;
    await world.traders.changeDeposit(paid, shell);
    expect(await world.traders.changeDeposit(paid, shell)).toEqual({
      deposit: { units: 650n, asset: 'USD' },
      reserved: { units: 400n, asset: 'USD' },
    });
    const other = { ...paid, amount: { units: 51n, asset: 'USD' } };
    await expect(world.traders.changeDeposit(other, shell)).rejects.toThrow(/another change/);
    await expect(world.traders.changeDeposit({ ...paid, ...change }, shell)).rejects.toThrow(
      /visible/,
    );
    await expect(world.deposit(traderId, 651n, 'out')).rejects.toThrow(/not so much/);
    await world.deposit(traderId, 650n, 'out');
    expect(await held()).toMatchObject({ deposit: 0n, reserved: 400n });
  });

  test('belongs to a trader', async () => {
    const nobody = '00000000-0000-7000-8000-000000000000';
    await expect(world.deposit(nobody, 1n)).rejects.toThrow(/no trader/);
    await expect(world.addRequisite({ traderId: nobody })).rejects.toThrow(/no trader/);
    await expect(world.addRequisite({ traderId, mode: 'test' })).rejects.toThrow(/live mode/);
  });

  test('serves nobody while its trader is shut out', async () => {
    await world.addRequisite({ traderId });
    await world.db.query('update users set active = false where id = $1', [traderId]);
    expect((await world.refusalOf(1n)).explanation.excluded).toEqual({ inactive: 1 });
  });
});
