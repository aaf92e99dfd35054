// Serving: requisites that are free now, then those that others hold, then an explanation.

import { type Tx, send } from '../db/database.ts';
import { type Account, keyOf, lockBalances, readBalances, takeBalances } from '../ledger/lock.ts';
import {
  type Candidate,
  type Pool,
  type Search,
  lookThrough,
  readOpenAmounts,
  takeFree,
  takeThese,
} from './candidates.ts';
import { depositOf } from './collateral.ts';
import { type Explanation, explain } from './explanation.ts';
import type { Usage } from './limits.ts';
import {
  type Deposits,
  type LeaseRequest,
  type Placement,
  depositLeft,
  fit,
  place,
  poolKey,
  poolOf,
  poolOfCandidate,
} from './placing.ts';
import { unused } from './usage.ts';

export type Served = {
  readonly placed: readonly Placement[];
  /** Requisites that are locked now, whether they served or not, as they stand after it. */
  readonly held: readonly Candidate[];
  readonly refused: ReadonlyMap<string, Explanation>;
};

type Tried = {
  readonly placed: readonly Placement[];
  readonly left: readonly LeaseRequest[];
  readonly held: readonly Candidate[];
  readonly deposits: Deposits;
};

/**
 * One candidate for each request at first: whoever takes more keeps them from others. Those who
 * stand in front in vain make the next looks wider, until the whole pool is looked through.
 */
const widths = [1, 2, 8, 32];
/** So many of those that seem to fit are waited for. */
const MAX_WAITED_FOR = 500;

/** Those at the head of the line, before it is known who of `requests` has his lease already. */
export async function takeFirst(
  tx: Tx,
  requests: readonly LeaseRequest[],
  now: Date,
): Promise<Candidate[]> {
  await send(tx, { text: 'savepoint leasing', values: [] });
  return takeFree(tx, searchesFor(requests), [], now);
}

/**
 * Requisites and deposits that another transaction holds are passed over; only when no other fits
 * are they waited for, in one order and with nothing else in hand, so that nobody waits in a
 * circle. `first` was taken before.
 */
export async function serve(
  tx: Tx,
  requests: readonly LeaseRequest[],
  first: Candidate[],
  now: Date,
): Promise<Served> {
  if (requests.length === 0) return { placed: [], held: [], refused: new Map() };
  const tried = await serveFree(tx, requests, first, now);
  if (tried.left.length === 0) return served(tried, requests, new Map());
  const all = await lookThroughFor(tx, requests, now);
  const rest = asTried(all, tried);
  const chances = chancesOf(rest, tried.left, now);
  if (chances.length === 0) return served(tried, requests, refusalsOf(tried.left, rest, now));
  await tx.query('rollback to savepoint leasing');
  const before = tried.placed.map(({ candidate }) => candidate);
  const second = await serveThese(tx, requests, [...before, ...chances], now);
  return served(second, requests, refusalsOf(second.left, asTried(all, second), now));
}

function served(
  tried: Tried,
  requests: readonly LeaseRequest[],
  refused: ReadonlyMap<string, Explanation>,
): Served {
  const askedFor = usageOf(requests);
  const held = tried.held.flatMap((candidate) => {
    const { depositKey, standing } = candidate;
    // Somebody else holds the deposit: what it has left is his to say.
    if (depositKey !== null && !tried.deposits.has(depositKey)) return [];
    const depositUnits = depositLeft(candidate, tried.deposits);
    const asked = askedFor.get(candidate.currency) ?? standing.asked;
    return [{ ...candidate, standing: { ...standing, depositUnits, asked } }];
  });
  return { placed: tried.placed, held, refused };
}

/** By currency. */
function usageOf(requests: readonly LeaseRequest[]): Map<string, Usage> {
  const sums = new Map<string, Usage>();
  for (const { amount } of requests) {
    const { units, operations } = sums.get(amount.asset) ?? unused;
    sums.set(amount.asset, { units: units + amount.units, operations: operations + 1 });
  }
  return sums;
}

