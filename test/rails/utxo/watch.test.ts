// The utxo rail against a stand-in node: payments, reorganisations, replacements, lies, restarts.

import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Caller, chain, createCaller, createWorld, startAt, type World } from './world.ts';

let world: World;
let caller: Caller;

beforeEach(async () => {
  world = await createWorld();
  caller = createCaller(world.rail);
  await caller.settle();
});
afterEach(() => world.close());

const other = { script: Buffer.concat([Buffer.from([0, 20]), randomBytes(20)]), units: 9n };

describe('a payment', () => {
  test('is present from the mempool on and grows deeper until it is buried', async () => {
    const { script, reference } = await world.instruct();
    const { txid } = world.node.pay([other, { script, units: 5_000_000n }]);
    const [seen] = await caller.settle();
    expect(seen).toMatchObject({
      key: `${txid}:1`,
      instructionId: reference,
      amount: { units: 5_000_000n, asset: 'LTC' },
      presence: 'present',
      confirmations: 0,
      transactionId: txid,
      at: startAt,
    });
    for (let depth = 1; depth <= chain.buriedAfter; depth += 1) {
      world.node.mine();
      expect((await caller.settle()).map((each) => each.confirmations)).toEqual([depth]);
    }
    world.node.mine();
    expect(await caller.settle()).toEqual([]);
    expect(await world.db.query('select * from utxo_outputs')).toEqual([]);
  });

  test('mined before it was seen is dated by its block, never later than now', async () => {
    const { script } = await world.instruct();
    const early = world.node.pay([{ script, units: 1n }]);
    world.node.mine();
    await caller.settle();
    const blockTime = new Date(world.node.tip().seconds * 1_000);
    expect(caller.believed.get(`${early.txid}:0`)?.at).toEqual(blockTime);
    world.node.setSeconds(startAt.getTime() / 1_000 + 7_000);
    const late = world.node.pay([{ script, units: 1n }]);
    world.node.mine();
    await caller.settle();
    expect(caller.believed.get(`${late.txid}:0`)?.at).toEqual(startAt);
  });

  test('of two outputs to one address is two observations; one of nothing is none', async () => {
    const { script } = await world.instruct();
    const { txid } = world.node.pay([
      { script, units: 2n },
      { script, units: 0n },
      { script, units: 3n },
    ]);
    const seen = await caller.settle();
    expect(seen.map((each) => each.key)).toEqual([`${txid}:0`, `${txid}:2`]);
  });

  test('made before the node was ever reached is found by the first start', async () => {
    const { script } = await world.instruct();
    const { txid } = world.node.pay([{ script, units: 4n }]);
    for (let count = 0; count < 5; count += 1) world.node.mine();
    const first = createCaller(world.open());
    await first.settle();
    expect(first.about(txid)).toBe('present 5');
  });

  test('to an address that nobody was told takes the address out of the pool', async () => {
    await world.rail.refill();
    const [free] = await world.db.query<{ script: Buffer; address: string }>(
      'select script, address from utxo_addresses order by index limit 1',
    );
    if (!free) throw new Error('the pool is empty');
    world.node.pay([{ script: free.script, units: 5n }]);
    expect(await caller.settle()).toEqual([]);
    expect((await world.instruct()).target).not.toBe(free.address);
  });
});

describe('F1: a reorganisation', () => {
  const needed = 3;
  for (let depth = 1; depth <= needed + 1; depth += 1) {
    describe(`${depth} deep`, () => {
      test('below which the payment stays', async () => {
        const { script } = await world.instruct();
        const { txid } = world.node.pay([{ script, units: 7n }]);
        world.node.mine();
        for (let count = 0; count < depth; count += 1) world.node.mine();
        await caller.settle();
        world.node.reorganise(
          depth,
          Array.from({ length: depth + 1 }, () => []),
        );
        await caller.settle();
        expect(caller.about(txid)).toBe(`present ${depth + 2}`);
      });

      test('in which the payment moves to another block', async () => {
        const txid = await buriedUnder(depth);
        const payment = transactionOf(txid);
        world.node.reorganise(depth, [...emptyBlocks(depth), [payment]]);
        const seen = await caller.settle();
        // One deep it is where it was, one block down: nothing new to say.
        expect(seen).toHaveLength(depth === 1 ? 0 : 1);
        expect(caller.about(txid)).toBe('present 1');
      });

      test('in which the payment returns to the mempool', async () => {
        const txid = await buriedUnder(depth);
        world.node.reorganise(depth, emptyBlocks(depth + 1));
        await caller.settle();
        expect(caller.about(txid)).toBe('present 0');
        world.node.mine();
        await caller.settle();
        expect(caller.about(txid)).toBe('present 1');
      });

      test('in which the payment vanishes without a conflict', async () => {
        const txid = await buriedUnder(depth);
        world.node.reorganise(depth, emptyBlocks(depth + 1), { vanish: true });
        await caller.settle();
        expect(caller.about(txid)).toBe('present 0');
      });

      test('in which the payment is replaced', async () => {
        const txid = await buriedUnder(depth);
        const payment = transactionOf(txid);
        const thief = world.node.pay([other], payment.inputs);
        world.node.reorganise(depth, [[thief], ...emptyBlocks(depth)], { vanish: true });
        await caller.settle();
        expect(caller.about(txid)).toBe('absent 0');
        // And back again: the first chain wins after all.
        world.node.reorganise(depth + 1, [[payment], ...emptyBlocks(depth + 1)], { vanish: true });
        await caller.settle();
        expect(caller.about(txid)).toBe(`present ${depth + 2}`);
      });
    });
  }

  test('that is noticed while the node has no longer chain yet', async () => {
    const txid = await buriedUnder(2);
    world.node.reorganise(2, []);
    await caller.settle();
    expect(caller.about(txid)).toBe('present 0');
  });

  test('deeper than the dense part of the trail', async () => {
    for (let count = 0; count < 30; count += 1) world.node.mine([]);
    await caller.settle();
    const { script } = await world.instruct();
    world.node.reorganise(25, emptyBlocks(25));
    const { txid } = world.node.pay([{ script, units: 6n }]);
    world.node.mine();
    await caller.settle();
    expect(caller.about(txid)).toBe('present 1');
  });

  test('to a chain with nothing in common is refused', async () => {
    const depth = world.node.tip().height;
    world.node.forgetTip(depth);
    for (let count = 0; count < depth + 3; count += 1) world.node.mine([]);
    world.node.lie = (method, params) =>
      method === 'getblockhash' && params[0] !== 0 ? { result: 'ab'.repeat(32) } : undefined;
    await expect(caller.step()).rejects.toThrow('nothing in common');
  });
});

