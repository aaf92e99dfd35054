// The utxo rail when the node lies, fails or restarts, and when we do (QUALITY F3 and F4).

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRpc } from '../../../src/rails/utxo/rpc.ts';
import type { Lie } from './stand-in.ts';
import { type Caller, chain, createCaller, createWorld, type World } from './world.ts';

let world: World;
let caller: Caller;

beforeEach(async () => {
  world = await createWorld();
  caller = createCaller(world.rail);
  await caller.settle();
});
afterEach(() => world.close());

type Claim = { readonly method: string; readonly lie: Lie; readonly says?: RegExp };
const zeros = '00'.repeat(32);

describe('F3: a node that lies or fails changes nothing and is asked again', () => {
  const claims: readonly Claim[] = [
    { method: 'getblockchaininfo', lie: 'drop' },
    { method: 'getblockchaininfo', lie: 'hang' },
    { method: 'getblockchaininfo', lie: { status: 429, text: 'too many' }, says: /429/ },
    { method: 'getblockchaininfo', lie: { status: 401, text: '' }, says: /password/ },
    { method: 'getblockchaininfo', lie: { result: null } },
    {
      method: 'getblockchaininfo',
      lie: { error: { code: -28, message: 'Verifying' } },
      says: /start/,
    },
    { method: 'getblockchaininfo', lie: info({ chain: 'main' }), says: /another chain/ },
    { method: 'getblockchaininfo', lie: info({ initialblockdownload: true }), says: /downloading/ },
    { method: 'getblockchaininfo', lie: info({ blocks: -1 }), says: /height/ },
    { method: 'getblockchaininfo', lie: info({ bestblockhash: 'x' }), says: /hash/ },
    { method: 'getblockhash', lie: { result: zeros }, says: /another chain/ },
    { method: 'getblock', lie: { result: null } },
    { method: 'getblock', lie: { result: '' }, says: /bad block/ },
    { method: 'getblock', lie: { result: '00ff' }, says: /bad block/ },
    { method: 'getblock', lie: { result: 'zz' }, says: /no bytes/ },
    { method: 'getblock', lie: { error: { code: -5, message: 'Block not found' } } },
    {
      method: 'getblock',
      lie: { error: { code: -1, message: 'Block not available (pruned data)' } },
      says: /pruned block 13/,
    },
    { method: 'getrawmempool', lie: { result: null } },
    { method: 'getrawmempool', lie: { result: [7] }, says: /hash/ },
    { method: 'getrawtransaction', lie: 'drop' },
    { method: 'getrawtransaction', lie: { result: 'abc' }, says: /no bytes/ },
    { method: 'getmempoolinfo', lie: 'drop' },
  ];

  test.each(claims)('$method: $lie', async ({ method, lie, says }) => {
    const { script } = await world.instruct();
    const mined = world.node.pay([{ script, units: 3n }]);
    world.node.mine();
    const waiting = world.node.pay([{ script, units: 4n }]);
    const before = caller.cursor();
    world.node.lie = (asked) => (asked === method ? lie : undefined);
    await expect(caller.step()).rejects.toThrow(says ?? /Litecoin regtest node/);
    expect(caller.cursor()).toBe(before);
    expect(caller.believed.size).toBe(0);
    expect(await world.rail.health()).not.toBeNull();
    world.node.lie = null;
    await caller.settle();
    expect(caller.about(mined.txid)).toBe('present 1');
    expect(caller.about(waiting.txid)).toBe('present 0');
  });

  test('a block that is given in place of another is refused', async () => {
    const old = world.node.blockAt(5).raw.toString('hex');
    world.node.mine();
    world.node.lie = (method) => (method === 'getblock' ? { result: old } : undefined);
    await expect(caller.step()).rejects.toThrow('another block as 13');
  });

  test('blocks in disorder are not read past the first that does not fit', async () => {
    for (let count = 0; count < 4; count += 1) world.node.mine();
    const wrong = world.node.blockAt(3).hash;
    world.node.lie = (method, params) =>
      method === 'getblockhash' && params[0] === 15 ? { result: wrong } : undefined;
    await caller.step();
    expect(JSON.parse(caller.cursor() ?? '{}')).toMatchObject({ height: 14 });
    await expect(caller.step()).rejects.toThrow('the chain moved');
  });

  test('a node that falls behind is waited for; nothing is taken back', async () => {
    const { script } = await world.instruct();
    const { txid } = world.node.pay([{ script, units: 3n }]);
    const mined = world.node.mine();
    const kept = mined.transactions.slice(1);
    await caller.settle();
    world.node.forgetTip(1);
    await expect(caller.step()).rejects.toThrow('behind block 13');
    expect(await world.rail.health()).toContain('behind');
    expect(caller.about(txid)).toBe('present 1');
    world.node.mine([]);
    world.node.mine(kept);
    await caller.settle();
    expect(caller.about(txid)).toBe('present 1');
  });

  test('a transaction in the mempool that is unreadable hides none of its neighbours', async () => {
    const { script } = await world.instruct();
    const bad = world.node.pay([{ script, units: 3n }]);
    const good = world.node.pay([{ script, units: 4n }]);
    world.node.lie = (method, params) =>
      method === 'getrawtransaction' && params[0] === bad.txid ? { result: '00' } : undefined;
    await caller.settle();
    expect(caller.about(good.txid)).toBe('present 0');
    world.node.mine();
    await caller.settle();
    expect(caller.about(bad.txid)).toBe('present 1');
  });

  test('nobody listening is said by health, and the end of it too', async () => {
    const rpc = createRpc({ url: 'http://user:secret@127.0.0.1:1', timeoutMs: 500 });
    expect(await world.open({ rpc }).health()).toMatch(/Litecoin regtest node: no answer/);
    expect(await world.rail.health()).toBeNull();
    await rpc.close();
  });

  function info(changes: Record<string, unknown>): Lie {
    return {
      result: {
        chain: chain.nodeChain,
        blocks: 13,
        bestblockhash: zeros,
        initialblockdownload: false,
        pruned: false,
        ...changes,
      },
    };
  }
});

