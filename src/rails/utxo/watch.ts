// Watching a chain: from a cursor to what happened since, without trusting that anybody remembers.

import type { Observation, Observed } from '../rail.ts';
import type { Chain } from './chains.ts';
import { parseCursor, printCursor, type Cursor } from './cursor.ts';
import type { Mempool, MempoolView } from './mempool.ts';
import type { Node, Point } from './node.ts';
import type { Scanner } from './scan.ts';
import type { Kept, Store } from './store.ts';

export type Watch = {
  observe(cursor: string | null): Promise<Observed | null>;
  settled(cursor: string): Promise<void>;
  /** Whether the last step left something to read at once. */
  backlog(): boolean;
};

export type WatchDeps = {
  readonly chain: Chain;
  readonly node: Node;
  readonly store: Store;
  readonly scanner: Scanner;
  readonly mempool: Mempool;
  readonly now: () => Date;
  readonly warn: (text: string) => void;
};

/** Where the step ended. `view` is null while blocks are still missing before the tip. */
type Step = { readonly end: Point; readonly view: MempoolView | null };
/** What can be said of an output now; null when nothing can. */
type State = Pick<Observation, 'presence' | 'confirmations'> | null;

// A transaction that no node keeps and no block holds is given up after the time for which nodes
// themselves keep one by default (mempoolexpiry, 336 hours).
const givenUpAfterMs = 336 * 3_600_000;

/**
 * A step writes what it found to utxo_outputs before it answers, and answers everything that was
 * not yet reported *under the cursor it was given*: a process that dies before the caller's commit
 * leaves rows that the next step writes again and reports in full. `reported` is only what this
 * process knows to be committed; whenever somebody else has moved the cursor it starts empty.
 *
 * A transaction that is in no block and left the mempool is absent when something it spends is no
 * longer on offer (then another transaction took it, or what it builds on is gone), and it is given
 * up after `givenUpAfterMs`. Otherwise it stays present at depth 0: an eviction or a node restarted
 * with an empty mempool proves nothing, and depth 0 settles nothing. Should it return, it is found
 * again like a new one.
 */
