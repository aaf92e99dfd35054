// The queue: oldest first, each to one person, nobody hoards, and nobody sees what is not his.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type PayoutWorld, createPayoutWorld } from './world.ts';

let world: PayoutWorld;
let shop: { readonly id: string };
beforeAll(async () => {
  world = await createPayoutWorld();
});
beforeEach(async () => {
  shop = await world.newMerchant();
});
afterAll(() => world.close());

const refused = (code: string) => expect.objectContaining({ name: 'PayoutRefused', code });
const page = { currency: null, after: null, limit: 50 } as const;
const trader = (change: { asset?: string; mode?: 'test' | 'live' } = {}) =>
  world.addTrader(10_000n, { merchantId: shop.id, ...change });
const make = (change: Parameters<PayoutWorld['make']>[0] = {}) =>
  world.make({ merchantId: shop.id, ...change });

describe('taking', () => {
  test('the oldest first, until there are none', async () => {
    const [one, two] = [await trader(), await trader()];
    const ids = [await make(), await make(), await make()];
    expect((await world.payouts.takeNext(one, null))?.id).toBe(ids[0]);
    expect((await world.payouts.takeNext(two, null))?.id).toBe(ids[1]);
    await world.payouts.release(one, ids[0] ?? '', null);
    expect((await world.payouts.takeNext(two, null))?.id).toBe(ids[0]);
    expect((await world.payouts.takeNext(one, null))?.id).toBe(ids[2]);
    expect(await world.payouts.takeNext(one, null)).toBeNull();
  });

  test('twenty come for one: one has it', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => trader()));
    const id = await make();
    const tries = await Promise.allSettled(people.map((one) => world.payouts.take(one, id)));
    const winners = people.filter((_, at) => tries[at]?.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    expect((await world.order(id)).takenBy).toBe(winners[0]?.userId);
    for (const one of tries) {
      if (one.status === 'rejected') expect(one.reason).toEqual(refused('conflict'));
    }
  });

  test('twenty come for twenty at once: nobody has another’s', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => trader()));
    const ids = await Promise.all(people.map(() => make()));
    const taken = await Promise.all(
      people.map(async (one) => {
        // Whoever came while all that were free stood before others comes again.
        for (;;) {
          const order = await world.payouts.takeNext(one, null);
          if (order) return order.id;
        }
      }),
    );
    expect(taken.toSorted()).toEqual(ids.toSorted());
  });

  test('twenty tries of one person leave him with as many as he may have', async () => {
    const boss = await world.addPerson('manager', { merchantId: shop.id });
    await world.payouts.changeTerms(boss, { openLimit: 3 });
    const one = await trader();
    const ids = await Promise.all(Array.from({ length: 20 }, () => make()));
    const tries = await Promise.allSettled(ids.map((id) => world.payouts.take(one, id)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    await expect(world.payouts.takeNext(one, null)).rejects.toEqual(refused('limit'));
    const open = await world.payouts.list(one, { ...page, status: 'taken' });
    expect(open).toHaveLength(3);
    await world.payouts.release(one, open[0]?.id ?? '', null);
    expect(await world.payouts.takeNext(one, null)).not.toBeNull();
  });
});

