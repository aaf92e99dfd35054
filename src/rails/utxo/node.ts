// What the rail asks of a node, checked: nothing a node says is used before it has the right shape.

import type { Chain } from './chains.ts';
import { BadBytes, parseBlock, parseTransaction, type Block, type Transaction } from './block.ts';
import type { Call, Outcome, Rpc } from './rpc.ts';

/** Why the chain cannot be read at the moment; one sentence for the operator. */
export class NodeTrouble extends Error {
  override name = 'NodeTrouble';
}

export type Point = { readonly height: number; readonly hash: string };

/** `firstHeight`: the lowest block a pruned node still holds; 0 when it holds them all. */
export type Tip = Point & { readonly firstHeight: number };

export type MempoolList = { readonly txids: readonly string[]; readonly loaded: boolean };

export type Node = {
  /** The tip of the chain the node follows; throws for a wrong network and a node still syncing. */
  tip(): Promise<Tip>;
  /** The active chain's block hashes; null where a height has none. Asked lowest first. */
  hashesAt(heights: readonly number[]): Promise<(string | null)[]>;
  block(point: Point): Promise<Block>;
  /** `abandoned`: the node knows the block and says that its chain goes another way. */
  standing(hash: string): Promise<'active' | 'abandoned' | 'unknown'>;
  timeOf(hash: string): Promise<Date>;
  mempool(): Promise<MempoolList>;
  /** Those of the mempool that are still there and readable, by id; null for the others. */
  transactions(txids: readonly string[]): Promise<(Transaction | null)[]>;
  /** For each `txid:vout`: whether chain and mempool together still offer it for spending. */
  spendable(outpoints: readonly string[]): Promise<boolean[]>;
};

const codeNoSuchHeight = -8;
const codeNotFound = -5;
const codeMisc = -1;
const codeWarmUp = -28;
const hashPattern = /^[0-9a-f]{64}$/;
const hexPattern = /^(?:[0-9a-f]{2})*$/;

