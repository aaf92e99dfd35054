// Reading blocks and transactions from bytes, whole and damaged.

import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { BadBytes, parseBlock, parseTransaction } from '../../../src/rails/utxo/block.ts';
import { buildBlock, buildTransaction } from './bytes.ts';

// The first block of Bitcoin, as every node serves it.
const bitcoinGenesis =
  '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b2' +
  '7ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c0101000000010000' +
  '000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d01044554' +
  '68652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f6620' +
  '7365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0' +
  'fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de' +
  '5c384df7ba0b8d578a4c702b6bf11d5fac00000000';

const script = Buffer.concat([Buffer.from([0, 20]), randomBytes(20)]);
const outpoint = `${randomBytes(32).toString('hex')}:3`;

function sample(): ReturnType<typeof buildBlock> {
  const one = (): { script: Buffer; units: bigint } => ({ script, units: 2n });
  const transactions = [
    buildTransaction([outpoint], [{ script, units: 21_000_000_00000000n }]),
    buildTransaction(
      [outpoint],
      [
        { script, units: 1n },
        { script, units: 0n },
      ],
      false,
    ),
    buildTransaction([outpoint, outpoint], Array.from({ length: 300 }, one)),
  ];
  return buildBlock({ hash: 'ab'.repeat(32), height: 1 }, transactions, 1_700_000_000);
}

describe('a block', () => {
  test('of Bitcoin: the first one', () => {
    const block = parseBlock(Buffer.from(bitcoinGenesis, 'hex'));
    expect(block.hash).toBe('000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f');
    expect(block.time.toISOString()).toBe('2009-01-03T18:15:05.000Z');
    expect(block.transactions.map((each) => each.txid)).toEqual([
      '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b',
    ]);
    expect(block.transactions[0]?.outputs[0]?.units).toBe(50_00000000n);
  });

  test('with and without witnesses, exact to the last unit', () => {
    const made = sample();
    const block = parseBlock(made.raw);
    expect([block.hash, block.previous]).toEqual([made.hash, made.previous]);
    expect(block.transactions.map((each) => each.txid)).toEqual(
      made.transactions.map((each) => each.txid),
    );
    expect(block.transactions[1]?.outputs[0]?.units).toBe(21_000_000_00000000n);
    expect(block.transactions[1]?.inputs()).toEqual([outpoint]);
    expect(block.transactions[3]?.outputs).toHaveLength(300);
  });

  test('is refused when cut off at any place', () => {
    const { raw } = sample();
    for (let length = 0; length < raw.length; length += 97) {
      expect(() => parseBlock(raw.subarray(0, length))).toThrow(BadBytes);
    }
  });

  test('is refused when a transaction is missing or an amount was changed', () => {
    const { raw } = sample();
    const fewer = Buffer.from(raw);
    fewer[80] = 3;
    expect(() => parseBlock(fewer)).toThrow('incomplete');
    const changed = Buffer.from(raw);
    const at = changed.indexOf(script) - 2;
    changed[at] = (changed[at] ?? 0) + 1;
    expect(() => parseBlock(changed)).toThrow(BadBytes);
  });

  test('is refused when it is noise', () => {
    for (let turn = 0; turn < 200; turn += 1) {
      expect(() => parseBlock(randomBytes(200))).toThrow(BadBytes);
    }
  });
});

describe('a transaction', () => {
  test('is read up to its outputs, whatever is appended for an extension block', () => {
    const made = buildTransaction([outpoint], [{ script, units: 5n }]);
    const flagged = Buffer.from(made.raw);
    flagged[5] = 1 | 8;
    const [body, lockTime] = [flagged.subarray(0, -4), flagged.subarray(-4)];
    const extended = Buffer.concat([body, randomBytes(500), lockTime]);
    expect(parseTransaction(extended, made.txid).outputs[0]?.units).toBe(5n);
  });

  test('under another id is refused', () => {
    const made = buildTransaction([outpoint], [{ script, units: 5n }]);
    expect(() => parseTransaction(made.raw, 'cd'.repeat(32))).toThrow('another');
  });
});