describe('F2: replaced and double-spent', () => {
  test('a replacement that pays us more is present before the old one is absent', async () => {
    const { script } = await world.instruct();
    const first = world.node.pay([{ script, units: 7n }]);
    await caller.settle();
    const second = world.node.pay([{ script, units: 8n }], first.inputs);
    const seen = await caller.settle();
    expect(seen.map((each) => [each.transactionId, each.presence])).toEqual([
      [second.txid, 'present'],
      [first.txid, 'absent'],
    ]);
  });

  test('a replacement without an output to us makes the payment absent', async () => {
    const { script } = await world.instruct();
    const first = world.node.pay([{ script, units: 7n }]);
    await caller.settle();
    world.node.pay([other], first.inputs);
    await caller.settle();
    expect(caller.about(first.txid)).toBe('absent 0');
    expect(await caller.settle()).toEqual([]);
  });

  test('a replacement mined while we were down makes the payment absent', async () => {
    const { script } = await world.instruct();
    const first = world.node.pay([{ script, units: 7n }]);
    await caller.settle();
    world.node.pay([other], first.inputs);
    world.node.mine();
    const next = createCaller(world.open(), caller.cursor());
    await next.settle();
    expect(next.about(first.txid)).toBe('absent 0');
  });

  test('an eviction without a conflict proves nothing until the long limit', async () => {
    const { script } = await world.instruct();
    const payment = world.node.pay([{ script, units: 7n }]);
    await caller.settle();
    world.node.evict(payment);
    expect(await caller.settle()).toEqual([]);
    expect(caller.about(payment.txid)).toBe('present 0');
    world.clock.now = new Date(startAt.getTime() + 337 * 3_600_000);
    await caller.settle();
    expect(caller.about(payment.txid)).toBe('absent 0');
    world.node.mine([payment]);
    await caller.settle();
    expect(caller.about(payment.txid)).toBe('present 1');
  });

  test('a mempool that the node is still reading back proves nothing', async () => {
    const { script } = await world.instruct();
    const payment = world.node.pay([{ script, units: 7n }]);
    await caller.settle();
    world.node.pay([other], payment.inputs);
    world.node.lie = (method) =>
      method === 'getmempoolinfo' ? { result: { loaded: false } } : undefined;
    expect(await caller.settle()).toEqual([]);
    world.node.lie = null;
    await caller.settle();
    expect(caller.about(payment.txid)).toBe('absent 0');
  });

  test('a node that cannot say whether inputs are spent leaves everything as it is', async () => {
    const { script } = await world.instruct();
    const payment = world.node.pay([{ script, units: 7n }]);
    await caller.settle();
    world.node.pay([other], payment.inputs);
    world.node.lie = (method) => (method === 'gettxout' ? 'drop' : undefined);
    await expect(caller.step()).rejects.toThrow('Litecoin regtest node');
    expect(caller.about(payment.txid)).toBe('present 0');
    world.node.lie = null;
    await caller.settle();
    expect(caller.about(payment.txid)).toBe('absent 0');
  });
});

async function buriedUnder(depth: number): Promise<string> {
  const { script } = await world.instruct();
  const { txid } = world.node.pay([{ script, units: 7n }]);
  for (let count = 0; count < depth; count += 1) world.node.mine();
  await caller.settle();
  expect(caller.about(txid)).toBe(`present ${depth}`);
  return txid;
}

function transactionOf(txid: string): ReturnType<World['node']['pay']> {
  for (let height = world.node.tip().height; height > 0; height -= 1) {
    const found = world.node.blockAt(height).transactions.find((each) => each.txid === txid);
    if (found) return found;
  }
  throw new Error('not mined');
}

function emptyBlocks(count: number): [][] {
  return Array.from({ length: count }, () => []);
}