export function createNode({ chain, rpc }: { chain: Chain; rpc: Rpc }): Node {
  const trouble = (reason: string): NodeTrouble =>
    new NodeTrouble(`${chain.network} node: ${reason}`);

  function answerOf(outcome: Outcome | undefined): unknown {
    if (outcome?.kind === 'answer') return outcome.value;
    if (outcome?.kind !== 'refused') throw trouble(outcome?.reason ?? 'it answered nothing');
    if (outcome.code === codeWarmUp) throw trouble(`it is starting (${outcome.reason})`);
    throw trouble(`it refused: ${outcome.reason} (${outcome.code})`);
  }

  async function ask(method: string, ...params: unknown[]): Promise<unknown> {
    return answerOf(await rpc.call(method, ...params));
  }

  function hashOf(value: unknown): string {
    if (typeof value === 'string' && hashPattern.test(value)) return value;
    throw trouble('it answered something that is no hash');
  }

  function bytesOf(value: unknown): Buffer {
    if (typeof value !== 'string' || !hexPattern.test(value)) throw trouble('it answered no bytes');
    return Buffer.from(value, 'hex');
  }

  function heightOf(value: unknown): number {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw trouble('it answered something that is no height');
  }

  async function tip(): Promise<Tip> {
    const heights = chain.landmark ? [0, chain.landmark.height] : [0];
    const asked = heights.map((height) => call('getblockhash', height));
    const [info, genesis, landmark] = await rpc.batch([call('getblockchaininfo'), ...asked]);
    const facts = fieldsOf(answerOf(info));
    if (facts['chain'] !== chain.nodeChain || answerOf(genesis) !== chain.genesis) {
      throw trouble(`it follows another chain (${String(facts['chain'])}), not ${chain.name}`);
    }
    // Above all: a node that still downloads, of the wrong coin, is one of the wrong coin.
    assertNoRelative(landmark);
    if (facts['initialblockdownload'] !== false) throw trouble('it is still downloading the chain');
    if (chain.landmark && landmark?.kind === 'refused' && landmark.code === codeNoSuchHeight) {
      throw trouble(`it has not come to block ${chain.landmark.height} of ${chain.name} yet`);
    }
    if (chain.landmark) answerOf(landmark);
    const firstHeight = facts['pruned'] === true ? heightOf(facts['pruneheight'] ?? 0) : 0;
    return {
      height: heightOf(facts['blocks']),
      hash: hashOf(facts['bestblockhash']),
      firstHeight,
    };
  }

  /** Bitcoin and Bitcoin Cash call themselves the same and begin with the same blocks. */
  function assertNoRelative(landmark: Outcome | undefined): void {
    if (!chain.landmark || landmark?.kind !== 'answer') return;
    if (landmark.value === chain.landmark.hash) return;
    throw trouble(
      `it follows another chain, not ${chain.name}: its block ${chain.landmark.height} differs`,
    );
  }

  async function hashesAt(heights: readonly number[]): Promise<(string | null)[]> {
    const outcomes = await rpc.batch(heights.map((height) => call('getblockhash', height)));
    return heights.map((_, index) => {
      const outcome = outcomes[index];
      if (outcome?.kind === 'refused' && outcome.code === codeNoSuchHeight) return null;
      return hashOf(answerOf(outcome));
    });
  }

  async function block(point: Point): Promise<Block> {
    const outcome = await rpc.call('getblock', point.hash, 0);
    if (outcome.kind === 'refused' && outcome.code === codeMisc && /prune/i.test(outcome.reason)) {
      throw trouble(
        `it has pruned block ${point.height}, which was not read yet: ` +
          'let it download that block again (a larger prune value, or reindex)',
      );
    }
    const bytes = bytesOf(answerOf(outcome));
    const parsed = readable(() => parseBlock(bytes, chain.tokens));
    if (parsed.hash !== point.hash) throw trouble(`it gave another block as ${point.height}`);
    return parsed;
  }

  function readable<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof BadBytes) throw trouble(`it gave a bad block: ${error.message}`);
      throw error;
    }
  }

  async function standing(hash: string): Promise<'active' | 'abandoned' | 'unknown'> {
    const outcome = await rpc.call('getblockheader', hash, true);
    if (outcome.kind === 'refused' && outcome.code === codeNotFound) return 'unknown';
    return fieldsOf(answerOf(outcome))['confirmations'] === -1 ? 'abandoned' : 'active';
  }

  async function timeOf(hash: string): Promise<Date> {
    return new Date(heightOf(fieldsOf(await ask('getblockheader', hash, true))['time']) * 1_000);
  }

  async function mempool(): Promise<MempoolList> {
    const [list, info] = await rpc.batch([call('getrawmempool'), call('getmempoolinfo')]);
    const txids = answerOf(list);
    if (!Array.isArray(txids)) throw trouble('it answered no list of transactions');
    // Nodes older than 0.20 do not say whether they have read their kept mempool back.
    const loaded = fieldsOf(answerOf(info))['loaded'] !== false;
    return { txids: txids.map(hashOf), loaded };
  }

  async function transactions(txids: readonly string[]): Promise<(Transaction | null)[]> {
    const outcomes = await rpc.batch(txids.map((txid) => call('getrawtransaction', txid, false)));
    return txids.map((txid, index) => {
      const outcome = outcomes[index];
      // It was mined or replaced since the list was read.
      if (outcome?.kind === 'refused' && outcome.code === codeNotFound) return null;
      return transactionOf(bytesOf(answerOf(outcome)), txid, chain.tokens);
    });
  }

  async function spendable(outpoints: readonly string[]): Promise<boolean[]> {
    const calls = outpoints.map((outpoint) => {
      const [txid = '', vout = ''] = outpoint.split(':');
      return call('gettxout', txid, Number.parseInt(vout, 10), true);
    });
    const outcomes = await rpc.batch(calls);
    return outpoints.map((_, index) => answerOf(outcomes[index]) !== null);
  }

  return { tip, hashesAt, block, standing, timeOf, mempool, transactions, spendable };
}

function call(method: string, ...params: unknown[]): Call {
  return { method, params };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

// One unreadable transaction must not hide its neighbours; once mined, its block is read instead.
function transactionOf(bytes: Buffer, txid: string, tokens: boolean): Transaction | null {
  try {
    return parseTransaction(bytes, txid, tokens);
  } catch (error) {
    if (error instanceof BadBytes) return null;
    throw error;
  }
}
