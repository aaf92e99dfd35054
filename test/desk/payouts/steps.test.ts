// A payout at the desk, step by step: who may do what when, and where its money is after it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingOf } from '../../../src/desk/payouts/backing.ts';
import { type PayoutWorld, account, createPayoutWorld } from './world.ts';

let world: PayoutWorld;
let manager: Awaited<ReturnType<PayoutWorld['addPerson']>>;
let operator: Awaited<ReturnType<PayoutWorld['addPerson']>>;
beforeAll(async () => {
  world = await createPayoutWorld();
  manager = await world.addPerson('manager');
  operator = await world.addPerson('operator');
});
afterAll(() => world.close());

const sent = { reference: 'FT-2026-0001', file: null };
const refused = (code: string) => expect.objectContaining({ name: 'PayoutRefused', code });
const deposit = async (userId: string) => (await world.balances())[`live/deposit/USD/${userId}`];

describe('the way of a payout', () => {
  test('taken, shown as sent, confirmed: the deposit of the trader grows by it', async () => {
    const trader = await world.addTrader(10_000n);
    const before = await world.balances();
    const id = await world.make();
    expect(await world.order(id)).toMatchObject({ status: 'waiting', lastFour: '2051' });
    expect((await world.balances())['live/payable/USD']).toBe(
      (before['live/payable/USD'] ?? 0n) + 1_250n,
    );

    const taken = await world.payouts.take(trader, id);
    expect(taken).toMatchObject({ status: 'taken', takenBy: trader.userId });
    expect(await world.statusOf(id)).toBe('confirming');
    expect(world.payouts.destinationFor(trader, taken)).toEqual({
      number: account,
      holder: 'Ada Lovelace',
    });

    await world.payouts.prove(trader, id, sent);
    const done = await world.payouts.confirm(manager, id);
    expect(done).toMatchObject({ status: 'completed', endedBy: manager.userId });
    expect(done.proof).toMatchObject({ reference: 'FT-2026-0001' });
    expect(await world.statusOf(id)).toBe('completed');
    expect(await deposit(trader.userId)).toBe(11_250n);
    const after = await world.balances();
    expect(after['live/available/USD']).toBe((before['live/available/USD'] ?? 0n) - 1_250n);
    expect(after['live/payable/USD']).toBe(before['live/payable/USD'] ?? 0n);
    expect(await world.audit()).toMatchObject({ ok: true, overdrawn: 0 });
  });

  test('every act done twice changes nothing the second time', async () => {
    const trader = await world.addTrader(10_000n);
    const id = await world.make();
    for (const _ of [1, 2]) await world.payouts.take(trader, id);
    for (const _ of [1, 2]) await world.payouts.prove(trader, id, sent);
    for (const _ of [1, 2]) await world.payouts.confirm(manager, id);
    for (const _ of [1, 2]) {
      await world.payouts.reverse(operator, id, { atCostOf: 'trader', reason: 'came back' });
    }
    expect(await deposit(trader.userId)).toBe(10_000n);
    expect(await world.order(id)).toMatchObject({ status: 'reversed', postings: 2 });
    expect(await world.statusOf(id)).toBe('refunded');
    const told = world.events.filter(({ payment }) => payment.id === id);
    expect(told.map(({ event }) => event.status)).toEqual([
      'awaiting',
      'confirming',
      'completed',
      'refunded',
    ]);
  });

  test('what is given back waits again, in its old place, and the next one has it', async () => {
    const [one, two] = [await world.addTrader(1n), await world.addTrader(1n)];
    const id = await world.make();
    await world.payouts.take(one, id);
    expect(await world.payouts.release(one, id, 'my bank is away')).toMatchObject({
      status: 'waiting',
      takenBy: null,
      traderId: null,
      reason: 'my bank is away',
    });
    expect(await world.statusOf(id)).toBe('awaiting');
    await world.payouts.take(two, id);
    await expect(world.payouts.confirm(one, id)).rejects.toEqual(refused('not_found'));
    await world.payouts.confirm(manager, id);
    expect([await deposit(one.userId), await deposit(two.userId)]).toEqual([1n, 1_251n]);
  });

  test('a manager sends it from the merchant’s own account: no deposit moves', async () => {
    const id = await world.make();
    const before = await world.balances();
    await world.payouts.take(manager, id);
    await world.payouts.confirm(manager, id);
    const after = await world.balances();
    expect(after['live/outside/USD/desk']).toBe(before['live/outside/USD/desk']);
    expect(await world.order(id)).toMatchObject({ status: 'completed', traderId: null });
  });

  test.each([
    ['nobody had it', 'waiting', 'declined'],
    ['somebody had it', 'taken', 'declined'],
    ['it was shown as sent', 'proven', 'failed'],
  ] as const)('rejected when %s: the money is the merchant’s again', async (_, when, becomes) => {
    const trader = await world.addTrader(5n);
    const before = await world.balances();
    const id = await world.make();
    if (when !== 'waiting') await world.payouts.take(trader, id);
    if (when === 'proven') await world.payouts.prove(trader, id, sent);
    const rejected = await world.payouts.reject(manager, id, 'no such account');
    expect(rejected).toMatchObject({ status: 'rejected', reason: 'no such account' });
    expect(await world.statusOf(id)).toBe(becomes);
    expect(await world.balances()).toMatchObject(before);
    await expect(world.payouts.confirm(manager, id)).rejects.toEqual(refused('conflict'));
  });

  test('one that expires, or that the merchant takes back, leaves the queue', async () => {
    const [late, cancelled] = [await world.make(), await world.make()];
    const scope = { merchantId: world.merchant.id, mode: 'live' } as const;
    await world.payments.closePayout(scope, cancelled, 'cancel');
    expect(await world.order(cancelled)).toMatchObject({ status: 'closed' });
    world.wait(61);
    await world.expire();
    expect(await world.order(late)).toMatchObject({ status: 'closed' });
    const trader = await world.addTrader(1n);
    await expect(world.payouts.take(trader, late)).rejects.toEqual(refused('conflict'));
  });

  test('one given back after its time is closed at once', async () => {
    const trader = await world.addTrader(1n);
    const id = await world.make();
    await world.payouts.take(trader, id);
    world.wait(61);
    await world.expire();
    expect(await world.order(id)).toMatchObject({ status: 'taken' });
    await world.payouts.release(trader, id, null);
    expect(await world.order(id)).toMatchObject({ status: 'closed', takenBy: null });
    expect(await world.statusOf(id)).toBe('expired');
  });
});

