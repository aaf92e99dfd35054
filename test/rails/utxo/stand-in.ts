// A stand-in for a node: a real HTTP server that speaks JSON-RPC and serves the chain it is told.

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Chain } from '../../../src/rails/utxo/chains.ts';
import { buildBlock, buildTransaction, type FakeBlock, type FakeTransaction } from './bytes.ts';
import type { Pay } from './bytes.ts';

type Answer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } };

/** What a lie looks like: a JSON-RPC answer, an HTTP answer of its own, or silence. */
export type Lie = Answer | { readonly status: number; readonly text: string } | 'hang' | 'drop';

export type StandIn = {
  readonly url: string;
  /** Every call by method, since the start. */
  readonly calls: Map<string, number>;
  /** Consulted before each answer; undefined answers honestly. */
  lie: ((method: string, params: unknown[]) => Lie | undefined) | null;
  tip(): FakeBlock;
  blockAt(height: number): FakeBlock;
  /** Mines the given transactions, or the whole mempool. */
  mine(transactions?: readonly FakeTransaction[]): FakeBlock;
  /** Makes a transaction in the mempool; `spending` replaces whoever spends the same. */
  pay(outputs: readonly Pay[], spending?: readonly string[]): FakeTransaction;
  evict(transaction: FakeTransaction): void;
  /** Abandons `depth` blocks and mines new ones; `vanish`: the old ones' contents are gone. */
  reorganise(
    depth: number,
    blocks: readonly (readonly FakeTransaction[])[],
    options?: { vanish?: boolean },
  ): void;
  /** Cuts the chain back without the node knowing the abandoned blocks (a restored node). */
  forgetTip(depth: number): void;
  setSeconds(seconds: number): void;
  stop(): Promise<void>;
};

type State = {
  chain: Chain;
  active: FakeBlock[];
  known: Map<string, FakeBlock>;
  mempool: Map<string, FakeTransaction>;
  funds: Set<string>;
  seconds: number;
};

export async function startStandIn(chain: Chain, startSeconds = 1_700_000_000): Promise<StandIn> {
  const genesis: FakeBlock = {
    hash: chain.genesis,
    height: 0,
    previous: '0'.repeat(64),
    seconds: startSeconds,
    raw: Buffer.alloc(0),
    transactions: [],
  };
  const known = new Map([[genesis.hash, genesis]]);
  const state: State = {
    chain,
    active: [genesis],
    known,
    mempool: new Map(),
    funds: new Set(),
    seconds: startSeconds,
  };
  const calls = new Map<string, number>();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const standIn: StandIn = {
    url: `http://user:secret@127.0.0.1:${port}`,
    calls,
    lie: null,
    ...controls(state),
    stop: () => stop(server),
  };
  server.on('request', (request, response) => {
    void serve(state, standIn, request, response);
  });
  return standIn;
}

function controls(state: State): Omit<StandIn, 'url' | 'calls' | 'lie' | 'stop'> {
  const tip = (): FakeBlock => state.active.at(-1) as FakeBlock;
  const witness = state.chain.addresses.kind === 'segwit';

  function mine(transactions?: readonly FakeTransaction[]): FakeBlock {
    const chosen = transactions ?? [...state.mempool.values()];
    state.seconds += 150;
    const block = buildBlock(tip(), chosen, state.seconds, witness);
    state.active.push(block);
    state.known.set(block.hash, block);
    for (const transaction of chosen) {
      dropConflicts(state, transaction);
      state.mempool.delete(transaction.txid);
    }
    return block;
  }

  function pay(outputs: readonly Pay[], spending?: readonly string[]): FakeTransaction {
    const inputs = spending ?? [fund(state)];
    const transaction = buildTransaction(inputs, outputs, witness);
    dropConflicts(state, transaction);
    state.mempool.set(transaction.txid, transaction);
    return transaction;
  }

  function reorganise(
    depth: number,
    blocks: readonly (readonly FakeTransaction[])[],
    options: { vanish?: boolean } = {},
  ): void {
    const abandoned = state.active.splice(state.active.length - depth);
    if (!options.vanish) {
      const back = abandoned.flatMap((block) => block.transactions.slice(1));
      for (const transaction of back) state.mempool.set(transaction.txid, transaction);
    }
    for (const transactions of blocks) mine(transactions);
    const held = new Set(state.active.flatMap((block) => block.transactions.map((t) => t.txid)));
    for (const txid of held) state.mempool.delete(txid);
  }

  return {
    tip,
    blockAt: (height) => state.active[height] as FakeBlock,
    mine,
    pay,
    evict: (transaction) => void state.mempool.delete(transaction.txid),
    reorganise,
    forgetTip: (depth) => {
      for (const block of state.active.splice(state.active.length - depth)) {
        state.known.delete(block.hash);
      }
    },
    setSeconds: (seconds) => {
      state.seconds = seconds;
    },
  };
}