/** In fair order, until all are served or nothing more is there. */
async function serveFree(
  tx: Tx,
  requests: readonly LeaseRequest[],
  first: Candidate[],
  now: Date,
): Promise<Tried> {
  const placed: Placement[] = [];
  const held: Candidate[] = [];
  const deposits: Deposits = new Map();
  let left = requests;
  for (const width of widths) {
    if (left.length === 0) break;
    const found = width === 1 ? first : await takeFree(tx, searchesFor(left, width), held, now);
    if (found.length === 0) break;
    const [balances] = await Promise.all([
      takeBalances(tx, depositAccounts(found)),
      readOpenAmounts(tx, found),
    ]);
    for (const [key, units] of balances) if (!deposits.has(key)) deposits.set(key, units);
    held.push(...found);
    placed.push(...place(left, found, deposits, now));
    left = unplaced(requests, placed);
  }
  return { placed, left, held, deposits };
}

/** Exactly these, however long others hold them. */
async function serveThese(
  tx: Tx,
  requests: readonly LeaseRequest[],
  wanted: readonly Candidate[],
  now: Date,
): Promise<Tried> {
  const once = [...new Map(wanted.map((one) => [one.id, one])).values()];
  const held = await takeThese(tx, once, now);
  await readOpenAmounts(tx, held);
  const deposits = await lockBalances(tx, depositAccounts(held));
  const placed = place(requests, held, deposits, now);
  return { placed, left: unplaced(requests, placed), held, deposits };
}

type Looked = { readonly candidates: readonly Candidate[]; readonly deposits: Deposits };

async function lookThroughFor(
  tx: Tx,
  requests: readonly LeaseRequest[],
  now: Date,
): Promise<Looked> {
  const candidates = await lookThrough(tx, searchesFor(requests), now);
  await readOpenAmounts(tx, candidates);
  return { candidates, deposits: await readBalances(tx, depositAccounts(candidates)) };
}

/** What we hold stands as we left it, not as the others see it. */
function asTried(all: Looked, { held, deposits }: Tried): Looked {
  const ours = new Map(held.map((one) => [one.id, one]));
  return {
    candidates: all.candidates.map((one) => ours.get(one.id) ?? one),
    deposits: new Map([...all.deposits, ...deposits]),
  };
}

/** Those that would fit one of the requests, were they to be had. */
function chancesOf(
  { candidates, deposits }: Looked,
  requests: readonly LeaseRequest[],
  now: Date,
): Candidate[] {
  const wanted = searchesFor(requests).map(({ units, ...pool }) => ({
    key: poolKey(pool),
    units: [...new Set(units)],
  }));
  return candidates
    .filter((candidate) =>
      wanted.some(
        ({ key, units }) =>
          key === poolOfCandidate(candidate) &&
          units.some((one) => typeof fit(candidate, one, deposits, now) === 'bigint'),
      ),
    )
    .slice(0, MAX_WAITED_FOR);
}

function refusalsOf(
  requests: readonly LeaseRequest[],
  { candidates, deposits }: Looked,
  now: Date,
): Map<string, Explanation> {
  return new Map(
    requests.map((request) => {
      const key = poolKey(poolOf(request));
      const own = candidates.filter((one) => poolOfCandidate(one) === key);
      return [request.reference, explain(request.amount.units, own, deposits, now)];
    }),
  );
}

function searchesFor(requests: readonly LeaseRequest[], width = 1): Search[] {
  const pools = new Map<string, { pool: Pool; units: bigint[] }>();
  for (const request of requests) {
    const pool = poolOf(request);
    const known = pools.get(poolKey(pool));
    if (known) known.units.push(request.amount.units);
    else pools.set(poolKey(pool), { pool, units: [request.amount.units] });
  }
  return [...pools.values()].map(({ pool, units }) => ({
    ...pool,
    units,
    count: units.length * width,
  }));
}

function depositAccounts(candidates: readonly Candidate[]): Account[] {
  const accounts = candidates
    .filter(({ traderId }) => traderId !== null)
    .map((one) => ({ merchantId: one.merchantId, id: depositOf(one) }));
  return [...new Map(accounts.map((one) => [keyOf(one.merchantId, one.id), one])).values()];
}

function unplaced(requests: readonly LeaseRequest[], placed: readonly Placement[]): LeaseRequest[] {
  const done = new Set(placed.map(({ request }) => request.reference));
  return requests.filter(({ reference }) => !done.has(reference));
}
