// Status words: the core's statuses as this vendor says them, and back. wire/bitxpay.md section 4.

import type { Status } from '../../payments/machine.ts';
import { statuses } from '../../payments/machine.ts';
import type { Payment } from '../../payments/nouns.ts';
import type { ListFilter } from '../../payments/queries.ts';
import type { BitxpaySettings } from './settings.ts';

export type InitialWord = BitxpaySettings['initialStatus'];
type StateOfPayment = Pick<Payment, 'status' | 'paused'>;
type Clause = NonNullable<ListFilter['states']>[number];

export function wordOf({ status, paused }: StateOfPayment, initial: InitialWord): string {
  if (status === 'awaiting') return paused ? 'inactive' : initial;
  return status === 'confirming' ? 'processing' : status;
}

/** Whether the link may still be paid. */
export function isActive(payment: Payment, now: Date): boolean {
  switch (payment.status) {
    case 'awaiting':
      return !payment.paused && !isPast(payment, now);
    case 'confirming':
      return true;
    case 'completed':
      return payment.uses < payment.maxUses && !isPast(payment, now);
    default:
      return false;
  }
}

/** The word is `expired`, or the deadline has passed unpaid and the clock's job is yet to come. */
export function isExpired(payment: Payment, now: Date): boolean {
  return payment.status === 'expired' || (payment.status === 'awaiting' && isPast(payment, now));
}

/** Whether the word is final: nothing remains to be waited for. */
export function isFinal(payment: Payment, now: Date): boolean {
  const open = payment.status === 'awaiting' || payment.status === 'confirming';
  return !open && !isActive(payment, now);
}

/** The clauses of a `statuses` filter: null for no filter, `unknown` when a word is strange. */
export function clausesOf(
  words: readonly string[],
  initial: InitialWord,
): readonly Clause[] | null | 'unknown' {
  const clauses: Clause[] = [];
  let all = false;
  for (const word of words) {
    if (word === 'all') all = true;
    else {
      const found = clausesOfWord(word, initial);
      if (found === null) return 'unknown';
      clauses.push(...found);
    }
  }
  return all || clauses.length === 0 ? null : clauses;
}

const open: Clause = { status: 'awaiting', paused: false };
const confirming: Clause = { status: 'confirming', paused: null };

function clausesOfWord(word: string, initial: InitialWord): readonly Clause[] | null {
  switch (word) {
    case 'pending':
      return [open];
    case 'processing':
      return initial === 'processing' ? [confirming, open] : [confirming];
    case 'active':
      return [confirming, open];
    case 'inactive':
      return [{ status: 'awaiting', paused: true }];
    default:
      return isPlainWord(word) ? [{ status: word, paused: null }] : null;
  }
}

// Words that are one core status; `awaiting` and `confirming` are our words, not the vendor's.
function isPlainWord(word: string): word is Status {
  const own = word === 'awaiting' || word === 'confirming';
  return !own && (statuses as readonly string[]).includes(word);
}

function isPast(payment: Payment, now: Date): boolean {
  return payment.expiresAt <= now;
}
