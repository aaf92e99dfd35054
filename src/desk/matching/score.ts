// How much speaks for one incoming money being that of one instruction: points with their reasons.

import { type Expected, type Incoming, overlap, spanOf, windowOf } from './incoming.ts';
import { compact, compactReference, mentions, printedReferences } from './reference.ts';
import { writtenOn } from './written.ts';

/** What each finding is worth; the sum stops at 100. */
export const points = {
  /** The id that the payer's bank carried through. */
  'end-to-end-id': 55,
  /** What the payer was asked to write stands in the text. */
  reference: 55,
  'exact-amount': 30,
  /** No other instruction that the money can be for waits for this amount, and none is named. */
  'unique-amount': 35,
  'payer-account': 30,
  'payer-name': 10,
  'last-digits': 5,
  'in-time': 10,
} as const;

export type Reason = keyof typeof points;
export type Score = { readonly score: number; readonly reasons: readonly Reason[] };

/**
 * From this score on, money is settled without a person: reached by an exact amount with the
 * reference, or by an exact amount that is unique at the time, but neither by an amount nor by a
 * reference alone. A setting may ask for more; below this, what the index leaves out would count.
 */
export const settleScore = 70;
const FULL_SCORE = 100;

/**
 * 0 to 100, with the reasons. 0 when it cannot be: another requisite, other last digits, another
 * currency. `alone`: no other open instruction of the requisite waits for the same amount at that
 * time; the caller knows them all.
 */
export function scoreOf(incoming: Incoming, expected: Expected, alone: boolean): Score {
  if (!possible(incoming, expected)) return { score: 0, reasons: [] };
  const exact = incoming.amount.units === expected.amount.units;
  const inTime = overlap(spanOf(incoming), windowOf(expected));
  const account = compact(incoming.counterpartyAccount);
  const name = compact(incoming.counterpartyName);
  const found: Readonly<Record<Reason, boolean>> = {
    'end-to-end-id': same(incoming.endToEndId, expected.endToEndId),
    reference: carries(incoming, expected.reference),
    'exact-amount': exact,
    'unique-amount': exact && inTime && alone && !isForAnother(incoming, expected.reference),
    'payer-account': same(account, compact(expected.payerAccount)),
    'payer-name': same(name, compact(expected.payerName)),
    'last-digits': incoming.lastDigits !== null && expected.lastDigits !== null,
    'in-time': inTime,
  };
  const reasons = (Object.keys(points) as Reason[]).filter((reason) => found[reason]);
  const sum = reasons.reduce((total, reason) => total + points[reason], 0);
  return { score: Math.min(sum, FULL_SCORE), reasons };
}

function possible(incoming: Incoming, expected: Expected): boolean {
  return (
    incoming.amount.asset === expected.amount.asset &&
    incoming.requisites.includes(expected.requisite) &&
    digitsAgree(incoming.lastDigits, expected.lastDigits)
  );
}

/** Banks show two to six digits: as many as both have must be the same. */
function digitsAgree(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return true;
  const length = Math.min(one.length, other.length);
  return one.slice(-length) === other.slice(-length);
}

function carries(incoming: Incoming, reference: string | null): boolean {
  const wanted = compactReference(reference);
  return wanted !== null && mentions(writtenOn(incoming), wanted);
}

/** Who writes the reference of another payment has paid that one, if need be twice. */
function isForAnother(incoming: Incoming, reference: string | null): boolean {
  const own = compactReference(reference);
  return printedReferences(writtenOn(incoming).letters).some((one) => one !== own);
}

function same(one: string | null, other: string | null): boolean {
  return one !== null && one !== '' && one === other;
}