describe('F4: a restart loses nothing', () => {
  test('between any answer and its commit', async () => {
    const { script } = await world.instruct();
    const steps: (() => unknown)[] = [
      () => world.node.pay([{ script, units: 1n }]),
      () => world.node.mine(),
      () => world.node.pay([{ script, units: 2n }]),
      () => world.node.mine(),
      () => world.node.reorganise(2, [[], [], []]),
      () => world.node.mine(),
    ];
    const believed: Caller['believed'] = new Map();
    let cursor = caller.cursor();
    for (const step of steps) {
      step();
      // The same process loses its commit, then another one does, then a third succeeds.
      await createCaller(world.rail, cursor, believed).lose();
      await createCaller(world.open(), cursor, believed).lose();
      const survivor = createCaller(world.open(), cursor, believed);
      await survivor.settle();
      cursor = survivor.cursor();
      const height = world.node.tip().height;
      expect(JSON.parse(cursor ?? '{}')).toMatchObject({ height });
      for (const [key, each] of believed) {
        expect([key, each.confirmations]).toEqual([key, depthOf(key)]);
      }
    }
    expect(believed.size).toBe(2);
  });

  test('a lost commit is answered again, for money that came and for money that went', async () => {
    const { script } = await world.instruct();
    const payment = world.node.pay([{ script, units: 1n }]);
    const first = await caller.lose();
    expect(await caller.lose()).toEqual(first);
    await caller.settle();
    world.node.pay([{ script: Buffer.alloc(22, 1), units: 1n }], payment.inputs);
    const second = await caller.lose();
    expect(second.map((each) => each.presence)).toEqual(['absent']);
    expect(await caller.lose()).toEqual(second);
    expect(await createCaller(world.open(), caller.cursor()).lose()).toEqual(second);
  });

  test('two processes in turns: the one that comes back trusts nothing it knew', async () => {
    const { script } = await world.instruct();
    const { txid } = world.node.pay([{ script, units: 1n }]);
    world.node.mine();
    await caller.settle();
    const second = createCaller(world.open(), caller.cursor(), caller.believed);
    world.node.reorganise(1, [[], []]);
    await second.settle();
    expect(caller.about(txid)).toBe('present 0');
    world.node.mine();
    const first = createCaller(world.rail, second.cursor(), caller.believed);
    await first.settle();
    expect(caller.about(txid)).toBe('present 1');
  });

  test('a long downtime is caught up in bounded steps, block by block', async () => {
    const { script } = await world.instruct();
    const mined: string[] = [];
    for (let count = 0; count < 33; count += 1) {
      mined.push(world.node.pay([{ script, units: 1n }]).txid);
      world.node.mine();
    }
    const late = createCaller(world.open({ blocksPerStep: 4 }), caller.cursor());
    await late.step();
    expect(JSON.parse(late.cursor() ?? '{}')).toMatchObject({ height: 16 });
    await late.settle();
    const unseen = mined.filter((txid) => late.about(txid) === 'unseen');
    expect(unseen).toEqual([]);
  });

  test('every transaction in the mempool is fetched once, in bounded steps', async () => {
    const { script } = await world.instruct();
    for (let count = 0; count < 130; count += 1) world.node.pay([{ script, units: 1n }]);
    const rail = world.open({ transactionsPerStep: 60 });
    const next = createCaller(rail, caller.cursor());
    expect(await next.step()).toHaveLength(60);
    await next.settle();
    await next.settle();
    expect(next.believed.size).toBe(130);
    expect(world.node.calls.get('getrawtransaction')).toBe(130);
  });

  test('wait ends with the signal, and at once while more is to be read', async () => {
    const slow = world.open({ pollMs: 3_600_000, blocksPerStep: 1 });
    for (let count = 0; count < 3; count += 1) world.node.mine();
    const next = createCaller(slow, caller.cursor());
    await next.step();
    await slow.wait(new AbortController().signal);
    await next.settle();
    const stop = new AbortController();
    const waiting = slow.wait(stop.signal);
    stop.abort();
    await waiting;
  });

  function depthOf(key: string): number {
    const [txid] = key.split(':');
    const tip = world.node.tip().height;
    for (let height = tip; height > 0; height -= 1) {
      const holds = world.node.blockAt(height).transactions.some((each) => each.txid === txid);
      if (holds) return tip - height + 1;
    }
    return 0;
  }
});
