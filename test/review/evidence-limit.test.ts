// A dispute has at most twenty files, also when all of them come at the same time.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DisputeWorld, createDisputeWorld } from '../desk/disputes/world.ts';

let world: DisputeWorld;
beforeAll(async () => {
  world = await createDisputeWorld();
});
afterAll(() => world.close());

const MAX_FILES = 20;

test('forty files at once', async () => {
  const trader = await world.addTrader(10_000n);
  const { id } = await world.payIn(trader);
  const { dispute } = await world.open(world.boss, { kind: 'payment_not_received', payment: id });
  const show = (page: number) => {
    const file = { content: Buffer.from(`page ${page}`), name: null };
    return world.disputes.addEvidence(world.boss, dispute.id, file, null);
  };
  const pages = Array.from({ length: 2 * MAX_FILES }, (_, page) => page);
  const shown = await Promise.allSettled(pages.map(show));
  const kept = pages.filter((page) => shown[page]?.status === 'fulfilled');
  expect(kept).toHaveLength(MAX_FILES);
  // What was shown already may be shown again.
  const { evidence } = await show(kept[0] ?? -1);
  expect(evidence).toHaveLength(MAX_FILES);
});
