// The utxo rail: Bitcoin and the chains made like it, through a node that the operator runs.

import { setTimeout as pause } from 'node:timers/promises';
import type { Database, Tx } from '../../db/database.ts';
import { decimalsOf } from '../../money/assets.ts';
import { formatDecimal, trimDecimal } from '../../money/decimal.ts';
import type { Directions, InstructRequest, Observed, Rail } from '../rail.ts';
import type { Chain } from './chains.ts';
import { createMempool } from './mempool.ts';
import { createNode } from './node.ts';
import { createAddressPool } from './pool.ts';
import type { Rpc } from './rpc.ts';
import { createScanner } from './scan.ts';
import { createStore } from './store.ts';
import { createWatch } from './watch.ts';
import { openAccount } from './xpub.ts';

export type UtxoRail = Rail &
  Required<Pick<Rail, 'observe' | 'settled' | 'wait' | 'upkeep'>> & {
    /** Derives addresses until the pool is full; answers how many it added. */
    refill(): Promise<number>;
  };

export type UtxoDeps = {
  readonly chain: Chain;
  readonly rpc: Rpc;
  /** The account's extended public key; its prefix says which addresses are made. */
  readonly xpub: string;
  readonly db: Database;
  readonly now: () => Date;
  readonly log: { warn(text: string): void };
  readonly pollMs?: number;
  readonly poolSize?: number;
  readonly blocksPerStep?: number;
  readonly transactionsPerStep?: number;
};

const defaultPoolSize = 500;
const defaultBlocksPerStep = 20;
const defaultTransactionsPerStep = 5_000;
const healthKeptMs = 2_000;

/** Throws `ExtendedKeyRefused` when the key is private, damaged or another network's. */
export function createUtxoRail(deps: UtxoDeps): UtxoRail {
  const { chain, rpc, xpub, db, now, log } = deps;
  const pollMs = deps.pollMs ?? chain.pollMs;
  const account = openAccount(chain, xpub);
  const poolSize = deps.poolSize ?? defaultPoolSize;
  const pool = createAddressPool({ chain, xpub, account, db, now, poolSize });
  const node = createNode({ chain, rpc });
  const store = createStore({ chain: chain.name, db, now });
  const blocksPerStep = deps.blocksPerStep ?? defaultBlocksPerStep;
  const scanner = createScanner({ node, store, now, blocksPerStep });
  const transactionsPerStep = deps.transactionsPerStep ?? defaultTransactionsPerStep;
  const mempool = createMempool({ node, transactionsPerStep });
  const warn = (text: string): void => log.warn(text);
  const watch = createWatch({ chain, node, store, scanner, mempool, now, warn });
  /** What went wrong in the last step of this process, if it is the one that watches. */
  let trouble: string | null = null;
  let health: { at: number; answer: Promise<string | null> } | null = null;

  async function instruct(tx: Tx, requests: readonly InstructRequest[]): Promise<Directions[]> {
    for (const { method, amount } of requests) {
      if (method === chain.name && amount.asset === chain.asset) continue;
      throw new Error(`${chain.name} was asked for ${amount.asset} by ${method}`);
    }
    const holders = requests.map(({ reference: instructionId, merchantId, paymentId }) => {
      return { instructionId, merchantId, paymentId };
    });
    const targets = await pool.take(tx, holders);
    return requests.map((request, at) => {
      const target = targets[at] ?? '';
      return { target, uri: paymentUri(chain, target, request) };
    });
  }

  async function observe(cursor: string | null): Promise<Observed | null> {
    try {
      const observed = await watch.observe(cursor);
      trouble = null;
      return observed;
    } catch (error) {
      trouble = (error as Error).message;
      throw error;
    }
  }

  async function wait(signal: AbortSignal): Promise<void> {
    if (watch.backlog() && trouble === null) return;
    await pause(pollMs, undefined, { signal }).catch(() => undefined);
  }

  function checkHealth(): Promise<string | null> {
    const at = performance.now();
    if (!health || at - health.at > healthKeptMs) {
      health = {
        at,
        answer: node.tip().then(
          () => null,
          (error: Error) => error.message,
        ),
      };
    }
    return health.answer.then((answer) => answer ?? trouble);
  }

  return {
    name: `utxo-${chain.name}`,
    mode: 'live',
    methods: () => [
      { id: chain.name, asset: chain.asset, label: chain.label, network: chain.network },
    ],
    confirmations: () => chain.confirmations,
    instruct,
    observe,
    settled: watch.settled,
    wait,
    health: checkHealth,
    upkeep: async () => {
      await pool.refill();
    },
    refill: pool.refill,
  };
}

/** BIP 21: the amount in whole coins, without exponent. */
function paymentUri(chain: Chain, address: string, request: InstructRequest): string {
  const { units, asset } = request.amount;
  const amount = trimDecimal(formatDecimal(units, decimalsOf(asset)));
  const label = encodeURIComponent(request.label.toWellFormed());
  const payee = chain.scheme === null ? address : `${chain.scheme}:${address}`;
  return `${payee}?amount=${amount}${label ? `&label=${label}` : ''}`;
}
