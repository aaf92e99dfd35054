// Bitcoin Cash on the utxo rail: its addresses and links, tokens beside coins, and its relatives.

import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { chains, type Chain, findChain } from '../../../src/rails/utxo/chains.ts';
import { createNode } from '../../../src/rails/utxo/node.ts';
import { createRpc } from '../../../src/rails/utxo/rpc.ts';
import { type StandIn, startStandIn } from './stand-in.ts';
import { createCaller, createWorld, type World } from './world.ts';

const regtest = findChain('bitcoin-cash-regtest') as Chain;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function world(): Promise<World> {
  const created = await createWorld({ chain: regtest });
  closing.push(created.close);
  return created;
}

/** One fungible token of a category that nobody knows, before the script. */
function withToken(script: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xef]), randomBytes(32), Buffer.from([0x10, 1]), script]);
}

describe('a payment', () => {
  test('link begins with the address, whose prefix is not said twice', async () => {
    const { instruct } = await world();
    const { target, uri } = await instruct();
    expect(target).toMatch(/^bchreg:q[02-9ac-hj-np-z]{41}$/);
    expect(uri).toBe(`${target}?amount=0.05&label=Tea%20%26%20cake`);
  });

  test('counts by its coins, whatever tokens come with them', async () => {
    const { instruct, node, rail } = await world();
    const caller = createCaller(rail);
    await caller.settle();
    const { script } = await instruct();
    const plain = node.pay([{ script, units: 3n }]);
    const both = node.pay([{ script: withToken(script), units: 1_000n }]);
    const [first, second] = await caller.settle();
    expect([first?.amount, second?.amount]).toEqual(
      expect.arrayContaining([
        { units: 3n, asset: 'BCH' },
        { units: 1_000n, asset: 'BCH' },
      ]),
    );
    node.mine();
    await caller.settle();
    expect([plain, both].map(({ txid }) => caller.about(txid))).toEqual(['present 1', 'present 1']);
  });

  test('on another chain such an output is nobody’s', async () => {
    const litecoin = await createWorld();
    closing.push(litecoin.close);
    const caller = createCaller(litecoin.rail);
    await caller.settle();
    const { script } = await litecoin.instruct();
    litecoin.node.pay([{ script: withToken(script), units: 1_000n }]);
    litecoin.node.mine();
    await caller.settle();
    expect(caller.believed.size).toBe(0);
  });
});

describe('chains that begin alike are told apart', () => {
  const [bitcoin, bitcoinCash] = ['bitcoin', 'bitcoin-cash'].map((name) => findChain(name)) as [
    Chain,
    Chain,
  ];
  const elsewhere = 'ab'.repeat(32);

  // A young chain has no block so high; the stand-in is told what to say of it.
  async function nodeOf(chain: Chain, landmark: string | null): Promise<[StandIn, Chain]> {
    const node = await startStandIn(chain);
    closing.push(node.stop);
    node.lie = (method, [height]) =>
      method === 'getblockhash' && height === chain.landmark?.height && landmark !== null
        ? { result: landmark }
        : undefined;
    return [node, chain];
  }

  async function tipOf([node, chain]: [StandIn, Chain]): Promise<{ height: number }> {
    const rpc = createRpc({ url: node.url, timeoutMs: 2_000 });
    closing.push(rpc.close);
    return createNode({ chain, rpc }).tip();
  }

  test('they do begin alike, as far as a node says', () => {
    expect(bitcoin.genesis).toBe(bitcoinCash.genesis);
    expect(bitcoin.nodeChain).toBe(bitcoinCash.nodeChain);
    const twins = chains.filter((one) =>
      chains.some(
        (other) =>
          other !== one && other.genesis === one.genesis && other.nodeChain === one.nodeChain,
      ),
    );
    // Only where money is: test coins of a private chain are worth nothing on any chain.
    expect(twins.filter((one) => one.landmark === null).map((one) => one.nodeChain)).toEqual([
      'regtest',
      'regtest',
    ]);
  });

  test.each([bitcoin, bitcoinCash])('$name with its own block is taken', async (chain) => {
    const tip = await tipOf(await nodeOf(chain, chain.landmark?.hash ?? null));
    expect(tip.height).toBe(0);
  });

  test.each([bitcoin, bitcoinCash])('$name with another block is refused', async (chain) => {
    const reason = `not ${chain.name}: its block ${chain.landmark?.height} differs`;
    await expect(tipOf(await nodeOf(chain, elsewhere))).rejects.toThrow(reason);
  });

  test.each([bitcoin, bitcoinCash])('$name before that block is waited for', async (chain) => {
    await expect(tipOf(await nodeOf(chain, null))).rejects.toThrow(
      `has not come to block ${chain.landmark?.height}`,
    );
  });
});
