// Killed before any statement of an act: nothing of it is there, or all of it, and once.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Act, type Dying, createDying, diesAnywhere } from '../../harness/dying.ts';
import { type PayoutWorld, createPayoutWorld } from './world.ts';

type Person = Awaited<ReturnType<PayoutWorld['addPerson']>>;

let world: PayoutWorld;
let manager: Person;
let operator: Person;
let dying: Dying;
beforeAll(async () => {
  world = await createPayoutWorld();
  manager = await world.addPerson('manager');
  operator = await world.addPerson('operator');
  await world.payouts.changeTerms(manager, { pledged: true });
  dying = createDying(world.db.pool);
});
afterAll(() => world.close());

/** One that its trader has taken. */
async function taken() {
  const trader = await world.addTrader(10_000n);
  const id = await world.make();
  await world.payouts.take(trader, id);
  return { trader, id };
}

async function sent() {
  const own = await taken();
  const file = Buffer.from(`Slip of ${own.id}`);
  await world.payouts.prove(own.trader, own.id, { reference: 'FT-1', file });
  return own;
}

/** The order, its payment, and what is free and reserved of the trader's deposit. */
async function standing(id: string, { userId }: Person): Promise<unknown[]> {
  const { status, proof } = await world.order(id);
  const balances = await world.balances();
  const [free, reserved] = ['deposit', 'reserved'].map(
    (kind) => balances[`live/${kind}/USD/${userId}`] ?? 0n,
  );
  return [status, await world.statusOf(id), proof?.reference ?? null, free, reserved];
}

const acts: readonly [string, () => Promise<Act>, unknown][] = [
  [
    'taking one',
    async () => {
      const trader = await world.addTrader(10_000n);
      const id = await world.make();
      return { run: () => world.payouts.take(trader, id), seen: () => standing(id, trader) };
    },
    ['taken', 'confirming', null, 8_750n, 1_250n],
  ],
  [
    'giving it back',
    async () => {
      const { trader, id } = await taken();
      const run = () => world.payouts.release(trader, id, 'my bank is away');
      return { run, seen: () => standing(id, trader) };
    },
    ['waiting', 'awaiting', null, 10_000n, 0n],
  ],
  [
    'showing that it was sent',
    async () => {
      const { trader, id } = await taken();
      const proof = { reference: 'FT-1', file: Buffer.from(`Slip ${randomUUID()}`) };
      const run = () => world.payouts.prove(trader, id, proof);
      return { run, seen: () => standing(id, trader) };
    },
    ['taken', 'confirming', 'FT-1', 8_750n, 1_250n],
  ],
  [
    'confirming it',
    async () => {
      const { trader, id } = await sent();
      const run = () => world.payouts.confirm(manager, id);
      return { run, seen: () => standing(id, trader) };
    },
    ['completed', 'completed', 'FT-1', 11_250n, 0n],
  ],
  [
    'rejecting it',
    async () => {
      const { trader, id } = await taken();
      const run = () => world.payouts.reject(manager, id, 'no such account');
      return { run, seen: () => standing(id, trader) };
    },
    ['rejected', 'declined', null, 10_000n, 0n],
  ],
  [
    'taking it back from whoever had it',
    async () => {
      const { trader, id } = await sent();
      await world.payouts.confirm(manager, id);
      const back = { atCostOf: 'trader', reason: 'came back' } as const;
      const run = () => world.payouts.reverse(operator, id, back);
      return { run, seen: () => standing(id, trader) };
    },
    ['reversed', 'refunded', 'FT-1', 10_000n, 0n],
  ],
];

test.each(acts)('%s', async (_name, prepare, done) => {
  await diesAnywhere(world.db, dying, prepare, done);
  expect(await world.audit()).toMatchObject({ ok: true, overdrawn: 0 });
});
