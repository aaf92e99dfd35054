// A small world for the utxo rail: a stand-in node, a database, and a caller that keeps the cursor.

import { randomUUID } from 'node:crypto';
import { HDKey } from '@scure/bip32';
import type { Database } from '../../../src/db/database.ts';
import type { Directions, Observation, Rail } from '../../../src/rails/rail.ts';
import { type Chain, findChain } from '../../../src/rails/utxo/chains.ts';
import { createRpc, type Rpc } from '../../../src/rails/utxo/rpc.ts';
import { createUtxoRail, type UtxoDeps, type UtxoRail } from '../../../src/rails/utxo/utxo.ts';
import { createTestDatabase } from '../../harness/database.ts';
import { instructOne } from '../../harness/instruct.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

export const startAt = new Date('2026-01-02T03:04:05Z');
const tpub = { private: 0x04358394, public: 0x043587cf };
const vpub = { private: 0x045f18bc, public: 0x045f1cf6 };

/** The chain under test, with outputs buried early so that burial can be seen. */
export const chain: Chain = { ...(findChain('litecoin-regtest') as Chain), buriedAfter: 8 };

export function freshXpub(kind: 'tpub' | 'vpub' = 'vpub'): string {
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const path = kind === 'tpub' ? "m/44'/1'/0'" : "m/84'/1'/0'";
  return HDKey.fromMasterSeed(seed, kind === 'tpub' ? tpub : vpub).derive(path).publicExtendedKey;
}

export type Instructed = Directions & { readonly script: Buffer; readonly reference: string };

export type World = {
  readonly node: StandIn;
  readonly db: Database;
  readonly rail: UtxoRail;
  readonly rpc: Rpc;
  readonly clock: { now: Date };
  readonly warnings: string[];
  /** A second process with the same database and node. */
  open(overrides?: Partial<UtxoDeps>): UtxoRail;
  instruct(rail?: Rail, reference?: string): Promise<Instructed>;
  close(): Promise<void>;
};

export async function createWorld(overrides: Partial<UtxoDeps> = {}): Promise<World> {
  const { db, drop } = await createTestDatabase();
  const watched = overrides.chain ?? chain;
  const node = await startStandIn(watched, startAt.getTime() / 1_000 - 3_600);
  for (let count = 0; count < 12; count += 1) node.mine([]);
  const rpc = createRpc({ url: node.url, timeoutMs: 2_000 });
  const clock = { now: startAt };
  const warnings: string[] = [];
  const xpub = freshXpub(watched.addresses.kind === 'cashaddr' ? 'tpub' : 'vpub');
  const open = (more: Partial<UtxoDeps> = {}): UtxoRail =>
    createUtxoRail({
      chain,
      rpc,
      xpub,
      db,
      now: () => clock.now,
      log: { warn: (text) => void warnings.push(text) },
      pollMs: 5,
      poolSize: 20,
      ...overrides,
      ...more,
    });
  const rail = open();
  return {
    node,
    db,
    rail,
    rpc,
    clock,
    warnings,
    open,
    instruct: (by = rail, reference = randomUUID()) => instruct(db, by, reference),
    async close(): Promise<void> {
      await rpc.close();
      await node.stop();
      await drop();
    },
  };
}

async function instruct(db: Database, rail: Rail, reference: string): Promise<Instructed> {
  const method = rail.methods()[0];
  if (!method) throw new Error('the rail offers nothing');
  const directions = await instructOne(db, rail, {
    reference,
    merchantId: randomUUID(),
    paymentId: randomUUID(),
    method: method.id,
    amount: { units: 5_000_000n, asset: method.asset },
    label: 'Tea & cake',
  });
  const [row] = await db.query<{ script: Buffer }>(
    'select script from utxo_addresses where address = $1',
    [directions.target],
  );
  if (!row) throw new Error('the address is not in the database');
  return { ...directions, script: row.script, reference };
}

export type Caller = {
  readonly cursor: () => string | null;
  /** What the caller believes now, by key. */
  readonly believed: Map<string, Observation>;
  /** One step, committed; answers what it brought. */
  step(): Promise<readonly Observation[]>;
  /** Steps until nothing is new; answers everything in order. */
  settle(): Promise<Observation[]>;
  /** One step whose commit fails. */
  lose(): Promise<readonly Observation[]>;
  about(txid: string, vout?: number): string;
};

const maxSteps = 60;

/** Does what the worker does: observations and cursor together, then `settled`. */
export function createCaller(
  rail: Rail,
  start: string | null = null,
  believed: Map<string, Observation> = new Map(),
): Caller {
  let cursor = start;
  async function step(): Promise<readonly Observation[]> {
    const observed = await rail.observe?.(cursor);
    if (!observed) return [];
    for (const each of observed.observations) believed.set(each.key, each);
    cursor = observed.next;
    await rail.settled?.(cursor);
    return observed.observations;
  }
  async function settle(): Promise<Observation[]> {
    const all: Observation[] = [];
    for (let count = 0; count < maxSteps; count += 1) {
      const before = cursor;
      all.push(...(await step()));
      if (cursor === before) return all;
    }
    throw new Error('the rail does not come to rest');
  }
  return {
    cursor: () => cursor,
    believed,
    step,
    settle,
    lose: async () => (await rail.observe?.(cursor))?.observations ?? [],
    about: (txid, vout = 0) => {
      const seen = believed.get(`${txid}:${vout}`);
      return seen ? `${seen.presence} ${seen.confirmations}` : 'unseen';
    },
  };
}