describe('the deposit', () => {
  test('a reversal takes no more than there is, and says what it lacked', async () => {
    const trader = await world.addTrader(100n);
    const id = await world.make();
    await world.payouts.take(trader, id);
    await world.payouts.confirm(manager, id);
    await world.emptyDeposit(trader.userId, 1_000n);
    const given = { atCostOf: 'trader', reason: 'never arrived' } as const;
    const reversed = await world.payouts.reverse(operator, id, given);
    expect(missingOf(reversed)).toBe(900n);
    expect(await deposit(trader.userId)).toBe(0n);
    expect(await world.audit()).toMatchObject({ ok: true, overdrawn: 0 });
  });

  test('what the house pays for stays with the trader', async () => {
    const trader = await world.addTrader(100n);
    const id = await world.make();
    await world.payouts.take(trader, id);
    await world.payouts.confirm(manager, id);
    const given = { atCostOf: 'house', reason: 'the bank lost it' } as const;
    const reversed = await world.payouts.reverse(operator, id, given);
    expect(missingOf(reversed)).toBe(0n);
    expect(await deposit(trader.userId)).toBe(1_350n);
    expect(await world.statusOf(id)).toBe('refunded');
  });

  test('where it stands for what was taken, it is reserved, and freed in the end', async () => {
    const shop = await world.newMerchant();
    const boss = await world.addPerson('manager', { merchantId: shop.id });
    await world.payouts.changeTerms(boss, { pledged: true });
    const trader = await world.addTrader(2_000n, { merchantId: shop.id });
    const held = async () => {
      const all = await world.balances(shop.id);
      const [free, kept] = ['deposit', 'reserved'].map(
        (kind) => all[`live/${kind}/USD/${trader.userId}`] ?? 0n,
      );
      return [free, kept];
    };
    const first = await world.make({ merchantId: shop.id });
    const second = await world.make({ merchantId: shop.id });
    const small = await world.make({ merchantId: shop.id, units: 700n });
    await world.payouts.take(trader, first);
    expect(await held()).toEqual([750n, 1_250n]);
    await expect(world.payouts.take(trader, second)).rejects.toEqual(refused('deposit'));
    expect(await world.statusOf(second)).toBe('awaiting');
    // The oldest that the rest of the deposit can stand for.
    expect((await world.payouts.takeNext(trader, null))?.id).toBe(small);
    expect(await held()).toEqual([50n, 1_950n]);
    await world.payouts.release(trader, small, null);
    await world.payouts.confirm(boss, first);
    expect(await held()).toEqual([3_250n, 0n]);
    await world.payouts.take(trader, second);
    await world.payouts.reject(boss, second, 'closed account');
    expect(await held()).toEqual([3_250n, 0n]);
  });
});

