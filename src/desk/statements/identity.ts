// Which id an entry has: the same for the same line, however often and in whichever file it comes.

import { hash } from 'node:crypto';
import type { RawEntry } from './statement.ts';

/**
 * Names the entries of one file. The bank's own reference identifies an entry where there is one,
 * together with what it did to which account, because banks book a payment and its fee under one
 * reference. Everything that is known of the entry identifies it where there is none. Equal entries
 * of one file are counted, so that two equal payments of a day stay two.
 *
 * `within` is what the bank counts inside the file only (NtryRef): it tells apart, but a bank's
 * reference is trusted before it.
 */
export function createIdentities(): (
  account: string,
  entry: RawEntry,
  within: string | null,
) => string {
  const seen = new Map<string, number>();
  return (account, entry, within) => {
    const id = digest([account, ...materialOf(entry, within)]);
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    return count === 1 ? id : `${id}-${count}`;
  };
}

function materialOf(entry: RawEntry, within: string | null): string[] {
  const { amount, direction, reversal, bankReference } = entry;
  const always = [amount.units.toString(), amount.asset, direction, reversal ? 'reversal' : ''];
  // Neither status nor dates: an entry keeps its id when it is booked after it was pending.
  if (bankReference !== null) return ['reference', bankReference, ...always];
  return [
    'content',
    ...always,
    day(entry.bookedAt),
    day(entry.valueAt),
    within ?? '',
    entry.endToEndId ?? '',
    entry.counterpartyName ?? '',
    entry.counterpartyAccount ?? '',
    entry.text,
  ];
}

function day(date: Date | null): string {
  return date?.toISOString().slice(0, 10) ?? '';
}

/** 128 bits, written in hexadecimal. */
const ID_CHARACTERS = 32;

function digest(parts: readonly string[]): string {
  // Lengths keep neighbours apart: 'ab','c' is not 'a','bc'.
  const text = parts.map((part) => `${part.length}:${part}`).join('');
  return hash('sha256', text).slice(0, ID_CHARACTERS);
}
