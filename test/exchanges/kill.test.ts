// A conversion whose process dies between any two statements: nothing is lost, nothing sold twice.

import { afterEach, expect, test } from 'vitest';
import type { Database, Tx } from '../../src/db/database.ts';
import { type World, createWorld } from './world.ts';

let world: World;
afterEach(() => world.close());

class Killed extends Error {
  override name = 'Killed';
}

const mostSteps = 60;

test.each(['before', 'after'] as const)(
  'killed %s each statement in turn',
  async (when) => {
    world = await createWorld();
    const { binance } = world;
    binance.habits.trades = 2;
    let survived = 0;
    for (let step = 1; survived === 0; step += 1) {
      expect(step).toBeLessThan(mostSteps);
      const payment = await world.completed();
      const mortal = world.exchangesOn(killedAt(world.db, step, when));
      const died = await world.runJobs(mortal, 0).then(
        () => false,
        (error: unknown) => error instanceof Killed,
      );
      await mortal.close();
      if (!died) survived = step;
      // The job that died is still in the queue, as its lock is given back.
      await world.runJobs();
      expect(await world.conversion(payment)).toMatchObject({
        status: 'filled',
        soldUnits: 50_000_000n,
      });
      expect(binance.orders).toHaveLength(step);
      expect((await world.books())['outside/LTC/exchange-1']).toBe(50_000_000n * BigInt(step));
    }
    expect(survived).toBeGreaterThan(8);
  },
  120_000,
);

/** The same database for a process that dies at its n-th statement, commits included. */
function killedAt(db: Database, step: number, when: 'before' | 'after'): Database {
  let count = 0;
  let dead = false;
  const die = (): void => {
    count += 1;
    dead ||= count === step;
    if (dead) throw new Killed();
  };
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) throw new Killed();
    if (when === 'before') die();
    const result = await work();
    if (when === 'after') die();
    return result;
  };
  const mortal = (tx: Tx): Tx => ({
    query: (text, values, name) => around(() => tx.query(text, values, name)),
  });
  return {
    ...db,
    ...mortal(db),
    transaction: (work) => around(() => db.transaction((tx) => work(mortal(tx)))),
  };
}
