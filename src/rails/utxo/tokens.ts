// CashTokens: what may stand before an output's script on Bitcoin Cash since May 2023.

const prefixToken = 0xef;
const bitfieldOffset = 33;
const reservedBit = 0x80;
const hasCommitment = 0x40;
const hasNft = 0x20;
const hasAmount = 0x10;
const capabilityMask = 0x0f;
const highestCapability = 2;

/**
 * The script behind the tokens of an output (CHIP-2022-02): a category of 32 bytes, a bit field,
 * perhaps a commitment with its length, perhaps an amount. The coins of such an output count like
 * any others; the tokens are their owner's business. Bytes that are no well-formed token are left
 * as they are: such an output cannot be spent, so it pays nobody.
 */
export function scriptBehindTokens(bytes: Buffer): Buffer {
  if (bytes[0] !== prefixToken) return bytes;
  const bitfield = bytes[bitfieldOffset] ?? reservedBit;
  if (!isWellFormed(bitfield)) return bytes;
  let offset = bitfieldOffset + 1;
  if (bitfield & hasCommitment) {
    const length = sizeAt(bytes, offset);
    if (!length || length.value > bytes.length - length.end) return bytes;
    offset = length.end + length.value;
  }
  if (bitfield & hasAmount) {
    const amount = sizeAt(bytes, offset);
    if (!amount) return bytes;
    offset = amount.end;
  }
  return bytes.subarray(offset);
}

function isWellFormed(bitfield: number): boolean {
  if (bitfield & reservedBit || !(bitfield & (hasNft | hasAmount))) return false;
  const capability = bitfield & capabilityMask;
  if (bitfield & hasNft) return capability <= highestCapability;
  return capability === 0 && !(bitfield & hasCommitment);
}

/**
 * A compact size from 1 to 2^63 - 1 in its shortest form, and where it ends. Those of eight bytes
 * are longer than any script, which is all that matters here: they count as endless.
 */
function sizeAt(bytes: Buffer, offset: number): { value: number; end: number } | null {
  const first = bytes[offset];
  if (!first) return null;
  if (first < 0xfd) return { value: first, end: offset + 1 };
  const width = first === 0xfd ? 2 : first === 0xfe ? 4 : 8;
  const end = offset + 1 + width;
  if (end > bytes.length) return null;
  if (width === 8) {
    const upper = bytes.readUInt32LE(offset + 5);
    return upper > 0 && upper < 0x8000_0000 ? { value: Infinity, end } : null;
  }
  const value = bytes.readUIntLE(offset + 1, width);
  const shortest = width === 2 ? 0xfd : 0x1_0000;
  return value >= shortest ? { value, end } : null;
}
