// The mempool: every transaction is fetched once, in bounded batches, then only its id is kept.

import type { Transaction } from './block.ts';
import type { Node } from './node.ts';

export type MempoolView = {
  readonly txids: ReadonlySet<string>;
  /** Fetched now for the first time. */
  readonly fresh: readonly Transaction[];
  /** The node has its whole mempool in memory: not finding a transaction there means something. */
  readonly loaded: boolean;
  /** More is waiting than one step fetches. */
  readonly partial: boolean;
  /** To be called once `fresh` is safely written: only then is it not fetched again. */
  remember(): void;
};

export type Mempool = { read(): Promise<MempoolView>; forget(): void };

const batchSize = 50;
const batchesInFlight = 2;

export function createMempool(deps: { node: Node; transactionsPerStep: number }): Mempool {
  const { node, transactionsPerStep } = deps;
  let fetched = new Set<string>();

  async function read(): Promise<MempoolView> {
    const { txids: list, loaded } = await node.mempool();
    const txids = new Set(list);
    const unknown = list.filter((txid) => !fetched.has(txid));
    const wanted = unknown.slice(0, transactionsPerStep);
    const fresh = await fetchAll(wanted);
    const partial = unknown.length > wanted.length;
    function remember(): void {
      // What left the mempool is forgotten, so that it is read again should it come back.
      fetched = new Set([...fetched, ...wanted].filter((txid) => txids.has(txid)));
    }
    return { txids, fresh, loaded, partial, remember };
  }

  async function fetchAll(txids: readonly string[]): Promise<Transaction[]> {
    const fresh: Transaction[] = [];
    const stride = batchSize * batchesInFlight;
    for (let start = 0; start < txids.length; start += stride) {
      const batches: Promise<(Transaction | null)[]>[] = [];
      for (let at = start; at < Math.min(start + stride, txids.length); at += batchSize) {
        batches.push(node.transactions(txids.slice(at, at + batchSize)));
      }
      const answers = (await Promise.all(batches)).flat();
      for (const transaction of answers) if (transaction) fresh.push(transaction);
    }
    return fresh;
  }

  return {
    read,
    forget: () => {
      fetched = new Set();
    },
  };
}
