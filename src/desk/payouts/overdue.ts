// Overdue: what was taken and not touched goes back to the queue when its time is over.

import type { Database } from '../../db/database.ts';
import type { Job } from '../../jobs/jobs.ts';
import { record, shell } from '../../merchants/staff-log.ts';
import { holdMerchantMoney, writeOrders } from './backing.ts';
import { backInQueue } from './follow.ts';
import { lockOrder } from './order-rows.ts';
import type { MovePayout, PayoutKey } from './order.ts';

type OverdueDeps = {
  readonly db: Database;
  readonly move: MovePayout;
  readonly now: () => Date;
};

const MAX_AT_ONCE = 500;
/** Every minute, UTC. */
const CRON = '* * * * *';

export function overdueJob(deps: OverdueDeps): Job {
  return {
    name: 'desk.payouts-overdue',
    cron: CRON,
    run: async () => {
      await releaseOverdue(deps);
    },
  };
}

/** Answers how many went back; one after the other, so that one in trouble holds up no other. */
export async function releaseOverdue(deps: OverdueDeps): Promise<number> {
  const due = await deps.db.query<PayoutKey>(
    `select merchant_id as "merchantId", id from payout_orders
      where status = 'taken' and proof_at is null and due_at <= $1
      order by due_at limit $2`,
    [deps.now(), MAX_AT_ONCE],
    'payout-due',
  );
  let count = 0;
  let trouble: { readonly error: unknown } | null = null;
  for (const key of due) {
    try {
      if (await releaseOne(deps, key)) count += 1;
    } catch (error) {
      trouble ??= { error };
    }
  }
  if (trouble) throw trouble.error;
  return count;
}

async function releaseOne({ db, move, now }: OverdueDeps, key: PayoutKey): Promise<boolean> {
  return db.transaction(async (tx) => {
    const at = now();
    const order = await lockOrder(tx, key);
    // Shown as sent, or gone, a moment ago.
    const isDue = order?.status === 'taken' && order.proof === null;
    if (!isDue || order.dueAt === null || order.dueAt > at) return false;
    await holdMerchantMoney(tx, order);
    await writeOrders(tx, [{ ...backInQueue(order), reason: 'its time was over' }], at);
    await move(tx, order, 'release');
    const act = { action: 'payout.overdue', subject: key.id, details: { had: order.takenBy } };
    await record(tx, { ...shell, at, merchantId: key.merchantId, ...act });
    return true;
  });
}
