// Killed before any statement of a transfer's end: nothing of it is there, or all of it, and once.

import { afterAll, beforeAll, test } from 'vitest';
import { type MortalAct, diesAnywhere } from '../harness/dying.ts';
import { type DisputeWorld, createDisputeWorld } from './disputes/world.ts';

let world: DisputeWorld;
beforeAll(async () => {
  world = await createDisputeWorld();
});
afterAll(() => world.close());

/** What it is, what is free and reserved of the deposit, and what is open on the requisite. */
async function transfer() {
  const trader = await world.addTrader(10_000n);
  const { id, lease } = await world.payIn(trader);
  const seen = async (): Promise<unknown[]> => {
    const { free, reserved } = await world.standing(trader);
    const [row] = await world.db.query<{ open: number }>(
      `select open_count as open from requisites where trader_id = $1`,
      [trader.userId],
    );
    return [await world.statusOf(id), free, reserved, row?.open];
  };
  return { id, lease, seen };
}

type Transfer = Awaited<ReturnType<typeof transfer>>;

/** What is done with a transfer that has just begun. */
const ending = (end: (own: Transfer) => Promise<unknown>) => async () => {
  const own = await transfer();
  return { run: () => end(own), seen: own.seen };
};

const acts: readonly MortalAct[] = [
  [
    'the word that all of it has come',
    ending(({ lease }) => world.confirm(lease, 10_000n, `FT-${lease}`)),
    ['completed', 0n, 0n, 0],
  ],
  [
    'the word that a part of it has come',
    ending(({ lease }) => world.confirm(lease, 4_000n, `FT-${lease}`)),
    ['awaiting', 0n, 6_000n, 1],
  ],
  [
    'its cancellation',
    ending(({ id }) => {
      const scope = { merchantId: world.merchant.id, mode: 'live' } as const;
      return world.payments.close(scope, id, 'cancel');
    }),
    ['cancelled', 10_000n, 0n, 0],
  ],
  [
    'its end by the clock',
    async () => {
      const { seen } = await transfer();
      world.clock.at = new Date(world.clock.at.getTime() + 2 * 3_600_000);
      return { run: () => world.payments.expireDue(), seen };
    },
    ['expired', 10_000n, 0n, 0],
  ],
];

test.each(acts)('%s', (_name, prepare, done) => diesAnywhere(world, prepare, done));
