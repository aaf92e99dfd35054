// Blocks and transactions in the nodes' own bytes: exact amounts, and hashes that prove them.

import { hash } from 'node:crypto';
import { scriptBehindTokens } from './tokens.ts';

export type Output = {
  readonly vout: number;
  readonly units: bigint;
  /** A view into the block's bytes; without the tokens before it. */
  readonly script: Buffer;
};

export type Transaction = {
  readonly txid: string;
  readonly outputs: readonly Output[];
  /** What it spends, as `txid:vout`; read from the bytes when asked, because few are. */
  inputs(): string[];
};

export type Block = {
  readonly hash: string;
  readonly previous: string;
  readonly time: Date;
  readonly transactions: readonly Transaction[];
};

/** The bytes are no block, or not the block they should be. */
export class BadBytes extends Error {
  override name = 'BadBytes';
}

const headerLength = 80;
const hashLength = 32;
const outpointLength = 36;
const lockTimeLength = 4;
const witnessFlag = 1;
const mwebFlag = 8;

/**
 * Reads a serialised block and checks that its transactions are those its header commits to, so
 * that a cut-off or wrong answer cannot pass for a whole block. Of Litecoin's extension blocks the
 * integrating transaction (HogEx) is read, and with it every peg-out; the private part that follows
 * the transactions is left alone. `tokens`: outputs may carry CashTokens. Throws `BadBytes`.
 */
export function parseBlock(bytes: Buffer, tokens = false): Block {
  return guarded(() => {
    const reader = createReader(bytes);
    const header = reader.take(headerLength);
    const count = reader.compactSize();
    const transactions: Transaction[] = [];
    for (let index = 0; index < count; index += 1) transactions.push(parseOne(reader, tokens));
    const root = merkleRoot(transactions.map((transaction) => idBytes(transaction.txid)));
    const committed = header.subarray(36, 68);
    if (!root.equals(committed)) throw new BadBytes('its transactions are incomplete');
    return {
      hash: idText(doubleSha256(header)),
      previous: idText(header.subarray(4, 36)),
      time: new Date(header.readUInt32LE(68) * 1_000),
      transactions,
    };
  });
}

/**
 * Reads one transaction as far as its outputs; what Litecoin appends for its extension block is not
 * looked at. Throws `BadBytes`, also when the bytes do not hash to `txid`.
 */
export function parseTransaction(bytes: Buffer, txid: string, tokens = false): Transaction {
  return guarded(() => {
    const body = parseBody(createReader(bytes), tokens);
    const lockTime = bytes.subarray(bytes.length - lockTimeLength);
    // A transaction wholly inside the extension block has no inputs, no outputs and another id.
    if (body.outputs.length > 0 && idOf(body, lockTime) !== txid) {
      throw new BadBytes('it is another transaction');
    }
    return { txid, outputs: body.outputs, inputs: () => inputsOf(body.spending) };
  });
}

type Body = {
  readonly version: Buffer;
  readonly flags: number;
  /** The input vector with its count. */
  readonly spending: Buffer;
  readonly inputCount: number;
  /** From the input count to the end of the outputs: what an id covers beside two numbers. */
  readonly core: Buffer;
  readonly outputs: readonly Output[];
};

function parseOne(reader: Reader, tokens: boolean): Transaction {
  const body = parseBody(reader, tokens);
  if (body.flags & witnessFlag) skipWitnesses(reader, body.inputCount);
  // Inside a block only the HogEx is flagged, with an empty payload.
  if (body.flags & mwebFlag && reader.take(1)[0] !== 0) throw new BadBytes('unknown extension');
  const txid = idOf(body, reader.take(lockTimeLength));
  return { txid, outputs: body.outputs, inputs: () => inputsOf(body.spending) };
}

function parseBody(reader: Reader, tokens: boolean): Body {
  const version = reader.take(4);
  let flags = 0;
  let start = reader.offset();
  let inputCount = reader.compactSize();
  if (inputCount === 0) {
    flags = reader.take(1)[0] ?? 0;
    start = reader.offset();
    inputCount = reader.compactSize();
  }
  if (flags & ~(witnessFlag | mwebFlag)) throw new BadBytes('unknown transaction flags');
  for (let index = 0; index < inputCount; index += 1) {
    reader.take(outpointLength);
    reader.take(reader.compactSize());
    reader.take(4);
  }
  const spending = reader.since(start);
  const outputCount = reader.compactSize();
  const outputs: Output[] = [];
  for (let vout = 0; vout < outputCount; vout += 1) {
    const units = reader.take(8).readBigUInt64LE();
    const locking = reader.take(reader.compactSize());
    outputs.push({ vout, units, script: tokens ? scriptBehindTokens(locking) : locking });
  }
  return { version, flags, spending, inputCount, core: reader.since(start), outputs };
}

function skipWitnesses(reader: Reader, inputCount: number): void {
  for (let input = 0; input < inputCount; input += 1) {
    const items = reader.compactSize();
    for (let item = 0; item < items; item += 1) reader.take(reader.compactSize());
  }
}

function inputsOf(spending: Buffer): string[] {
  const reader = createReader(spending);
  const count = reader.compactSize();
  const inputs: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const txid = idText(reader.take(hashLength));
    inputs.push(`${txid}:${reader.take(4).readUInt32LE()}`);
    reader.take(reader.compactSize());
    reader.take(4);
  }
  return inputs;
}

function idOf(body: Body, lockTime: Buffer): string {
  return idText(doubleSha256(Buffer.concat([body.version, body.core, lockTime])));
}

function merkleRoot(ids: Buffer[]): Buffer {
  let level = ids;
  if (level.length === 0) throw new BadBytes('a block without transactions');
  while (level.length > 1) {
    const next: Buffer[] = [];
    for (let index = 0; index < level.length; index += 2) {
      const left = level[index] as Buffer;
      next.push(doubleSha256(Buffer.concat([left, level[index + 1] ?? left])));
    }
    level = next;
  }
  return level[0] as Buffer;
}

function doubleSha256(bytes: Buffer): Buffer {
  return hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer');
}

// Ids are printed in the opposite order of their bytes, as every node and explorer does.
function idText(bytes: Buffer): string {
  return Buffer.from(bytes).reverse().toString('hex');
}

function idBytes(text: string): Buffer {
  return Buffer.from(text, 'hex').reverse();
}

type Reader = {
  take(length: number): Buffer;
  compactSize(): number;
  offset(): number;
  since(start: number): Buffer;
};

function createReader(bytes: Buffer): Reader {
  let position = 0;
  function take(length: number): Buffer {
    if (position + length > bytes.length) throw new BadBytes('it ends too early');
    position += length;
    return bytes.subarray(position - length, position);
  }
  function compactSize(): number {
    const first = take(1)[0] as number;
    if (first < 0xfd) return first;
    if (first === 0xfd) return take(2).readUInt16LE();
    if (first === 0xfe) return take(4).readUInt32LE();
    throw new BadBytes('a count beyond any block');
  }
  return { take, compactSize, offset: () => position, since: (at) => bytes.subarray(at, position) };
}

function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof BadBytes) throw error;
    throw new BadBytes('it cannot be read');
  }
}
