// Transactions and blocks as bytes, built by hand for the stand-in node.

import { hash, randomBytes } from 'node:crypto';

export type Pay = { readonly script: Uint8Array; readonly units: bigint };

export type FakeTransaction = {
  readonly txid: string;
  readonly raw: Buffer;
  readonly inputs: readonly string[];
  readonly outputs: readonly Pay[];
};

export type FakeBlock = {
  readonly hash: string;
  readonly height: number;
  readonly previous: string;
  readonly seconds: number;
  readonly raw: Buffer;
  readonly transactions: readonly FakeTransaction[];
};

/** `witness` adds an empty-looking but well-formed witness to every input. */
export function buildTransaction(
  inputs: readonly string[],
  outputs: readonly Pay[],
  witness = true,
): FakeTransaction {
  const version = u32(2);
  const core = Buffer.concat([
    size(inputs.length),
    ...inputs.map((outpoint) => Buffer.concat([outpointBytes(outpoint), size(0), u32(0xfffffffd)])),
    size(outputs.length),
    ...outputs.map(({ script, units }) => Buffer.concat([u64(units), sized(script)])),
  ]);
  const lockTime = u32(0);
  const plain = Buffer.concat([version, core, lockTime]);
  const stack = Buffer.concat([size(2), sized(randomBytes(71)), sized(randomBytes(33))]);
  const witnesses = inputs.map(() => stack);
  const flagged = Buffer.concat([version, Buffer.from([0, 1]), core, ...witnesses, lockTime]);
  return { txid: idText(sha256d(plain)), raw: witness ? flagged : plain, inputs, outputs };
}

export function buildBlock(
  previous: { readonly hash: string; readonly height: number },
  transactions: readonly FakeTransaction[],
  seconds: number,
  witness = true,
): FakeBlock {
  const height = previous.height + 1;
  const reward = { script: Buffer.concat([Buffer.from([0x6a]), randomBytes(20)]), units: 50n };
  const coinbase = buildTransaction([`${'0'.repeat(64)}:4294967295`], [reward], witness);
  const all = [coinbase, ...transactions];
  const header = Buffer.concat([
    u32(0x20000000),
    idBytes(previous.hash),
    merkleRoot(all.map((each) => idBytes(each.txid))),
    u32(seconds),
    u32(0x207fffff),
    randomBytes(4),
  ]);
  const raw = Buffer.concat([header, size(all.length), ...all.map((each) => each.raw)]);
  const name = idText(sha256d(header));
  return { hash: name, height, previous: previous.hash, seconds, raw, transactions: all };
}

function merkleRoot(level: Buffer[]): Buffer {
  if (level.length === 1) return level[0] as Buffer;
  const pairs = Array.from({ length: Math.ceil(level.length / 2) }, (_, at) => {
    const left = level[at * 2] as Buffer;
    return sha256d(Buffer.concat([left, level[at * 2 + 1] ?? left]));
  });
  return merkleRoot(pairs);
}

function sha256d(bytes: Buffer): Buffer {
  return hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer');
}

function idText(bytes: Buffer): string {
  return Buffer.from(bytes).reverse().toString('hex');
}

function idBytes(text: string): Buffer {
  return Buffer.from(text, 'hex').reverse();
}

function outpointBytes(outpoint: string): Buffer {
  const [txid = '', vout = ''] = outpoint.split(':');
  return Buffer.concat([idBytes(txid), u32(Number.parseInt(vout, 10))]);
}

function sized(bytes: Uint8Array): Buffer {
  return Buffer.concat([size(bytes.length), bytes]);
}

function size(count: number): Buffer {
  if (count < 0xfd) return Buffer.from([count]);
  const bytes = Buffer.alloc(3);
  bytes[0] = 0xfd;
  bytes.writeUInt16LE(count, 1);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
