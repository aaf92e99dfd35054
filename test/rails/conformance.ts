// What every rail must do, whatever it moves: one suite, run for each of them.

import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import type { Directions, InstructRequest, Observation, Rail } from '../../src/rails/rail.ts';
import { instructOne } from '../harness/instruct.ts';

export type RailWorld = {
  readonly rail: Rail;
  readonly db: Database;
  /** The same rail as another process would have it. */
  again(): Rail;
  /** Rails that observe: somebody pays, and the rail may see it at its next look. */
  pay?(to: Directions, units: bigint): Promise<void>;
  /** What was paid becomes one confirmation deeper. */
  confirm?(): Promise<void>;
  /** The outside world takes back everything that was paid, for good. */
  reverse?(): Promise<void>;
  close(): Promise<void>;
};

export type RailWorldOptions = {
  readonly name: string;
  readonly open: () => Promise<RailWorld>;
  /** Rails to which events are brought see nothing by themselves. */
  readonly observes: boolean;
};

type Asked = Pick<InstructRequest, 'reference' | 'merchantId' | 'paymentId'>;

const units = 1_234_567n;
const maxSteps = 50;
const assetOfPrice = 'USD';

export function describeRail({ name, open, observes }: RailWorldOptions): void {
  describe(`conformance of ${name}`, () => {
    let world: RailWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    describe('describes itself', () => {
      test('with methods whose ids are safe in a URL, unique, and always the same', () => {
        const ids = world.rail.methods().map((method) => method.id);
        expect(ids.length).toBeGreaterThan(0);
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids) expect(id).toMatch(/^[a-z0-9-]+$/);
        expect(world.again().methods()).toEqual(world.rail.methods());
        expect(world.again().name).toBe(world.rail.name);
      });

      test('with confirmation tables that rise and end without a bound', () => {
        for (const { id } of world.rail.methods()) {
          const table = world.rail.confirmations(id);
          const last = table.at(-1);
          expect(last?.below).toBeNull();
          for (const [at, row] of table.slice(1).entries()) {
            const before = table[at];
            if (!before || before.below === null) throw new Error('a bound is missing');
            if (row.below !== null) expect(row.below).toBeGreaterThan(before.below);
            expect(row.needed).toBeGreaterThanOrEqual(before.needed);
          }
        }
      });

      test('as healthy', async () => {
        expect(await world.rail.health()).toBeNull();
      });
    });

    describe('instruct', () => {
      test('answers the same for the same reference, also from another process', async () => {
        const asked = fresh();
        const first = await instruct(world, asked);
        expect(await instruct(world, asked)).toEqual(first);
        expect(await instruct(world, asked, world.again())).toEqual(first);
      });

      test('answers different targets for different references, also all at once', async () => {
        const all = await Promise.all(Array.from({ length: 6 }, () => instruct(world, fresh())));
        expect(new Set(all.map((each) => each.target)).size).toBe(6);
      });

      test('leaves nothing when the caller rolls back', async () => {
        const asked = fresh();
        await expect(
          world.db.transaction(async (tx) => {
            await world.rail.instruct(tx, [requestOf(world.rail, asked)]);
            throw new Error('rolled back');
          }),
        ).rejects.toThrow('rolled back');
        const again = await instruct(world, asked);
        expect(await instruct(world, asked)).toEqual(again);
      });
    });

    if (observes) describeObserving(() => world);
  });
}

