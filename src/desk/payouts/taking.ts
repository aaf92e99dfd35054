// Taking: each payout that waits goes to one person, oldest first, and nobody hoards.

import type { Database, Tx } from '../../db/database.ts';
import { record } from '../../merchants/staff-log.ts';
import { hasTaken, isOfDesk, notFound, reachOf } from './access.ts';
import { writeOrders } from './backing.ts';
import { type OrderRow, lockOrder, orderColumns, orderOf } from './order-rows.ts';
import type { DeskPerson, MovePayout, PayoutOrder, PayoutTerms } from './order.ts';
import { PayoutRefused } from './refused.ts';
import { readTerms } from './terms.ts';

export type Taking = {
  /** The oldest that this person can have, or null when none waits. Throws PayoutRefused. */
  takeNext(person: DeskPerson, currency: string | null): Promise<PayoutOrder | null>;
  /** Taking what one has is harmless. */
  take(person: DeskPerson, id: string): Promise<PayoutOrder>;
};

const MINUTE_MS = 60_000;
/** First half of the two-part advisory locks that takers hold. */
const TAKER_LOCKS = 0x70617974;

export function createTaking(deps: { db: Database; move: MovePayout; now: () => Date }): Taking {
  const { db, move, now } = deps;

  async function takeNext(
    person: DeskPerson,
    currency: string | null,
  ): Promise<PayoutOrder | null> {
    return db.transaction(async (tx) => {
      const terms = await enter(tx, person);
      await assertRoom(tx, person, terms);
      const order = await lockOldest(tx, person, { currency, terms, now: now() });
      return order && give(tx, order, person, terms);
    });
  }

  async function take(person: DeskPerson, id: string): Promise<PayoutOrder> {
    return db.transaction(async (tx) => {
      const terms = await enter(tx, person);
      const order = await lockOrder(tx, { merchantId: person.merchantId, id });
      if (!order || !isOfDesk(person, order)) throw notFound();
      if (order.status === 'taken' && hasTaken(person, order)) return order;
      const reach = await reachOf(tx, person);
      if (reach && !reach.has(order.amount.asset)) throw notFound();
      if (order.status === 'taken') {
        throw new PayoutRefused('conflict', 'somebody else has this payout');
      }
      if (order.status !== 'waiting') throw new PayoutRefused('conflict', 'it waits no more');
      await assertRoom(tx, person, terms);
      return give(tx, order, person, terms);
    });
  }

  async function give(
    tx: Tx,
    order: PayoutOrder,
    person: DeskPerson,
    terms: PayoutTerms,
  ): Promise<PayoutOrder> {
    const at = now();
    const { userId, merchantId, address } = person;
    const traderId = person.role === 'trader' ? userId : null;
    const [taken] = await writeOrders(
      tx,
      [
        {
          ...order,
          status: 'taken',
          takenBy: userId,
          traderId,
          takenAt: at,
          dueAt: new Date(at.getTime() + terms.takeMinutes * MINUTE_MS),
          pledged: terms.pledged && traderId !== null,
          proof: null,
          reason: null,
        },
      ],
      at,
    );
    if (!taken) throw new Error(`payout ${order.id} was not written`);
    await move(tx, order, 'take');
    const act = { action: 'payout.taken', subject: order.id, details: null };
    await record(tx, { userId, address, at, merchantId, ...act });
    return taken;
  }

  return { takeNext, take };
}

/** One person takes one at a time: two at once would both see room for the last. */
async function enter(tx: Tx, person: DeskPerson): Promise<PayoutTerms> {
  if (person.userId === null || person.role === 'operator') {
    throw new PayoutRefused('forbidden', 'payouts are taken by traders and managers');
  }
  await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [TAKER_LOCKS, person.userId]);
  return readTerms(tx, person);
}

async function assertRoom(tx: Tx, person: DeskPerson, { openLimit }: PayoutTerms): Promise<void> {
  const [row] = await tx.query<{ open: number }>(
    `select count(*)::int as open from payout_orders
      where taken_by = $1 and status = 'taken' and merchant_id = $2 and mode = $3`,
    [person.userId, person.merchantId, person.mode],
    'payout-open',
  );
  if ((row?.open ?? 0) >= openLimit) {
    throw new PayoutRefused('limit', `at most ${openLimit} payouts may be open at the same time`);
  }
}

/**
 * Whoever comes at the same time passes over it: payment and order are taken together or not at
 * all, and nobody waits, so nobody waits in a circle.
 */
async function lockOldest(
  tx: Tx,
  person: DeskPerson,
  wanted: { readonly currency: string | null; readonly terms: PayoutTerms; readonly now: Date },
): Promise<PayoutOrder | null> {
  const { currency, terms } = wanted;
  const reach = [...((await reachOf(tx, person)) ?? [])];
  const rows = await tx.query<OrderRow>(
    `select ${orderColumns}
       from payout_orders o
       join payments p on p.merchant_id = o.merchant_id and p.id = o.id
       left join unnest($4::text[], $5::numeric[]) as can (asset, room) on can.asset = o.asset
      where o.status = 'waiting' and o.mode = $2 and o.merchant_id = $1
        and ($6 or can.asset is not null) and (can.room is null or o.units <= can.room)
        and ($7::text is null or o.asset = $7)
        and p.status = 'awaiting' and p.expires_at > $3
      order by o.id limit 1 for update of p, o skip locked`,
    [
      person.merchantId,
      person.mode,
      wanted.now,
      reach.map(([asset]) => asset),
      reach.map(([, room]) => (terms.pledged ? room.toString() : null)),
      person.role !== 'trader',
      currency,
    ],
  );
  return rows[0] ? orderOf(rows[0]) : null;
}