export function createWatch(deps: WatchDeps): Watch {
  const { chain, node, store, scanner, mempool, now, warn } = deps;
  const reported = new Map<string, string>();
  let reportedFor: string | null = null;
  let answered: { cursor: string; observations: readonly Observation[] } | null = null;
  /** Ours and in no block, as last loaded. */
  let unconfirmed: readonly string[] = [];
  /** Something was undecided when last looked at. */
  let unsaid = false;
  let more = false;

  async function observe(text: string | null): Promise<Observed | null> {
    const tip = await node.tip();
    const strange = text === null || text !== reportedFor;
    if (strange) startAfresh(text);
    if (text === null) return answer(0, await scanner.start(tip), [], null);
    const cursor = parseCursor(text);
    const base = await scanner.base(cursor, tip);
    if (base.height < cursor.height) warnOfRewind(cursor, base);
    const scanned = await scanner.scan(base, tip);
    const atTip = scanned.end.hash === tip.hash;
    const view = atTip ? await mempool.read() : null;
    const fresh = await scanner.pick(view?.fresh ?? [], { block: null, seenAt: now() });
    const found = [...fresh.found, ...scanned.found];
    const spoiled = [...scanned.spoiled, ...fresh.spoiled];
    const moved = scanned.end.hash !== cursor.hash;
    more = !atTip || (view?.partial ?? false);
    if (strange || moved || found.length + spoiled.length > 0) {
      await store.write(base.height, withoutRepeats(found), spoiled);
    } else if (!unsaid && !answered && !leftMempool(view)) {
      view?.remember();
      return null;
    }
    const observations = await unreported({ end: scanned.end, view });
    view?.remember();
    if (!moved && observations.length === 0) return null;
    return answer(cursor.seq + 1, scanned.end, observations, moved ? null : cursor);
  }

  function startAfresh(cursor: string | null): void {
    reported.clear();
    answered = null;
    mempool.forget();
    reportedFor = cursor;
  }

  function warnOfRewind(cursor: Cursor, base: Point): void {
    const depth = cursor.height - base.height;
    warn(`${chain.name}: reorganisation, reading again from block ${base.height} (${depth} back)`);
  }

  function leftMempool(view: MempoolView | null): boolean {
    return unconfirmed.some((txid) => !view?.txids.has(txid));
  }

  async function answer(
    seq: number,
    end: Point,
    observations: readonly Observation[],
    same: Cursor | null,
  ): Promise<Observed> {
    const trail = same?.trail ?? (await scanner.trail(end));
    const next = printCursor({ height: end.height, hash: end.hash, seq, trail });
    answered = { cursor: next, observations };
    return { observations, next };
  }

  async function unreported(step: Step): Promise<Observation[]> {
    const kept = await store.load();
    unconfirmed = kept.filter(isUnconfirmed).map((row) => row.txid);
    const lost = await lostAmong(kept, step);
    const observations: Observation[] = [];
    unsaid = false;
    for (const row of kept) {
      const state = stateOf(row, step, lost);
      unsaid ||= state === null;
      if (!state || reported.get(keyOf(row)) === markOf(state)) continue;
      observations.push(observationOf(row, state));
    }
    // Present before absent: a payment whose transaction was replaced by a better paying one then
    // never looks unpaid in between.
    return observations.sort((a, b) => rankOf(a) - rankOf(b));
  }

  function stateOf(row: Kept, { end, view }: Step, lost: Lost): State {
    if (row.blockHeight !== null) {
      return { presence: 'present', confirmations: end.height - row.blockHeight + 1 };
    }
    // Before the tip is reached nobody knows whether a later block holds it.
    if (!view) return null;
    if (view.txids.has(row.txid)) return { presence: 'present', confirmations: 0 };
    if (lost === 'undecided') return null;
    const gone = !row.present || lost.has(row.txid);
    return { presence: gone ? 'absent' : 'present', confirmations: 0 };
  }

  async function lostAmong(kept: readonly Kept[], { end, view }: Step): Promise<Lost> {
    if (!view?.loaded) return 'undecided';
    const missing = kept.filter((row) => isUnconfirmed(row) && !view.txids.has(row.txid));
    const lost = new Set<string>();
    for (const row of missing) {
      if (lost.has(row.txid)) continue;
      const old = now().getTime() - row.seenAt.getTime() > givenUpAfterMs;
      const offered = old ? [] : await node.spendable(row.inputs);
      if (old || offered.includes(false)) lost.add(row.txid);
    }
    // A block that came meanwhile may hold what the mempool just lost: then nothing was learnt.
    if (missing.length > 0 && (await node.tip()).hash !== end.hash) return 'undecided';
    await store.markAbsent(missing.filter((row) => lost.has(row.txid)));
    return lost;
  }

  function observationOf(row: Kept, state: NonNullable<State>): Observation {
    return {
      key: keyOf(row),
      merchantId: row.merchantId,
      paymentId: row.paymentId,
      instructionId: row.instructionId,
      amount: { units: row.units, asset: chain.asset },
      ...state,
      transactionId: row.txid,
      at: row.seenAt,
    };
  }

  async function settled(cursor: string): Promise<void> {
    if (answered?.cursor !== cursor) return;
    for (const each of answered.observations) reported.set(each.key, markOf(each));
    answered = null;
    reportedFor = cursor;
    const buriedHeight = parseCursor(cursor).height - chain.buriedAfter + 1;
    const absentSince = new Date(now().getTime() - givenUpAfterMs);
    for (const row of await store.forget(buriedHeight, absentSince)) reported.delete(keyOf(row));
  }

  return { observe, settled, backlog: () => more };
}

type Lost = ReadonlySet<string> | 'undecided';

function isUnconfirmed(row: Kept): boolean {
  return row.blockHeight === null && row.present;
}

function keyOf({ txid, vout }: { txid: string; vout: number }): string {
  return `${txid}:${vout}`;
}

function markOf(state: NonNullable<State>): string {
  return `${state.presence} ${state.confirmations}`;
}

function rankOf(observation: Observation): number {
  return observation.presence === 'present' ? 0 : 1;
}

// Mined between two questions, a transaction may come from the mempool and from a block: the
// block's word, which comes last, holds.
function withoutRepeats<T extends { txid: string; vout: number }>(found: readonly T[]): T[] {
  return [...new Map(found.map((each) => [keyOf(each), each])).values()];
}