describe('what people see', () => {
  test('a trader: his merchant’s, in his mode and his currencies, and what he took', async () => {
    const [usd, eur] = [await trader(), await trader({ asset: 'EUR' })];
    const dollars = await make();
    const euros = await make({ asset: 'EUR' });
    const play = await make({ mode: 'test' });
    const foreign = await world.make();
    const waiting = await world.payouts.list(usd, { ...page, status: 'waiting' });
    expect(waiting.map(({ id }) => id)).toEqual([dollars]);
    for (const id of [euros, play, foreign, randomUUID()]) {
      await expect(world.payouts.find(usd, id)).rejects.toEqual(refused('not_found'));
      await expect(world.payouts.take(usd, id)).rejects.toEqual(refused('not_found'));
    }
    await world.payouts.take(usd, dollars);
    await expect(world.payouts.find(eur, dollars)).rejects.toEqual(refused('not_found'));
    expect(await world.payouts.list(eur, { ...page, status: 'taken' })).toEqual([]);
    expect(await world.payouts.list(usd, { ...page, status: 'taken' })).toHaveLength(1);
    for (const act of [
      () => world.payouts.release(eur, dollars, 'x'),
      () => world.payouts.prove(eur, dollars, { reference: 'FT-1', file: null }),
      () => world.payouts.confirm(eur, dollars),
      () => world.payouts.reject(eur, dollars, 'x'),
    ]) {
      await expect(act()).rejects.toEqual(refused('not_found'));
    }
  });

  test('a manager: all of the merchant’s in his mode; another’s manager nothing', async () => {
    const boss = await world.addPerson('manager', { merchantId: shop.id });
    const stranger = await world.addPerson('manager');
    const player = await world.addPerson('manager', { merchantId: shop.id, mode: 'test' });
    const ids = [await make(), await make({ asset: 'EUR' })];
    const seen = await world.payouts.list(boss, { ...page, status: 'waiting' });
    expect(seen.map(({ id }) => id)).toEqual(ids);
    for (const person of [stranger, player]) {
      for (const act of [
        () => world.payouts.find(person, ids[0] ?? ''),
        () => world.payouts.take(person, ids[0] ?? ''),
        () => world.payouts.reject(person, ids[0] ?? '', 'x'),
      ]) {
        await expect(act()).rejects.toEqual(refused('not_found'));
      }
    }
  });

  test('the whole number only who has it, and managers; then no more', async () => {
    const [one, two] = [await trader(), await trader()];
    const boss = await world.addPerson('manager', { merchantId: shop.id });
    const operator = { ...(await world.addPerson('operator')), merchantId: shop.id };
    const stranger = await world.addPerson('manager');
    const id = await make();
    const reads = async (): Promise<boolean[]> => {
      const order = await world.order(id);
      return [one, two, boss, operator, stranger].map(
        (person) => world.payouts.destinationFor(person, order) !== null,
      );
    };
    expect(await reads()).toEqual([false, false, true, false, false]);
    await world.payouts.take(one, id);
    expect(await reads()).toEqual([true, false, true, false, false]);
    await world.payouts.release(one, id, null);
    expect(await reads()).toEqual([false, false, true, false, false]);
  });

  test('pages: what is open oldest first, what has ended newest first', async () => {
    const boss = await world.addPerson('manager', { merchantId: shop.id });
    const ids = [await make(), await make(), await make()];
    const idsOf = async (status: 'waiting' | 'rejected', after: string | null) =>
      (await world.payouts.list(boss, { ...page, status, after, limit: 2 })).map(({ id }) => id);
    expect(await idsOf('waiting', null)).toEqual(ids.slice(0, 2));
    expect(await idsOf('waiting', ids[1] ?? '')).toEqual(ids.slice(2));
    for (const id of ids) await world.payouts.reject(boss, id, 'no more');
    expect(await idsOf('rejected', null)).toEqual([ids[2], ids[1]]);
    expect(await idsOf('rejected', ids[1] ?? '')).toEqual([ids[0]]);
  });

  test('nothing in the database shows where the money goes, except its last digits', async () => {
    const id = await make({ to: 'DE75512108001245126199' });
    const [row] = await world.db.query<Record<string, unknown>>(
      'select * from payout_orders where id = $1',
      [id],
    );
    const texts = Object.values(row ?? {}).map((value) =>
      Buffer.isBuffer(value) ? value.toString('latin1') : String(value),
    );
    expect(texts.filter((text) => text.includes('512108001245126199'))).toEqual([]);
    expect(row?.['last_four']).toBe('6199');
  });
});

describe('terms', () => {
  test.each([
    { openLimit: 0 },
    { openLimit: 1_001 },
    { takeMinutes: 0.5 },
    { takeMinutes: 10_081 },
  ])('%j is none', async (patch) => {
    const boss = await world.addPerson('manager', { merchantId: shop.id });
    await expect(world.payouts.changeTerms(boss, patch)).rejects.toEqual(refused('invalid'));
  });

  test('what is not given stays, and the other mode has its own', async () => {
    const boss = await world.addPerson('manager', { merchantId: shop.id });
    await world.payouts.changeTerms(boss, { openLimit: 9 });
    expect(await world.payouts.changeTerms(boss, { tradersConfirm: true })).toEqual({
      tradersConfirm: true,
      pledged: false,
      openLimit: 9,
      takeMinutes: 30,
    });
    expect(await world.payouts.terms({ ...boss, mode: 'test' })).toMatchObject({
      openLimit: 5,
      pledged: true,
    });
  });
});
