// Operations: what came in and what goes out in one list, sorted, filtered and counted exactly.
// Totals come from tallies and pages from indexes, so that a list of a million is as quick as one
// of a thousand.

import type { Database } from '../db/database.ts';
import { type Status, statuses } from './machine.ts';
import type { Cause, Direction, PaymentView } from './nouns.ts';
import {
  type Wanted,
  type Window,
  countOf,
  keysBy,
  keysByCreation,
  keysByGroups,
} from './pages.ts';
import type { PaymentKey, Scope } from './rows.ts';
import { type Kind, readTallies } from './tallies.ts';

/** Payments that are alike: in one status, and with or without money, or somebody, on them. */
export type OperationState = {
  readonly status: Status;
  /** Null: both. */
  readonly touched: boolean | null;
  /** `none`: failed for no such cause. Null: whatever the cause. */
  readonly cause: Cause | 'none' | null;
  /** Its place when sorted by status; the order of the alphabet when left out. Equal ones tie. */
  readonly rank?: number;
};

export type OperationSort = {
  readonly by: 'created_at' | 'updated_at' | 'amount' | 'status' | 'reference';
  readonly descending: boolean;
};

export type OperationFilter = {
  readonly direction: Direction | null;
  /** Any of these; null for all. */
  readonly states: readonly OperationState[] | null;
  readonly currency: string | null;
  /** Ties by id. */
  readonly sort: OperationSort;
  /** From 1. */
  readonly page: number;
  readonly size: number;
};

export type Operations = { readonly views: PaymentView[]; readonly total: number };

/** A page past the end is empty. */
export async function listOperations(
  db: Database,
  read: (keys: readonly PaymentKey[]) => Promise<(PaymentView | null)[]>,
  scope: Scope,
  filter: OperationFilter,
): Promise<Operations> {
  const all = await readTallies(db, scope);
  const kinds = all.filter((kind) => isWanted(kind, filter));
  const total = countOf(kinds);
  const offset = (filter.page - 1) * filter.size;
  if (offset >= total) return { views: [], total };
  const keys = await keysOf(db, scope, { kinds, all }, filter, offset);
  const views = await read(keys);
  return { views: views.filter((view) => view !== null), total };
}

function isWanted(kind: Kind, { direction, currency, states }: OperationFilter): boolean {
  return (
    (direction === null || kind.direction === direction) &&
    (currency === null || kind.currency === currency) &&
    (states === null || states.some((state) => isIn(kind, state)))
  );
}

function isIn(kind: Kind, { status, touched, cause }: OperationState): boolean {
  return (
    kind.status === status &&
    (touched === null || kind.touched === touched) &&
    (cause === null || kind.cause === cause)
  );
}

/** The second half of a list is read from its end. */
async function keysOf(
  db: Database,
  scope: Scope,
  wanted: Wanted,
  { sort, states, size }: OperationFilter,
  offset: number,
): Promise<PaymentKey[]> {
  const total = countOf(wanted.kinds);
  const limit = Math.min(size, total - offset);
  const fromEnd = total - offset - limit;
  const isNearer = fromEnd < offset;
  const window = {
    descending: sort.descending !== isNearer,
    offset: isNearer ? fromEnd : offset,
    limit,
  };
  const keys = await keysIn(db, scope, wanted, sort.by, window, states);
  return isNearer ? keys.toReversed() : keys;
}

function keysIn(
  db: Database,
  scope: Scope,
  wanted: Wanted,
  by: OperationSort['by'],
  window: Window,
  states: OperationFilter['states'],
): Promise<PaymentKey[]> {
  if (by === 'created_at') return keysByCreation(db, scope, wanted, window);
  if (by === 'status') return keysByStatus(db, scope, wanted, window, states ?? []);
  return keysBy(db, scope, by, wanted, window);
}

/** Status by status, each by creation. */
function keysByStatus(
  db: Database,
  scope: Scope,
  { kinds, all }: Wanted,
  window: Window,
  states: readonly OperationState[],
): Promise<PaymentKey[]> {
  const groups = [...Map.groupBy(kinds, (kind) => rankOf(kind, states))]
    .toSorted(([left], [right]) => left - right)
    .map(([, group]) => group);
  return keysByGroups(groups, window, (group, part) =>
    keysByCreation(db, scope, { kinds: group, all }, part),
  );
}

const alphabetical: readonly Status[] = statuses.toSorted();

function rankOf(kind: Kind, states: readonly OperationState[]): number {
  const state = states.find((one) => isIn(kind, one));
  return state?.rank ?? alphabetical.indexOf(kind.status);
}
