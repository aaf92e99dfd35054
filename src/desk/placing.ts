// Placing: which of the candidates serves which request. Pure; nothing is written.

import type { Amount } from '../money/amount.ts';
import type { Candidate, Pool } from './candidates.ts';
import { type Exclusion, exclusionOf } from './limits.ts';
import { wayOf } from './requisite-number.ts';
import { amountsToTry } from './unique.ts';

/** What is wanted of the desk: somewhere to pay this amount. */
export type LeaseRequest = {
  /** The instruction's id. The same one always gets the same answer. */
  readonly reference: string;
  readonly merchantId: string;
  readonly paymentId: string;
  readonly mode: Pool['mode'];
  readonly way: Pool['way'];
  readonly amount: Amount;
};

/** A request with its requisite, and the amount that the payer is told to pay. */
export type Placement = {
  readonly request: LeaseRequest;
  readonly candidate: Candidate;
  readonly units: bigint;
};

/** What traders have left to reserve, by `keyOf` their deposit account; it shrinks with use. */
export type Deposits = Map<string, bigint>;

/**
 * Serves the requests in their order, each by the candidate that has waited longest; whoever
 * served goes to the end. Changes the candidates and deposits accordingly. Answers what it placed;
 * the rest of the requests fit nowhere.
 */
export function place(
  requests: readonly LeaseRequest[],
  candidates: readonly Candidate[],
  deposits: Deposits,
  now: Date,
): Placement[] {
  const lines = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const key = poolOfCandidate(candidate);
    const line = lines.get(key);
    if (line) line.push(candidate);
    else lines.set(key, [candidate]);
  }
  const placed: Placement[] = [];
  for (const request of requests) {
    const line = lines.get(poolKey(poolOf(request))) ?? [];
    for (const [at, candidate] of line.entries()) {
      const fitting = fit(candidate, request.amount.units, deposits, now);
      if (typeof fitting === 'string') continue;
      line.splice(at, 1);
      line.push(candidate);
      use(candidate, fitting, deposits, now);
      placed.push({ request, candidate, units: fitting });
      break;
    }
  }
  return placed;
}

/** The amount to be paid there, or why it cannot be. */
export function fit(
  candidate: Candidate,
  asked: bigint,
  deposits: Deposits,
  now: Date,
): bigint | Exclusion {
  const depositUnits = depositLeft(candidate, deposits);
  const { standing: own } = candidate;
  const standing = own.depositUnits === depositUnits ? own : { ...own, depositUnits };
  const { step, largest } = amountsToTry(asked, candidate.currency, candidate.unique);
  for (let units = asked; units <= largest; units += step) {
    const excluded = exclusionOf(standing, units, now);
    // A larger amount fits no better, and the first reason is the one to tell.
    if (excluded !== null) return units === asked ? excluded : 'amounts';
    if (!candidate.openUnits.has(units)) return units;
  }
  return 'amounts';
}

export function poolOf({ merchantId, mode, way, amount }: LeaseRequest): Pool {
  return { merchantId, mode, way, currency: amount.asset };
}

export function poolKey({ merchantId, mode, way, currency }: Pool): string {
  return `${merchantId.toLowerCase()} ${mode} ${way} ${currency}`;
}

export function poolOfCandidate({ merchantId, mode, kind, currency }: Candidate): string {
  return poolKey({ merchantId, mode, way: wayOf[kind], currency });
}

/** What a candidate's trader can still reserve; null where the merchant is its own desk. */
export function depositLeft(
  { depositKey }: Pick<Candidate, 'depositKey'>,
  deposits: Deposits,
): bigint | null {
  return depositKey === null ? null : (deposits.get(depositKey) ?? 0n);
}

function use(candidate: Candidate, units: bigint, deposits: Deposits, now: Date): void {
  const { standing, depositKey } = candidate;
  if (depositKey !== null) deposits.set(depositKey, (deposits.get(depositKey) ?? 0n) - units);
  if (candidate.unique.mode !== 'none') candidate.openUnits.add(units);
  candidate.standing = {
    ...standing,
    openCount: standing.openCount + 1,
    leasedAt: now,
    day: added(standing.day, units),
    month: added(standing.month, units),
  };
}

function added(usage: Candidate['standing']['day'], units: bigint) {
  return { units: usage.units + units, operations: usage.operations + 1 };
}
