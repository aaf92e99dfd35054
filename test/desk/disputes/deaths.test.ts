// Killed before any statement of an act: nothing of it is there, or all of it, and once.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DisputeView } from '../../../src/desk/disputes/dispute.ts';
import { type Act, type Dying, createDying, diesAnywhere } from '../../harness/dying.ts';
import { type DisputeWorld, createDisputeWorld } from './world.ts';

const note = 'As the statement shows.';
let world: DisputeWorld;
let dying: Dying;
beforeAll(async () => {
  world = await createDisputeWorld();
  dying = createDying(world.db.pool);
});
afterAll(() => world.close());

/** A dispute about a payment that its trader's deposit covers. */
async function opened() {
  const trader = await world.addTrader(10_000n);
  const { id: payment } = await world.payIn(trader);
  await world.wait(2);
  const { dispute } = await world.open(world.boss, { payment });
  const view = (): Promise<DisputeView> => world.disputes.find(world.boss, dispute.id);
  return { trader, payment, id: dispute.id, view };
}

async function standing({ trader, view, payment }: Awaited<ReturnType<typeof opened>>) {
  const { dispute, timeline } = await view();
  const { free, reserved } = await world.standing(trader);
  const acts = timeline.map(({ act }) => act).join(' ');
  return [dispute.status, await world.statusOf(payment), free, reserved, acts];
}

const acts: readonly [string, () => Promise<Act>, unknown][] = [
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
      const trader = await world.addTrader(10_000n);
      const { id: payment } = await world.payIn(trader);
      await world.wait(2);
      return {
        run: () => world.open(world.boss, { payment }),
        seen: async () => {
          const { free, reserved } = await world.standing(trader);
          const all = await world.disputes.list(world.boss, {
            status: null,
            after: null,
            limit: 1_000,
          });
          return [all.filter((one) => one.paymentId === payment).length, free, reserved];
        },
      };
    },
    [1, 0n, 10_000n],
  ],
  [
    'accepting',
    async () => {
      const own = await opened();
      const run = () => world.disputes.answer(own.trader, own.id, 'accept', null);
      return { run, seen: () => standing(own) };
    },
    ['resolved', 'completed', 0n, 0n, 'open accept'],
  ],
  [
    'contesting',
    async () => {
      const own = await opened();
      const run = () => world.disputes.answer(own.trader, own.id, 'contest', note);
      return { run, seen: () => standing(own) };
    },
    ['contested', 'expired', 0n, 10_000n, 'open contest'],
  ],
  [
    'taking it back',
    async () => {
      const own = await opened();
      return {
        run: () => world.disputes.withdraw(world.boss, own.id, null),
        seen: () => standing(own),
      };
    },
    ['withdrawn', 'expired', 10_000n, 0n, 'open withdraw'],
  ],
  [
    'deciding that each has a part',
    async () => {
      const own = await opened();
      const shares = { merchantUnits: 4_000n, traderUnits: 6_000n };
      const run = () => world.disputes.decide(world.operator, own.id, shares, note);
      return { run, seen: () => standing(own) };
    },
    ['resolved', 'expired', 6_000n, 0n, 'open decide'],
  ],
  [
    'showing a file',
    async () => {
      const own = await opened();
      const file = { content: Buffer.from(`Slip of ${own.id}`), name: 'slip.txt' };
      const run = () => world.disputes.addEvidence(world.boss, own.id, file, null);
      return { run, seen: async () => (await own.view()).evidence.map(({ name }) => name) };
    },
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

test.each(acts)('%s', async (_name, prepare, done) => {
  await diesAnywhere(world.db, dying, prepare, done);
  expect(await world.audit()).toMatchObject({ ok: true, overdrawn: 0 });
});
