// Reading blocks: where the cursor and the node's chain part, and what blocks since then pay us.

import type { Block, Transaction } from './block.ts';
import { trailHeights, type Cursor } from './cursor.ts';
import { NodeTrouble, type Node, type Point, type Tip } from './node.ts';
import type { Found, Match, Store } from './store.ts';

/** `end`: the last block that was read, or `base` when there was none. */
export type Scanned = {
  readonly end: Point;
  readonly found: readonly Found[];
  readonly spoiled: readonly Buffer[];
};

export type Scanner = {
  /** Where a first start begins: the tip, or before the first address was given to a payer. */
  start(tip: Tip): Promise<Point>;
  /** The last block of the cursor's chain that the node's chain still holds. */
  base(cursor: Cursor, tip: Tip): Promise<Point>;
  /** Reads at most `blocksPerStep` blocks after `base`. */
  scan(base: Point, tip: Tip): Promise<Scanned>;
  trail(end: Point): Promise<Point[]>;
  /** Which of these outputs pay us; also those to addresses that nobody was told. */
  pick(transactions: readonly Transaction[], seen: Sight): Promise<Picked>;
};

/** When and where transactions were seen; `block` is null for the mempool. */
export type Sight = { readonly block: Found['block']; readonly seenAt: Date };
export type Picked = Pick<Scanned, 'found' | 'spoiled'>;

export type ScannerDeps = {
  readonly node: Node;
  readonly store: Store;
  readonly now: () => Date;
  readonly blocksPerStep: number;
};

// Blocks may claim times up to two hours off, and so may this machine's clock.
const clockMarginMs = 4 * 3_600_000;

export function createScanner({ node, store, now, blocksPerStep }: ScannerDeps): Scanner {
  async function start(tip: Tip): Promise<Point> {
    const since = await store.firstAssignment();
    if (!since) return tip;
    // Payers were told addresses before the node was ever reached: nothing since then is skipped.
    const earliest = since.getTime() - clockMarginMs;
    let low = Math.min(tip.firstHeight, tip.height);
    let high = tip.height;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const hash = await hashAt(middle);
      if ((await node.timeOf(hash)).getTime() < earliest) low = middle;
      else high = middle - 1;
    }
    return { height: low, hash: await hashAt(low) };
  }

  async function hashAt(height: number): Promise<string> {
    const [hash] = await node.hashesAt([height]);
    if (!hash) throw movedWhileRead();
    return hash;
  }

  async function base(cursor: Cursor, tip: Tip): Promise<Point> {
    if (tip.hash === cursor.hash) return cursor;
    const points = [cursor, ...cursor.trail];
    const hashes = (await node.hashesAt(points.map((point) => point.height).reverse())).reverse();
    const index = points.findIndex((point, at) => hashes[at] === point.hash);
    const common = points[index];
    if (!common) {
      throw new NodeTrouble(
        'the node follows a chain that has nothing in common with what was read before; ' +
          'if it was started afresh on purpose, remove this rail’s row from rail_cursors',
      );
    }
    if (index === 0) return common;
    const forked = hashes.slice(0, index).some((hash) => hash !== null);
    if (!forked) await assertAbandoned(cursor, tip);
    return common;
  }

  // A chain that is merely shorter proves nothing: a restored node, or a lagging one at the same
  // address, shows less for a while. Only a node that says "abandoned" takes blocks back.
  async function assertAbandoned(cursor: Cursor, tip: Tip): Promise<void> {
    if ((await node.standing(cursor.hash)) === 'abandoned') return;
    throw new NodeTrouble(
      `the node is at block ${tip.height}, behind block ${cursor.height} which was read before; ` +
        'waiting for it to catch up',
    );
  }

  async function scan(from: Point, tip: Tip): Promise<Scanned> {
    const found: Found[] = [];
    const spoiled: Buffer[] = [];
    const last = Math.min(tip.height, from.height + blocksPerStep);
    const heights = Array.from({ length: last - from.height }, (_, at) => from.height + 1 + at);
    const hashes = await node.hashesAt(heights);
    let end = from;
    for (const [at, height] of heights.entries()) {
      const hash = hashes[at];
      if (!hash) break;
      const block = await node.block({ height, hash });
      // The chain was reorganised between two questions: what came before still holds.
      if (block.previous !== end.hash) break;
      const picked = await pick(block.transactions, sightOf(block, height));
      found.push(...picked.found);
      spoiled.push(...picked.spoiled);
      end = { height, hash };
    }
    if (heights.length > 0 && end === from) throw movedWhileRead();
    return { end: { height: end.height, hash: end.hash }, found, spoiled };
  }

  function sightOf(block: Block, height: number): Sight {
    const seenAt = new Date(Math.min(now().getTime(), block.time.getTime()));
    return { block: { hash: block.hash, height }, seenAt };
  }

  async function pick(transactions: readonly Transaction[], seen: Sight): Promise<Picked> {
    const matches = await store.match(scriptsOf(transactions));
    if (matches.length === 0) return { found: [], spoiled: [] };
    const free = matches.filter((match) => match.free).map((match) => match.script);
    return { found: foundIn(transactions, matches, seen), spoiled: free };
  }

  async function trail(end: Point): Promise<Point[]> {
    const heights = [end.height, ...trailHeights(end.height)];
    const hashes = (await node.hashesAt([...heights].reverse())).reverse();
    // Asked lowest first: if the end still stands afterwards, so did its ancestors.
    if (hashes[0] !== end.hash) throw movedWhileRead();
    return heights.slice(1).map((height, at) => ({ height, hash: hashes[at + 1] ?? '' }));
  }

  return { start, base, scan, trail, pick };
}

function movedWhileRead(): NodeTrouble {
  return new NodeTrouble('the chain moved while it was read; trying again');
}

const scriptLengths: ReadonlySet<number> = new Set([22, 23, 25]);

/** Only scripts as long as those of our address types, each once. */
function scriptsOf(transactions: readonly Transaction[]): Buffer[] {
  const scripts = new Map<string, Buffer>();
  for (const { outputs } of transactions) {
    for (const { script } of outputs) {
      if (scriptLengths.has(script.length)) scripts.set(script.toString('latin1'), script);
    }
  }
  return [...scripts.values()];
}

// Outputs of nothing are dropped: they pay nobody, and the ledger knows no empty transfer.
function foundIn(
  transactions: readonly Transaction[],
  matches: readonly Match[],
  seen: Sight,
): Found[] {
  const ours = new Set(matches.map((match) => match.script.toString('latin1')));
  const found = new Map<string, Found>();
  for (const transaction of transactions) {
    const { txid } = transaction;
    for (const { vout, units, script } of transaction.outputs) {
      if (units === 0n || !ours.has(script.toString('latin1'))) continue;
      const inputs = transaction.inputs();
      found.set(`${txid}:${vout}`, { txid, vout, units, script, inputs, ...seen });
    }
  }
  return [...found.values()];
}
