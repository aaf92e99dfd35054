// Two sides of a match: money that somebody saw coming in, and money that a payment waits for.

import type { Amount } from '../../money/amount.ts';

/** Money that a statement, a message or a person reports. */
export type Incoming = {
  /** Unique among what is matched together. */
  readonly id: string;
  /** Where it can have come in: the one of a statement, or all those of a forwarding device. */
  readonly requisites: readonly string[];
  readonly amount: Amount;
  readonly at: Date | null;
  /** Whether `at` has a time of day; a day alone stands for all of its hours, anywhere on earth. */
  readonly timed: boolean;
  readonly text: string;
  readonly endToEndId: string | null;
  readonly counterpartyName: string | null;
  readonly counterpartyAccount: string | null;
  /** Of the account that received. */
  readonly lastDigits: string | null;
};

/** An open instruction to pay to a requisite. */
export type Expected = {
  readonly id: string;
  readonly requisite: string;
  readonly lastDigits: string | null;
  readonly amount: Amount;
  /** What the payer was asked to write; fewer than five letters and digits prove nothing. */
  readonly reference: string | null;
  readonly endToEndId: string | null;
  readonly payerName: string | null;
  readonly payerAccount: string | null;
  readonly from: Date;
  readonly until: Date;
};

const hourMs = 3_600_000;
/** Clocks differ, and a payer who was told by telephone pays before the payment is made. */
const earlyMs = hourMs;
/** Transfers between banks take their time. */
const lateMs = 24 * hourMs;
/** A day somewhere on earth: from 14 hours before its midnight in UTC to 12 after its end. */
const dayBeforeMs = 14 * hourMs;
const dayAfterMs = 36 * hourMs;

/** Instants in milliseconds; infinite where it is not known when. */
export type Span = { readonly first: number; readonly last: number };

/** When money can have come in. */
export function spanOf({ at, timed }: Pick<Incoming, 'at' | 'timed'>): Span {
  if (at === null) return { first: -Infinity, last: Infinity };
  const instant = at.getTime();
  if (timed) return { first: instant, last: instant };
  return { first: instant - dayBeforeMs, last: instant + dayAfterMs };
}

/** When the money of an instruction is expected. */
export function windowOf({ from, until }: Pick<Expected, 'from' | 'until'>): Span {
  return { first: from.getTime() - earlyMs, last: until.getTime() + lateMs };
}

export function overlap(one: Span, other: Span): boolean {
  return one.first <= other.last && other.first <= one.last;
}
