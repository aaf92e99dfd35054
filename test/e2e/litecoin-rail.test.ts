// The utxo rail on a real Litecoin node: addresses, extension blocks, reorganisation, replacement.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { type Chain, findChain } from '../../src/rails/utxo/chains.ts';
import { parseBlock } from '../../src/rails/utxo/block.ts';
import { createRpc, type Rpc } from '../../src/rails/utxo/rpc.ts';
import { createUtxoRail } from '../../src/rails/utxo/utxo.ts';
import { openAccount } from '../../src/rails/utxo/xpub.ts';
import { formatDecimal } from '../../src/money/decimal.ts';
import { describeRail } from '../rails/conformance.ts';
import { createCaller, freshXpub } from '../rails/utxo/world.ts';
import { createTestDatabase } from '../harness/database.ts';
import { instructOne } from '../harness/instruct.ts';
import { hasLitecoind, howToInstall, startLitecoind } from '../harness/litecoind.ts';
import type { Litecoind } from '../harness/litecoind.ts';

const demanded = process.env['REQUIRE_REAL_NODES'] === '1';
const present = hasLitecoind();
const chain = findChain('litecoin-regtest') as Chain;
const litoshis = 8;
const extensionHeight = 432;
const rivalFee = 100_000n;

test.runIf(!present)('litecoind is installed', ({ skip }) => {
  if (demanded) throw new Error(howToInstall);
  skip(howToInstall);
});

describe.runIf(present)('a real Litecoin node', () => {
  let node: Litecoind;
  let rpc: Rpc;
  beforeAll(async () => {
    node = await startLitecoind();
    rpc = createRpc({ url: node.rpcUrl, cookieFile: node.cookieFile });
  });
  afterAll(async () => {
    await rpc?.close();
    await node?.close();
  });

  function railOn(db: Database, xpub: string): ReturnType<typeof createUtxoRail> {
    const log = { warn: () => undefined };
    return createUtxoRail({ chain, rpc, xpub, db, now: () => new Date(), log, poolSize: 5 });
  }

  test('derives the addresses that we derive', async () => {
    const xpub = freshXpub('tpub');
    const account = openAccount(chain, xpub);
    const { descriptor } = await node.call<{ descriptor: string }>(
      'getdescriptorinfo',
      `pkh(${xpub}/0/*)`,
    );
    const theirs = await node.call<string[]>('deriveaddresses', descriptor, [0, 20]);
    expect(theirs.map((_, index) => account.derive(index).address)).toEqual(theirs);
  });

  test('knows the scripts of our addresses', async () => {
    const { script, address } = openAccount(chain, freshXpub()).derive(3);
    expect(await node.call('validateaddress', address)).toMatchObject({
      isvalid: true,
      scriptPubKey: Buffer.from(script).toString('hex'),
    });
  });

  test('its blocks are read as it reads them, those with an extension block included', async () => {
    // Regtest's extension block begins at this height, and the block before it must hold a peg-in.
    await node.mine(extensionHeight - 1 - (await node.call<number>('getblockcount')));
    const mweb = await node.call('getnewaddress', '', 'mweb');
    await node.pay(mweb, '5');
    await node.mine(1);
    const plain = await node.call('getnewaddress', '', 'bech32');
    await node.pay(plain, '1.00000001');
    const tip = await node.call<number>('getblockcount');
    await node.mine(8);
    let extended = 0;
    for (let height = tip - 3; height <= tip + 8; height += 1) {
      const hash = await node.call('getblockhash', height);
      const theirs = await node.call<NodeBlock>('getblock', hash, 2);
      const ours = parseBlock(Buffer.from(await node.call<string>('getblock', hash, 0), 'hex'));
      expect(ours.hash).toBe(hash);
      const ids = theirs.tx.map((each) => each.txid);
      expect(ours.transactions.map((each) => each.txid)).toEqual(ids);
      expect(ours.transactions.map(outputsOf)).toEqual(theirs.tx.map(theirOutputs));
      if (theirs.mweb) extended += 1;
    }
    expect(extended).toBeGreaterThan(0);
  });

  describe('pays', () => {
    let db: Database;
    let drop: () => Promise<void>;
    let caller: ReturnType<typeof createCaller>;
    let address: string;
    beforeEach(async () => {
      ({ db, drop } = await createTestDatabase());
      const rail = railOn(db, freshXpub());
      caller = createCaller(rail);
      await caller.settle();
      const { target } = await instructOne(db, rail, {
        reference: crypto.randomUUID(),
        merchantId: crypto.randomUUID(),
        paymentId: crypto.randomUUID(),
        method: chain.name,
        amount: { units: 15_000_000n, asset: 'LTC' },
        label: 'Order 1',
      });
      address = target;
      return drop;
    });

    test('from the mempool into a block, through a restart of the node', async () => {
      const txid = await node.pay(address, '0.15');
      await node.seen(txid);
      await caller.settle();
      expect(states()).toEqual([`${txid} present 0`]);
      await node.restart();
      await node.seen(txid);
      await caller.settle();
      await node.mine(1);
      await caller.settle();
      expect(states()).toEqual([`${txid} present 1`]);
      await node.mine(2);
      await caller.settle();
      expect(states()).toEqual([`${txid} present 3`]);
    });

    test('and takes the block back (invalidateblock), then confirms again', async () => {
      const txid = await node.pay(address, '0.15');
      await node.seen(txid);
      const [block] = await node.mine(2);
      await caller.settle();
      expect(states()).toEqual([`${txid} present 2`]);
      await node.call('invalidateblock', block);
      await caller.settle();
      expect(states()).toEqual([`${txid} present 0`]);
      await node.mine(3);
      await caller.settle();
      expect(states()).toEqual([`${txid} present 3`]);
    });

    test('and replaces the transaction by one with a higher fee (bumpfee)', async () => {
      const first = await node.pay(address, '0.15');
      await node.seen(first);
      await caller.settle();
      const { txid: second } = await node.call<{ txid: string }>('bumpfee', first);
      await node.seen(second);
      await caller.settle();
      expect(states()).toEqual([`${first} absent 0`, `${second} present 0`].sort());
      await node.mine(1);
      await caller.settle();
      expect(states()).toEqual([`${first} absent 0`, `${second} present 1`].sort());
    });

    function states(): string[] {
      return [...caller.believed.values()]
        .map((each) => `${each.transactionId} ${each.presence} ${each.confirmations}`)
        .sort();
    }
  });

  describeRail({
    name: 'utxo-litecoin-regtest on a real node',
    observes: true,
    open: async () => {
      const { db, drop } = await createTestDatabase();
      const xpub = freshXpub();
      const paid: string[] = [];
      return {
        rail: railOn(db, xpub),
        db,
        again: () => railOn(db, xpub),
        pay: async ({ target }, units) => {
          const txid = await node.pay(target, formatDecimal(units, litoshis));
          await node.seen(txid);
          paid.push(txid);
        },
        confirm: async () => void (await node.mine(1)),
        reverse: () => reverse(node, paid),
        close: drop,
      };
    },
  });
});

