// The address pool: refilled in chunks, by several processes, and never empty for a payer.

import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InstructRequest } from '../../../src/rails/rail.ts';
import { createWorld, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld({ poolSize: 30 });
});
afterEach(() => world.close());

async function indexes(): Promise<number[]> {
  const rows = await world.db.query<{ index: number }>(
    'select index from utxo_addresses order by index',
  );
  return rows.map((row) => row.index);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('refill', () => {
  test('keeps the wanted number free, without gaps', async () => {
    expect(await world.rail.refill()).toBe(30);
    expect(await world.rail.refill()).toBe(0);
    for (let count = 0; count < 4; count += 1) await world.instruct();
    expect(await world.rail.refill()).toBe(4);
    expect(await indexes()).toEqual(upTo(34));
  });

  test('by several processes at once adds no more than is missing', async () => {
    const added = await Promise.all([1, 2, 3].map(() => world.open().refill()));
    expect(added.reduce((sum, each) => sum + each, 0)).toBe(30);
    expect(await indexes()).toEqual(upTo(30));
  });

  test('lets others work between derivations', async () => {
    let turns = 0;
    let running = true;
    const count = (): void => {
      turns += 1;
      if (running) setImmediate(count);
    };
    count();
    await world.rail.refill();
    running = false;
    expect(turns).toBeGreaterThanOrEqual(4);
  });
});

describe('instruct', () => {
  test('gives the lowest free index, and a BIP 21 link', async () => {
    await world.rail.refill();
    const first = await world.instruct();
    const [row] = await world.db.query<{ index: number }>(
      'select index from utxo_addresses where address = $1',
      [first.target],
    );
    expect(row?.index).toBe(0);
    expect(first.uri).toBe(`litecoin:${first.target}?amount=0.05&label=Tea%20%26%20cake`);
  });

  test('works with an empty pool, many at once, each with an address of its own', async () => {
    const given = await Promise.all(upTo(8).map(() => world.instruct()));
    expect(new Set(given.map((each) => each.target)).size).toBe(8);
    expect(await indexes()).toEqual(upTo(8));
  });

  test('asked twice at once for one instruction gives one address', async () => {
    await world.rail.refill();
    const reference = randomUUID();
    const given = await Promise.all(upTo(5).map(() => world.instruct(world.rail, reference)));
    expect(new Set(given.map((each) => each.target)).size).toBe(1);
  });

  test('rolled back gives the address to the next one', async () => {
    await world.rail.refill();
    const targets: string[] = [];
    const attempt = world.db.transaction(async (tx) => {
      const [directions] = await world.rail.instruct(tx, [asking('LTC')]);
      if (!directions) throw new Error('no directions');
      targets.push(directions.target);
      expect(directions.uri).toBe(`litecoin:${directions.target}?amount=0.00000001`);
      throw new Error('the payment was not made');
    });
    await expect(attempt).rejects.toThrow('not made');
    expect((await world.instruct()).target).toBe(targets[0]);
  });

  test('for another method or asset is a bug and throws', async () => {
    const attempt = world.db.transaction((tx) => world.rail.instruct(tx, [asking('BTC')]));
    await expect(attempt).rejects.toThrow('BTC');
  });

  test('many at once are answered in their order, from the pool and beyond it', async () => {
    await world.rail.refill();
    const requests = upTo(700).map(() => asking('LTC'));
    const directions = await world.db.transaction((tx) => world.rail.instruct(tx, requests));
    expect(new Set(directions.map((each) => each.target)).size).toBe(700);
    const again = await world.db.transaction((tx) =>
      world.rail.instruct(tx, requests.toReversed()),
    );
    expect(again.toReversed()).toEqual(directions);
  });
});

function asking(asset: string): InstructRequest {
  return {
    reference: randomUUID(),
    merchantId: randomUUID(),
    paymentId: randomUUID(),
    method: 'litecoin-regtest',
    amount: { units: 1n, asset },
    label: '',
  };
}
