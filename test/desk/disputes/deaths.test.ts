// Killed before any statement of an act: nothing of it is there, or all of it, and once.

import { afterAll, beforeAll, test } from 'vitest';
import type { DisputeView } from '../../../src/desk/disputes/dispute.ts';
import { type MortalAct, diesAnywhere } from '../../harness/dying.ts';
import { type DisputeWorld, createDisputeWorld } from './world.ts';

const note = 'As the statement shows.';
let world: DisputeWorld;
beforeAll(async () => {
  world = await createDisputeWorld();
});
afterAll(() => world.close());

/** A payment that nobody has confirmed in time. */
async function expired() {
  const trader = await world.addTrader(10_000n);
  const { id: payment } = await world.payIn(trader);
  await world.wait(2);
  return { trader, payment };
}

/** A dispute about it; the trader's deposit covers all of it. */
async function opened() {
  const { trader, payment } = await expired();
  const { dispute } = await world.open(world.boss, { payment });
  const view = (): Promise<DisputeView> => world.disputes.find(world.boss, dispute.id);
  return { trader, payment, id: dispute.id, view };
}

type Opened = Awaited<ReturnType<typeof opened>>;

async function standing({ trader, view, payment }: Opened): Promise<unknown[]> {
  const { dispute, timeline } = await view();
  const { free, reserved } = await world.standing(trader);
  const acts = timeline.map(({ act }) => act).join(' ');
  return [dispute.status, await world.statusOf(payment), free, reserved, acts];
}

const step =
  (act: (own: Opened) => Promise<unknown>, seen = standing): MortalAct[1] =>
  async () => {
    const own = await opened();
    return { run: () => act(own), seen: () => seen(own) };
  };

const acts: readonly MortalAct[] = [
  // First, because it is the only one that is due.
  [
    'a deadline',
    async () => {
      const own = await opened();
      await world.wait(25);
      return { run: () => world.tick(), seen: () => standing(own) };
    },
    ['escalated', 'expired', 0n, 10_000n, 'open deadline'],
  ],
  [
    'opening one',
    async () => {
      const { trader, payment } = await expired();
      const every = { status: null, after: null, limit: 1_000 };
      return {
        run: () => world.open(world.boss, { payment }),
        seen: async () => {
          const { free, reserved } = await world.standing(trader);
          const all = await world.disputes.list(world.boss, every);
          return [all.filter((one) => one.paymentId === payment).length, free, reserved];
        },
      };
    },
    [1, 0n, 10_000n],
  ],
  [
    'accepting',
    step(({ trader, id }) => world.disputes.answer(trader, id, 'accept', null)),
    ['resolved', 'completed', 0n, 0n, 'open accept'],
  ],
  [
    'contesting',
    step(({ trader, id }) => world.disputes.answer(trader, id, 'contest', note)),
    ['contested', 'expired', 0n, 10_000n, 'open contest'],
  ],
  [
    'taking it back',
    step(({ id }) => world.disputes.withdraw(world.boss, id, null)),
    ['withdrawn', 'expired', 10_000n, 0n, 'open withdraw'],
  ],
  [
    'deciding that each has a part',
    step(({ id }) => {
      const shares = { merchantUnits: 4_000n, traderUnits: 6_000n };
      return world.disputes.decide(world.operator, id, shares, note);
    }),
    ['resolved', 'expired', 6_000n, 0n, 'open decide'],
  ],
  [
    'showing a file',
    step(
      ({ id }) => {
        const file = { content: Buffer.from(`Slip of ${id}`), name: 'slip.txt' };
        return world.disputes.addEvidence(world.boss, id, file, null);
      },
      async ({ view }) => (await view()).evidence.map(({ name }) => name),
    ),
    ['slip.txt'],
  ],
  [
    'accepting that a payout did not arrive',
    async () => {
      const trader = await world.addTrader(10_000n);
      const payout = await world.payOut(trader);
      const claim = { kind: 'payout_not_received', payment: payout } as const;
      const { dispute } = await world.open(world.boss, claim);
      return {
        run: () => world.disputes.answer(trader, dispute.id, 'accept', null),
        seen: async () => [
          (await world.disputes.find(world.boss, dispute.id)).dispute.status,
          await world.statusOf(payout),
        ],
      };
    },
    ['resolved', 'refunded'],
  ],
];

test.each(acts)('%s', (_name, prepare, done) => diesAnywhere(world, prepare, done));
