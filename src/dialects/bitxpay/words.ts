// Status words: the core's statuses as this vendor says them, and back. wire/bitxpay.md section 4.

import type { Status } from '../../payments/machine.ts';
import { statuses } from '../../payments/machine.ts';
import type { Payment } from '../../payments/nouns.ts';
import type { StateClause } from './needs.ts';
import type { BitxpaySettings } from './settings.ts';

export type InitialWord = BitxpaySettings['initialStatus'];
type StateOfPayment = Pick<Payment, 'status' | 'paused'>;

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

/** The word is `expired`, or the deadline has passed unpaid and the clockwork is a moment behind. */
export function isExpired(payment: Payment, now: Date): boolean {
  return payment.status === 'expired' || (payment.status === 'awaiting' && isPast(payment, now));
}

/** When it expires or expired: closing a link by hand moves its deadline to that moment. */
export function deadlineOf(payment: Payment): Date {
  const { status, closedAt, expiresAt } = payment;
  return status === 'expired' && closedAt !== null && closedAt < expiresAt ? closedAt : expiresAt;
}

/** Whether the word is final: nothing remains to be waited for. */
export function isFinal(payment: Payment, now: Date): boolean {
  const open = payment.status === 'awaiting' || payment.status === 'confirming';
  return !open && !isActive(payment, now);
}

/**
 * The clauses of the words of a `statuses` filter; undefined for no filter (`all`), null when a
 * word is unknown. A payment matches when any clause does.
 */
export function clausesOf(
  words: readonly string[],
  initial: InitialWord,
): readonly StateClause[] | undefined | null {
  const clauses: StateClause[] = [];
  let all = false;
  for (const word of words) {
    if (word === 'all') all = true;
    else {
      const found = clausesOfWord(word, initial);
      if (found === null) return null;
      clauses.push(...found);
    }
  }
  return all || clauses.length === 0 ? undefined : clauses;
}

const openClause: StateClause = { status: 'awaiting', paused: false };

function clausesOfWord(word: string, initial: InitialWord): readonly StateClause[] | null {
  switch (word) {
    case 'pending':
      return [openClause];
    case 'processing':
      return initial === 'processing' ? [{ status: 'confirming' }, openClause] : [{ status: 'confirming' }];
    case 'active':
      return [openClause, { status: 'confirming' }];
    case 'inactive':
      return [{ status: 'awaiting', paused: true }];
    default:
      return isPlainWord(word) ? [{ status: word }] : null;
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
