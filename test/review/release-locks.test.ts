// Giving back a payout whose payment has lapsed, while money comes in for the same trader: both
// touch the merchant's money, then the trader's deposit, and neither waits for ever.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tx } from '../../src/db/database.ts';
import { keyOf, lockBalances } from '../../src/ledger/lock.ts';
import { depositOf } from '../../src/desk/collateral.ts';
import { type PayoutWorld, createPayoutWorld } from '../desk/payouts/world.ts';

let world: PayoutWorld;
beforeAll(async () => {
  world = await createPayoutWorld();
});
afterAll(() => world.close());

test.each(['by its taker', 'by the clock'] as const)('given back %s', async (how) => {
  const { db, payouts, clock } = world;
  const shop = await world.newMerchant();
  const trader = await world.addTrader(10_000n, { merchantId: shop.id });
  const boss = await world.addPerson('manager', { merchantId: shop.id });
  await payouts.changeTerms(boss, { pledged: true });
  const id = await world.make({ merchantId: shop.id });
  await payouts.take(trader, id);
  clock.at = new Date(clock.at.getTime() + 2 * 3_600_000);
  const deposit = depositOf({ mode: 'live', currency: 'USD', traderId: trader.userId });
  const [available, own] = ['live/available/USD', deposit].map((account) => ({
    merchantId: shop.id,
    id: account,
  }));
  if (!available || !own) throw new Error('no accounts');
  const client = await db.pool.connect();
  const tx = {
    query: async <R>(text: string, values: unknown[]) =>
      (await client.query(text, values)).rows as R[],
  } as Tx;
  // What a payment's confirmation does: the merchant's money first, then the trader's deposit.
  await client.query('begin');
  await lockBalances(tx, [available]);
  const released = Promise.allSettled([
    how === 'by the clock' ? world.overdue() : payouts.release(trader, id, null),
  ]);
  await expect.poll(waiting).toBeGreaterThan(0);
  const balances = await lockBalances(tx, [own]);
  expect(balances.get(keyOf(shop.id, deposit))).toBe(10_000n - 1_250n);
  await client.query('commit');
  client.release();
  expect(await released).toMatchObject([{ status: 'fulfilled' }]);
  expect(await world.order(id)).toMatchObject({ status: 'closed', reservedUnits: 0n });
  expect((await world.audit()).ok).toBe(true);
});

/** How many sessions of this database wait for a lock. */
async function waiting(): Promise<number> {
  const [row] = await world.db.query<{ count: number }>(
    `select count(*) as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return row?.count ?? 0;
}
