// What statements and messages report, as money to be matched.

import type { ReadMessage } from '../messages/matcher.ts';
import type { Entry } from '../statements/statement.ts';
import type { Incoming } from './incoming.ts';

/**
 * An entry of a requisite's statement; null for what is no money received: what went out, what is
 * only expected, and what the bank takes back.
 */
export function incomingOfEntry(entry: Entry, requisite: string): Incoming | null {
  if (entry.direction !== 'in' || entry.reversal || entry.status !== 'booked') return null;
  if (entry.amount.units === 0n) return null;
  return {
    id: entry.id,
    requisites: [requisite],
    amount: entry.amount,
    at: entry.bookedAt ?? entry.valueAt,
    timed: entry.timed,
    text: entry.text,
    endToEndId: entry.endToEndId,
    counterpartyName: entry.counterpartyName,
    counterpartyAccount: entry.counterpartyAccount,
    lastDigits: null,
  };
}

/** A message of a device that may report money of several requisites. */
export function incomingOfMessage(
  id: string,
  { fields }: ReadMessage,
  requisites: readonly string[],
): Incoming {
  return {
    id,
    requisites,
    amount: fields.amount,
    at: fields.at,
    timed: true,
    text: '',
    endToEndId: null,
    counterpartyName: fields.counterpartyName,
    counterpartyAccount: fields.counterpartyAccount,
    lastDigits: fields.lastDigits,
  };
}