describe('who says what', () => {
  test('a trader’s own word confirms only where his desk says so, and after a proof', async () => {
    const shop = await world.newMerchant();
    const boss = await world.addPerson('manager', { merchantId: shop.id });
    const trader = await world.addTrader(1n, { merchantId: shop.id });
    const id = await world.make({ merchantId: shop.id });
    await world.payouts.take(trader, id);
    await expect(world.payouts.confirm(trader, id)).rejects.toEqual(refused('forbidden'));
    await world.payouts.changeTerms(boss, { tradersConfirm: true });
    await expect(world.payouts.confirm(trader, id)).rejects.toEqual(refused('conflict'));
    await world.payouts.prove(trader, id, sent);
    expect(await world.payouts.confirm(trader, id)).toMatchObject({ status: 'completed' });
  });

  test('after a proof the trader neither gives it back nor rejects it', async () => {
    const trader = await world.addTrader(1n);
    const id = await world.make();
    await world.payouts.take(trader, id);
    await world.payouts.prove(trader, id, sent);
    await expect(world.payouts.release(trader, id, 'oops')).rejects.toEqual(refused('forbidden'));
    await expect(world.payouts.reject(trader, id, 'oops')).rejects.toEqual(refused('forbidden'));
    await expect(world.payouts.release(manager, id, null)).rejects.toEqual(refused('forbidden'));
    expect(await world.payouts.release(manager, id, 'not at the bank')).toMatchObject({
      status: 'waiting',
      proof: null,
    });
  });

  test('only operators take a completed one back', async () => {
    const trader = await world.addTrader(1n);
    const id = await world.make();
    await world.payouts.take(trader, id);
    await world.payouts.confirm(manager, id);
    const given = { atCostOf: 'trader', reason: 'never arrived' } as const;
    for (const person of [trader, manager]) {
      await expect(world.payouts.reverse(person, id, given)).rejects.toEqual(refused('forbidden'));
    }
  });

  test('operators take none', async () => {
    await expect(world.payouts.take(operator, await world.make())).rejects.toEqual(
      refused('forbidden'),
    );
  });

  test.each(['', '   ', 'x'.repeat(201), 'a\u0000b'])(
    '%j is no reference and no reason',
    async (text) => {
      const trader = await world.addTrader(1n);
      const id = await world.make();
      await world.payouts.take(trader, id);
      const proof = { reference: text, file: null };
      await expect(world.payouts.prove(trader, id, proof)).rejects.toEqual(refused('invalid'));
      await expect(world.payouts.reject(manager, id, text)).rejects.toEqual(refused('invalid'));
    },
  );

  test('a file that shows the transfer is kept, and a program is no such file', async () => {
    const trader = await world.addTrader(1n);
    const id = await world.make();
    await world.payouts.take(trader, id);
    const content = Buffer.from('%PDF-1.7 transfer');
    await world.payouts.prove(trader, id, { reference: 'FT-1', file: content });
    expect(await world.payouts.proofFile(manager, id)).toMatchObject({
      type: 'application/pdf',
      content,
    });
    const program = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0x00]);
    await expect(
      world.payouts.prove(trader, id, { reference: 'FT-1', file: program }),
    ).rejects.toThrow(/a file is a PDF/);
  });
});

describe('the deadline', () => {
  test('an untouched one goes back, one that was shown as sent does not', async () => {
    world.wait(31);
    await world.overdue();
    const trader = await world.addTrader(1n);
    const [untouched, proven] = [await world.make(), await world.make()];
    for (const id of [untouched, proven]) await world.payouts.take(trader, id);
    await world.payouts.prove(trader, proven, sent);
    world.wait(29);
    expect(await world.overdue()).toBe(0);
    world.wait(1);
    expect(await world.overdue()).toBe(1);
    expect(await world.order(untouched)).toMatchObject({ status: 'waiting', takenBy: null });
    expect(await world.order(proven)).toMatchObject({ status: 'taken' });
  });
});