/** Takes back the blocks that hold the payments and mines conflicting spends of the same coins. */
async function reverse(node: Litecoind, paid: readonly string[]): Promise<void> {
  const payments: NodeTransaction[] = [];
  for (const txid of paid) {
    const known = await node.call<{ hex: string; blockhash?: string }>('gettransaction', txid);
    payments.push(await node.call('decoderawtransaction', known.hex));
    if (known.blockhash) await node.call('invalidateblock', known.blockhash);
  }
  for (const { vin, vout } of payments) {
    const inputs = vin.map((input) => ({ txid: input.txid, vout: input.vout }));
    const units = vout.reduce((total, { value }) => total + unitsOf(value), 0n) - rivalFee;
    const to = await node.call('getnewaddress');
    const output = { [to]: formatDecimal(units, litoshis) };
    const raw = await node.call('createrawtransaction', inputs, [output]);
    const signed = await node.call<{ hex: string }>('signrawtransactionwithwallet', raw);
    await node.seen(await node.call('sendrawtransaction', signed.hex, 0));
  }
  await node.mine(4);
}

type NodeOutput = { n: number; value: number; scriptPubKey: { hex: string } };
type NodeTransaction = {
  txid: string;
  vin: { txid: string; vout: number }[];
  vout: NodeOutput[];
};
type NodeBlock = { tx: NodeTransaction[]; mweb?: unknown };

function outputsOf(transaction: ReturnType<typeof parseBlock>['transactions'][number]): string[] {
  return transaction.outputs.map(
    ({ vout, units, script }) => `${vout} ${units} ${script.toString('hex')}`,
  );
}

function theirOutputs(transaction: NodeTransaction): string[] {
  return transaction.vout.map(
    ({ n, value, scriptPubKey }) => `${n} ${unitsOf(value)} ${scriptPubKey.hex}`,
  );
}

// The node prints coins as JSON numbers; those of this chain are small enough to be exact.
function unitsOf(coins: number): bigint {
  return BigInt(Math.round(coins * 1e8));
}
