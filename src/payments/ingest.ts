// Ingest: what a rail saw becomes what payments know. Observations, the ledger, events and the
// rail's cursor commit together, so a crash repeats or loses nothing.

import { type Database, type Tx, isConnectionTrouble } from '../db/database.ts';
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
    const step = { rail: rail.name, from: cursor, to: observed.next };
    await store(step, observed.observations);
    await rail.settled?.(observed.next);
    return true;
  }

  /**
   * One that cannot be stored must not keep the money of others waiting: then all but that one are
   * stored, the cursor stays, and the failure is thrown, so that it is tried and told again.
   */
  async function store(step: Step, observations: readonly Observation[]): Promise<void> {
    try {
      await commit(step, step.to, observations);
    } catch (error) {
      if (observations.length < 2 || !isPoison(error)) throw error;
      const poison = await storeHalves(step, observations);
      if (poison !== null) throw poison.error;
      await commit(step, step.to, []);
    }
  }

  /** Answers a failure that remained, when everything that could be stored was. */
  async function storeHalves(
    step: Step,
    observations: readonly Observation[],
  ): Promise<{ error: unknown } | null> {
    const middle = Math.ceil(observations.length / 2);
    let poison: { error: unknown } | null = null;
    for (const half of [observations.slice(0, middle), observations.slice(middle)]) {
      try {
        await commit(step, step.from, half);
      } catch (error) {
        if (!isPoison(error)) throw error;
        const found = half.length < 2 ? { error } : await storeHalves(step, half);
        poison ??= found;
      }
    }
    return poison;
  }

  async function commit(
    { rail, from }: Step,
    to: string | null,
    observations: readonly Observation[],
  ): Promise<void> {
    await deps.db.transaction(async (tx) => {
      if (to === from) await holdCursor(tx, rail, from);
      else if (to !== null) await moveCursor(tx, rail, from, to, deps.now());
      await deps.apply(tx, changesFrom(rail, observations));
    });
  }

  return { pull };
}

type Step = { readonly rail: string; readonly from: string | null; readonly to: string };

/** Whether the trouble is with what was to be stored. */
function isPoison(error: unknown): boolean {
  return !(error instanceof CursorMoved) && !isConnectionTrouble(error);
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

async function holdCursor(tx: Tx, rail: string, at: string | null): Promise<void> {
  const [row] = await tx.query<{ cursor: string }>(
    'select cursor from rail_cursors where rail = $1 for update',
    [rail],
  );
  if ((row?.cursor ?? null) !== at) throw new CursorMoved(rail);
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