function describeObserving(worldNow: () => RailWorld): void {
  describe('observe', () => {
    test('sees a payment once, with its owner, its asset and its exact amount', async () => {
      const world = worldNow();
      const asked = fresh();
      const caller = createCaller(world.rail);
      await caller.settle();
      await pay(world, asked);
      await caller.settle();
      const [seen, ...others] = caller.believed.values();
      expect(others).toEqual([]);
      expect(seen).toMatchObject({
        merchantId: asked.merchantId,
        paymentId: asked.paymentId,
        instructionId: asked.reference,
        amount: { units },
        presence: 'present',
      });
      expect(await caller.step()).toBe(false);
    });

    test('gives two payments to one instruction two keys', async () => {
      const world = worldNow();
      const asked = fresh();
      const caller = createCaller(world.rail);
      await caller.settle();
      await pay(world, asked);
      await pay(world, asked);
      await caller.settle();
      expect(caller.believed.size).toBe(2);
    });

    test('from the same cursor says the same, to this process and to another', async () => {
      const world = worldNow();
      const caller = createCaller(world.rail);
      await caller.settle();
      await pay(world, fresh());
      const first = await world.rail.observe?.(caller.cursor());
      expect(first?.observations).toHaveLength(1);
      for (const rail of [world.rail, world.again(), world.again()]) {
        const repeated = await rail.observe?.(caller.cursor());
        expect(repeated?.observations).toEqual(first?.observations);
      }
    });

    test('never answers a cursor twice', async () => {
      const world = worldNow();
      const caller = createCaller(world.rail);
      await pay(world, fresh());
      await caller.settle();
      await pay(world, fresh());
      await world.confirm?.();
      await caller.settle();
      await world.reverse?.();
      await caller.settle();
      expect(new Set(caller.cursors).size).toBe(caller.cursors.length);
    });

    test('reports growing depth, under one key', async () => {
      const world = worldNow();
      const caller = createCaller(world.rail);
      await caller.settle();
      await pay(world, fresh());
      await caller.settle();
      const depths = [depthOf(caller)];
      for (let count = 0; count < 3; count += 1) {
        await world.confirm?.();
        await caller.settle();
        depths.push(depthOf(caller));
      }
      expect(depths).toEqual([...depths].sort((a, b) => a - b));
      expect(new Set(depths).size).toBe(4);
    });

    test('takes back what the world took back', async () => {
      const world = worldNow();
      const caller = createCaller(world.rail);
      await caller.settle();
      await pay(world, fresh());
      await world.confirm?.();
      await caller.settle();
      await world.reverse?.();
      await caller.settle();
      expect([...caller.believed.values()].map((each) => each.presence)).toEqual(['absent']);
    });

    test('handed from process to process loses nothing', async () => {
      const world = worldNow();
      const caller = createCaller(world.rail);
      await caller.settle();
      await pay(world, fresh());
      await createCaller(world.again(), caller).lose();
      const second = createCaller(world.again(), caller);
      await second.settle();
      await world.confirm?.();
      await createCaller(world.again(), second).lose();
      const third = createCaller(world.again(), second);
      await third.settle();
      expect(depthOf(third)).toBe(1);
    });

    test('waits no longer than it is told to', async () => {
      const stop = new AbortController();
      const waiting = worldNow().rail.wait?.(stop.signal);
      stop.abort();
      await waiting;
    });
  });
}

function fresh(): Asked {
  return { reference: randomUUID(), merchantId: randomUUID(), paymentId: randomUUID() };
}

async function pay(world: RailWorld, asked: Asked): Promise<void> {
  if (!world.pay) throw new Error('a rail that observes needs somebody who pays');
  await world.pay(await instruct(world, asked), units);
}

function instruct(world: RailWorld, asked: Asked, rail = world.rail): Promise<Directions> {
  return instructOne(world.db, rail, requestOf(rail, asked));
}

function requestOf(rail: Rail, asked: Asked): InstructRequest {
  const method = rail.methods()[0];
  if (!method) throw new Error('the rail offers nothing');
  const asset = method.asset === 'price' ? assetOfPrice : method.asset;
  return { ...asked, method: method.id, amount: { units, asset }, label: 'Order 1' };
}

function depthOf(caller: Caller): number {
  const [only] = caller.believed.values();
  if (!only) throw new Error('nothing was seen');
  return only.confirmations;
}

type Caller = {
  readonly cursors: string[];
  readonly believed: Map<string, Observation>;
  cursor(): string | null;
  step(): Promise<boolean>;
  settle(): Promise<void>;
  /** One step whose commit never happens. */
  lose(): Promise<void>;
};

function createCaller(rail: Rail, before?: Caller): Caller {
  const cursors: string[] = [...(before?.cursors ?? [])];
  const believed = new Map(before?.believed ?? []);
  const cursor = (): string | null => cursors.at(-1) ?? null;
  async function step(): Promise<boolean> {
    const observed = await rail.observe?.(cursor());
    if (!observed) return false;
    for (const each of observed.observations) believed.set(each.key, each);
    cursors.push(observed.next);
    await rail.settled?.(observed.next);
    return true;
  }
  async function settle(): Promise<void> {
    for (let count = 0; count < maxSteps; count += 1) if (!(await step())) return;
    throw new Error('the rail does not come to rest');
  }
  return {
    cursors,
    believed,
    cursor,
    step,
    settle,
    lose: async () => {
      await rail.observe?.(cursor());
    },
  };
}
