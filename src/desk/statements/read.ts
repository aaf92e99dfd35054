// A statement file as it was uploaded: its letters decoded, its format found, its entries read.

import { parseCamt } from './camt.ts';
import type { CsvMapping } from './csv-mapping.ts';
import { parseCsv } from './csv.ts';
import { parseMt940 } from './mt940.ts';
import { type Statement, StatementFault, maxFileBytes } from './statement.ts';

export type ReadFile = {
  readonly format: 'camt' | 'mt940' | 'csv';
  readonly statements: readonly Statement[];
};

/**
 * Reads a file of a bank: CSV when a mapping is given, else camt.053, camt.052 or MT940, told apart
 * by how they begin. Throws `StatementFault`, which is safe to show, and nothing else.
 */
export function readStatements(file: Uint8Array, mapping: CsvMapping | null): ReadFile {
  if (file.length > maxFileBytes) {
    const most = maxFileBytes / 1024 / 1024;
    throw new StatementFault(1, 'file', `it is larger than ${most} MiB`);
  }
  const text = decode(file, mapping?.encoding ?? null);
  if (mapping !== null) return { format: 'csv', statements: parseCsv(text, mapping) };
  if (/^\s*</.test(text)) return { format: 'camt', statements: parseCamt(text) };
  if (/^:20:/m.test(text)) return { format: 'mt940', statements: parseMt940(text) };
  throw new StatementFault(1, 'file', 'it is neither camt nor MT940; a CSV needs a mapping');
}

/** The named encoding, else what a byte order mark or an XML declaration says, else UTF-8. */
function decode(file: Uint8Array, named: string | null): string {
  const label = named ?? markOf(file) ?? declaredIn(file);
  if (label !== null) return decodeAs(file, label);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file);
  } catch {
    // Older exports write the letters of Western Europe in one byte; every byte is one of those.
    return new TextDecoder('windows-1252').decode(file);
  }
}

function decodeAs(file: Uint8Array, label: string): string {
  try {
    return new TextDecoder(label, { fatal: true }).decode(file);
  } catch {
    throw new StatementFault(1, 'file', `its letters are not ${label.slice(0, 40)}`);
  }
}

function markOf(file: Uint8Array): string | null {
  const mark = Buffer.from(file.subarray(0, 3)).toString('hex');
  if (mark === 'efbbbf') return 'utf-8';
  if (mark.startsWith('fffe')) return 'utf-16le';
  return mark.startsWith('feff') ? 'utf-16be' : null;
}

function declaredIn(file: Uint8Array): string | null {
  const begin = Buffer.from(file.subarray(0, 200)).toString('latin1');
  const declared = /^\s*<\?xml[^>]*\sencoding=["']([A-Za-z0-9._-]+)["']/.exec(begin)?.[1] ?? null;
  // A file in UTF-16 has a mark, or its declaration would not have been read here.
  return declared !== null && /^utf-?16/i.test(declared) ? null : declared;
}
