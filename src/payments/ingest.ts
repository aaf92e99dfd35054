// Ingest: what a rail saw becomes what payments know. Observations, the ledger, events and the
// rail's cursor commit together, so a crash repeats or loses nothing.

import type { Database, Tx } from '../db/database.ts';
import type { Observation, Rail } from '../rails/rail.ts';
import type { Apply, Change } from './apply.ts';

export type Ingest = {
  /** Asks the rail what is new and stores it; false when there was nothing. */
  pull(rail: Rail): Promise<boolean>;
};

/** Another process moved the cursor meanwhile: what was read is read again from there. */
class CursorMoved extends Error {
  override name = 'CursorMoved';
}

export function createIngest(deps: { db: Database; apply: Apply; now: () => Date }): Ingest {
  async function pull(rail: Rail): Promise<boolean> {
    if (!rail.observe) return false;
    const cursor = await readCursor(deps.db, rail.name);
    const observed = await rail.observe(cursor);
    if (!observed) return false;
    await deps.db.transaction(async (tx) => {
      await moveCursor(tx, rail.name, cursor, observed.next, deps.now());
      await deps.apply(tx, changesFrom(rail.name, observed.observations));
    });
    await rail.settled?.(observed.next);
    return true;
  }

  return { pull };
}

/** One change per payment, in the order in which the rail saw things. */
export function changesFrom(rail: string, observations: readonly Observation[]): Change[] {
  const byPayment = new Map<string, { change: Change; list: Observation[] }>();
  for (const observation of observations) {
    const { merchantId, paymentId } = observation;
    const known = byPayment.get(paymentId);
    if (known) {
      known.list.push(observation);
      continue;
    }
    const list = [observation];
    const command = { kind: 'observe', rail, observations: list } as const;
    byPayment.set(paymentId, { change: { key: { merchantId, id: paymentId }, command }, list });
  }
  return [...byPayment.values()].map(({ change }) => change);
}

async function readCursor(db: Tx, rail: string): Promise<string | null> {
  const [row] = await db.query<{ cursor: string }>(
    'select cursor from rail_cursors where rail = $1',
    [rail],
  );
  return row?.cursor ?? null;
}

// Compare and set: two watchers of one chain, should there ever be two, cannot both commit.
async function moveCursor(
  tx: Tx,
  rail: string,
  from: string | null,
  to: string,
  now: Date,
): Promise<void> {
  const rows =
    from === null
      ? await tx.query(
          `insert into rail_cursors (rail, cursor, moved_at) values ($1, $2, $3)
           on conflict (rail) do nothing returning rail`,
          [rail, to, now],
        )
      : await tx.query(
          `update rail_cursors set cursor = $3, moved_at = $4
            where rail = $1 and cursor = $2 returning rail`,
          [rail, from, to, now],
        );
  if (rows.length === 0) throw new CursorMoved(rail);
}
