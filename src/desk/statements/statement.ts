// What every statement parser answers, whatever the bank's format, and how it says no.

import type { Amount } from '../../money/amount.ts';

/** The account's own view: `in` raises its balance. */
export type Direction = 'in' | 'out';

export type Entry = {
  /**
   * Stable: the same line read again, from an overlapping file too, has the same id. Unique within
   * all files of the account as far as the bank's own references are (`identity.ts`).
   */
  readonly id: string;
  readonly amount: Amount;
  readonly direction: Direction;
  /** The bank takes an earlier entry back; its `direction` is what it does to the balance. */
  readonly reversal: boolean;
  readonly status: 'booked' | 'pending';
  /** Midnight UTC of the bank's date, unless `timed`. */
  readonly bookedAt: Date | null;
  readonly valueAt: Date | null;
  /** Whether `bookedAt` carries a time of day with a known offset. */
  readonly timed: boolean;
  readonly counterpartyName: string | null;
  readonly counterpartyAccount: string | null;
  /** Everything the payer wrote: unstructured text and structured references, in order. */
  readonly text: string;
  readonly endToEndId: string | null;
  /** What the bank calls the entry; people look it up by this. */
  readonly bankReference: string | null;
};

export type Balance = {
  readonly kind: 'opening' | 'closing' | 'available' | 'other';
  /** Negative units: overdrawn. */
  readonly amount: Amount;
  readonly at: Date | null;
};

export type Statement = {
  /** IBAN or the bank's own number, without spaces. */
  readonly account: string;
  readonly currency: string | null;
  readonly entries: readonly Entry[];
  readonly balances: readonly Balance[];
};

/** A file that cannot be read as what it claims to be. `place` is an element, a tag or a column. */
export class StatementFault extends Error {
  readonly line: number;
  readonly place: string;
  constructor(line: number, place: string, what: string) {
    super(`line ${line}, ${place}: ${what}`);
    this.name = 'StatementFault';
    this.line = line;
    this.place = place;
  }
}

export const maxFileBytes = 32 * 1024 * 1024;
export const maxEntriesPerFile = 100_000;
/** Longer texts of payers are cut: no reference stands behind so much. */
export const maxTextCharacters = 4_000;

/** What a parser says beside an entry; `entryOf` adds the id and cleans the texts. */
export type RawEntry = Omit<Entry, 'id' | 'text'> & { readonly text: string };

/** Runs of white space become one space; the empty text becomes null. */
export function cleanText(text: string | null | undefined): string | null {
  const clean = (text ?? '').slice(0, maxTextCharacters).replace(/\s+/g, ' ').trim();
  return clean === '' ? null : clean;
}

/** An account without the spaces people write into it. */
export function cleanAccount(text: string | null | undefined): string | null {
  return cleanText(text)?.replace(/\s/g, '') ?? null;
}

// Banks fill what they must not leave empty with these.
const placeholders = new Set(['NONREF', 'NOTPROVIDED', 'NOTAVAILABLE', 'NONE', 'N/A', '-', '0']);

/** A reference, or null where the bank only filled the field. */
export function cleanReference(text: string | null | undefined): string | null {
  const clean = cleanText(text);
  return clean === null || placeholders.has(clean.toUpperCase().replace(/ /g, '')) ? null : clean;
}
