// Killed before any statement of an act: nothing of it is there, or all of it, and once.

import { afterAll, beforeAll, test } from 'vitest';
import { type MortalAct, diesAnywhere } from '../../harness/dying.ts';
import { type PayoutWorld, createPayoutWorld } from './world.ts';

type Person = Awaited<ReturnType<PayoutWorld['addPerson']>>;

let world: PayoutWorld;
let manager: Person;
let operator: Person;
beforeAll(async () => {
  world = await createPayoutWorld();
  manager = await world.addPerson('manager');
  operator = await world.addPerson('operator');
  await world.payouts.changeTerms(manager, { pledged: true });
});
afterAll(() => world.close());

type Own = { readonly trader: Person; readonly id: string };

async function waiting(): Promise<Own> {
  return { trader: await world.addTrader(10_000n), id: await world.make() };
}

async function taken(): Promise<Own> {
  const own = await waiting();
  await world.payouts.take(own.trader, own.id);
  return own;
}

async function sent(): Promise<Own> {
  const own = await taken();
  const file = Buffer.from(`Slip of ${own.id}`);
  await world.payouts.prove(own.trader, own.id, { reference: 'FT-1', file });
  return own;
}

async function confirmed(): Promise<Own> {
  const own = await sent();
  await world.payouts.confirm(manager, own.id);
  return own;
}

/** The order, its payment, and what is free and reserved of the trader's deposit. */
async function standing({ id, trader }: Own): Promise<unknown[]> {
  const { status, proof } = await world.order(id);
  const balances = await world.balances();
  const [free, reserved] = ['deposit', 'reserved'].map(
    (kind) => balances[`live/${kind}/USD/${trader.userId}`] ?? 0n,
  );
  return [status, await world.statusOf(id), proof?.reference ?? null, free, reserved];
}

const step =
  (prepare: () => Promise<Own>, act: (own: Own) => Promise<unknown>): MortalAct[1] =>
  async () => {
    const own = await prepare();
    return { run: () => act(own), seen: () => standing(own) };
  };

const acts: readonly MortalAct[] = [
  [
    'taking one',
    step(waiting, ({ trader, id }) => world.payouts.take(trader, id)),
    ['taken', 'confirming', null, 8_750n, 1_250n],
  ],
  [
    'giving it back',
    step(taken, ({ trader, id }) => world.payouts.release(trader, id, 'my bank is away')),
    ['waiting', 'awaiting', null, 10_000n, 0n],
  ],
  [
    'showing that it was sent',
    step(taken, ({ trader, id }) => {
      return world.payouts.prove(trader, id, {
        reference: 'FT-1',
        file: Buffer.from(`Slip ${id}`),
      });
    }),
    ['taken', 'confirming', 'FT-1', 8_750n, 1_250n],
  ],
  [
    'confirming it',
    step(sent, ({ id }) => world.payouts.confirm(manager, id)),
    ['completed', 'completed', 'FT-1', 11_250n, 0n],
  ],
  [
    'rejecting it',
    step(taken, ({ id }) => world.payouts.reject(manager, id, 'no such account')),
    ['rejected', 'declined', null, 10_000n, 0n],
  ],
  [
    'taking it back from whoever had it',
    step(confirmed, ({ id }) => {
      return world.payouts.reverse(operator, id, { atCostOf: 'trader', reason: 'came back' });
    }),
    ['reversed', 'refunded', 'FT-1', 10_000n, 0n],
  ],
];

test.each(acts)('%s', (_name, prepare, done) => diesAnywhere(world, prepare, done));