/** An output that somebody owns since before this chain's story begins. */
function fund(state: State): string {
  const outpoint = `${randomBytes(32).toString('hex')}:0`;
  state.funds.add(outpoint);
  return outpoint;
}

function dropConflicts(state: State, transaction: FakeTransaction): void {
  const spent = new Set(transaction.inputs);
  for (const other of state.mempool.values()) {
    if (other.txid !== transaction.txid && other.inputs.some((input) => spent.has(input))) {
      state.mempool.delete(other.txid);
    }
  }
}

async function serve(
  state: State,
  standIn: StandIn,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const parsed = JSON.parse(Buffer.concat(chunks).toString()) as RpcCall | RpcCall[];
  const answers: unknown[] = [];
  for (const { id, method, params } of [parsed].flat()) {
    standIn.calls.set(method, (standIn.calls.get(method) ?? 0) + 1);
    const lie = standIn.lie?.(method, params);
    if (lie === 'hang') return;
    if (lie === 'drop') return void request.socket.destroy();
    if (lie && 'status' in lie) return void response.writeHead(lie.status).end(lie.text);
    answers.push({ id, result: null, error: null, ...(lie ?? honest(state, method, params)) });
  }
  const body = JSON.stringify(Array.isArray(parsed) ? answers : answers[0]);
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);
}

type RpcCall = { id: number; method: string; params: unknown[] };

function honest(state: State, method: string, params: unknown[]): Answer {
  const [first, second, third] = params;
  const answers: Record<string, () => Answer> = {
    getblockchaininfo: () => ({ result: chainInfo(state) }),
    getblockhash: () => known(state.active[first as number]?.hash, -8, 'Block height out of range'),
    getblock: () => known(hexOf(state.known.get(first as string)), -5, 'Block not found'),
    getblockheader: () => known(headerOf(state, first as string), -5, 'Block not found'),
    getrawmempool: () => ({ result: [...state.mempool.keys()] }),
    getmempoolinfo: () => ({ result: { loaded: true, size: state.mempool.size } }),
    getrawtransaction: () =>
      known(hexOf(state.mempool.get(first as string)), -5, 'No such mempool transaction'),
    gettxout: () => ({ result: offered(state, `${first}:${second}`, third === true) }),
  };
  return answers[method]?.() ?? { error: { code: -32601, message: 'Method not found' } };
}

function known(result: unknown, code: number, message: string): Answer {
  return result === undefined ? { error: { code, message } } : { result };
}

function hexOf(of: FakeBlock | FakeTransaction | undefined): string | undefined {
  return of?.raw.toString('hex');
}

function chainInfo(state: State): unknown {
  const tip = state.active.at(-1) as FakeBlock;
  return {
    chain: state.chain.nodeChain,
    blocks: tip.height,
    bestblockhash: tip.hash,
    initialblockdownload: false,
    pruned: false,
  };
}

function headerOf(state: State, hash: string): unknown {
  const block = state.known.get(hash);
  if (!block) return undefined;
  const active = state.active[block.height] === block;
  const confirmations = active ? state.active.length - block.height : -1;
  return { hash, time: block.seconds, confirmations };
}

function offered(state: State, outpoint: string, withMempool: boolean): unknown {
  const mined = state.active.flatMap((block) => block.transactions);
  const all = withMempool ? [...mined, ...state.mempool.values()] : mined;
  if (all.some((transaction) => transaction.inputs.includes(outpoint))) return null;
  const [txid, vout] = outpoint.split(':');
  const maker = all.find((transaction) => transaction.txid === txid);
  const made = maker?.outputs[Number.parseInt(vout ?? '', 10)] !== undefined;
  return made || state.funds.has(outpoint) ? { value: 1 } : null;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
