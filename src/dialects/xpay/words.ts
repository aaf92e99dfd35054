// Status words: the core's statuses as this vendor says them, and back. wire/xpay.md section 4.

import type { Status } from '../../payments/machine.ts';
import type { Facts } from '../../payments/nouns.ts';
import type { Spelling } from './settings.ts';

/** `cancelled` is one word here, whichever way it is spelt on the wire. */
export type Word =
  'verifying' | 'adjustment' | 'sending' | 'approved' | 'rejected' | 'cancelled' | 'refunded';

/** What a word depends on beside the status. */
export type Money = Pick<Facts, 'seenUnits' | 'settledUnits' | 'heldUnits'>;

export const noMoney: Money = { seenUnits: 0n, settledUnits: 0n, heldUnits: 0n };

const codes: Readonly<Record<Word, number>> = {
  verifying: 1,
  adjustment: 2,
  sending: 3,
  approved: 4,
  rejected: 5,
  cancelled: 6,
  refunded: 7,
};

/** The statuses in which a payment can have the word; money decides the rest. */
const statusesBehind: Readonly<Record<Word, readonly Status[]>> = {
  sending: ['awaiting'],
  adjustment: ['awaiting'],
  verifying: ['confirming', 'awaiting'],
  approved: ['completed'],
  rejected: ['failed', 'expired'],
  cancelled: ['cancelled', 'expired'],
  refunded: ['refunded'],
};

export function wordOf(status: Status, money: Money): Word {
  switch (status) {
    case 'awaiting':
      if (money.seenUnits === 0n) return 'sending';
      return money.seenUnits > money.settledUnits ? 'verifying' : 'adjustment';
    case 'confirming':
      return 'verifying';
    case 'completed':
      return 'approved';
    case 'failed':
      return 'rejected';
    case 'expired':
      return money.seenUnits + money.heldUnits > 0n ? 'rejected' : 'cancelled';
    case 'cancelled':
      return 'cancelled';
    case 'refunded':
      return 'refunded';
  }
}

export function codeOf(word: Word): number {
  return codes[word];
}

export function spelt(word: Word, spelling: Spelling): string {
  return word === 'cancelled' ? spelling : word;
}

/** What a `status` filter asks for; null: everything. */
export type WordFilter = ReadonlySet<Word> | null;

/** Reads names separated by commas; `unknown` when one of them is no word. */
export function readWords(text: string): WordFilter | 'unknown' {
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  if (names.length === 0) return null;
  const words = new Set<Word>();
  for (const name of names) {
    const word = name === 'canceled' ? 'cancelled' : name;
    // Known, but no transaction is ever shown in it.
    if (word === 'initial') continue;
    if (!isWord(word)) return 'unknown';
    words.add(word);
  }
  return words;
}

export function statusesOf(words: WordFilter): readonly Status[] | null {
  if (words === null) return null;
  return [...new Set([...words].flatMap((word) => statusesBehind[word]))];
}

function isWord(name: string): name is Word {
  return Object.hasOwn(codes, name);
}
