// Evidence: files that show something, kept by their content, and known by it, not by their names.

import { createHash } from 'node:crypto';
import type { Tx } from '../db/database.ts';
import type { Vault } from '../merchants/vault.ts';
import { DeskRefused } from './refused.ts';

/** What is taken; each of them is looked at by a person and does nothing by itself. */
export type EvidenceType =
  'application/pdf' | 'image/png' | 'image/jpeg' | 'image/webp' | 'image/heic' | 'text/plain';

export type EvidenceFile = {
  /** SHA-256 of the content, in hexadecimal. */
  readonly hash: string;
  readonly type: EvidenceType;
  readonly content: Buffer;
};

/** A photograph of a screen or a statement of some pages; more is not evidence but an archive. */
export const MAX_EVIDENCE_BYTES = 5 * 1024 * 1024;

/** Throws DeskRefused for what is empty, too large or of no kind that is taken. */
export function evidenceOf(content: Buffer): EvidenceFile {
  if (content.length === 0) throw new DeskRefused('the file is empty');
  if (content.length > MAX_EVIDENCE_BYTES) {
    throw new DeskRefused(`a file has at most ${MAX_EVIDENCE_BYTES} bytes`);
  }
  const type = typeOf(content);
  if (type === null) {
    throw new DeskRefused('a file is a PDF, PNG, JPEG, WebP or HEIC document, or plain text');
  }
  return { hash: createHash('sha256').update(content).digest('hex'), type, content };
}

/** In the caller's transaction, with whatever names the file; the same content is stored once. */
export async function storeEvidence(
  tx: Tx,
  vault: Pick<Vault, 'sealBytes'>,
  merchantId: string,
  { hash, type, content }: EvidenceFile,
  now: Date,
): Promise<void> {
  await tx.query(
    `insert into evidence (merchant_id, hash, type, content, sealed, created_at)
     values ($1, decode($2, 'hex'), $3, $4, true, $5)
     on conflict (merchant_id, hash) do update set content = excluded.content, sealed = true
       where not evidence.sealed`,
    [merchantId, hash, type, vault.sealBytes(content, contextOf(merchantId, hash)), now],
  );
}

const hashForm = /^[0-9a-f]{64}$/;

/** Whose file it is and who may see it, the caller has looked at. */
export async function readEvidence(
  tx: Tx,
  vault: Pick<Vault, 'openBytes'>,
  merchantId: string,
  hash: string,
): Promise<EvidenceFile | null> {
  if (!hashForm.test(hash)) return null;
  const [row] = await tx.query<{ type: EvidenceType; content: Buffer; sealed: boolean }>(
    `select type, content, sealed from evidence
      where merchant_id = $1 and hash = decode($2, 'hex')`,
    [merchantId, hash],
  );
  if (!row) return null;
  const { type, content, sealed } = row;
  const context = contextOf(merchantId, hash);
  return { hash, type, content: sealed ? vault.openBytes(content, context) : content };
}

function contextOf(merchantId: string, hash: string): string {
  return `evidence ${merchantId} ${hash}`;
}

const MAX_NAME_LENGTH = 100;

/** The last part of a path, in characters that mean nothing to a shell, a header or a page. */
export function evidenceName(given: string | null, { hash, type }: EvidenceFile): string {
  const last = (given ?? '').normalize('NFC').split(/[\\/]/).at(-1) ?? '';
  const plain = last
    .replaceAll(/[^\p{L}\p{N}._ -]/gu, '_')
    .replace(/^[. ]+/, '')
    .slice(-MAX_NAME_LENGTH)
    .trim();
  return plain === '' ? `${hash.slice(0, 8)}.${endings[type]}` : plain;
}

const endings: Readonly<Record<EvidenceType, string>> = {
  'application/pdf': 'pdf',
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/heic': 'heic',
  'text/plain': 'txt',
};

const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const jpeg = Buffer.from([0xff, 0xd8, 0xff]);
/** ISO 23008-12, brands of HEVC images; `mif1` is what some phones write first. */
const heicBrands = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1'];

function typeOf(content: Buffer): EvidenceType | null {
  const ascii = (from: number, to: number): string => content.toString('latin1', from, to);
  if (ascii(0, 5) === '%PDF-') return 'application/pdf';
  if (content.subarray(0, png.length).equals(png)) return 'image/png';
  if (content.subarray(0, jpeg.length).equals(jpeg)) return 'image/jpeg';
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'image/webp';
  if (ascii(4, 8) === 'ftyp' && heicBrands.includes(ascii(8, 12))) return 'image/heic';
  return isPlainText(content) ? 'text/plain' : null;
}

const decoder = new TextDecoder('utf-8', { fatal: true });
/** But for those that end lines, columns and pages. */
const controls = /[^\P{Cc}\t\n\r\f]/u;

/** UTF-8 without control characters, and no markup: a page or a drawing may carry a script. */
function isPlainText(content: Buffer): boolean {
  try {
    const text = decoder.decode(content);
    return !controls.test(text) && !text.trimStart().startsWith('<');
  } catch {
    return false;
  }
}
