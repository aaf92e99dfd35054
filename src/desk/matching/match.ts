// Puts many incoming moneys beside many open instructions, in time proportional to both.

import { createIndex } from './expected-index.ts';
import type { Expected, Incoming } from './incoming.ts';
import { type Score, scoreOf, settleScore } from './score.ts';

export type Match = Score & { readonly incoming: string; readonly expected: string };

export type Waiting = {
  readonly incoming: string;
  /**
   * `weak`: nothing reaches the score. `ambiguous`: another instruction comes close. `contested`:
   * another incoming money comes close for the same instruction.
   */
  readonly why: 'weak' | 'ambiguous' | 'contested';
  /** What a person should look at first, best first. */
  readonly candidates: readonly Match[];
};

export type Matched = {
  /** Sure enough to settle: each incoming and each instruction at most once. */
  readonly settled: readonly Match[];
  readonly waiting: readonly Waiting[];
  /** No instruction comes into question: money for the inbox. */
  readonly unmatched: readonly string[];
};

/** The best must lead by so much; what is closer than this is left to a person. */
const leadScore = 15;
const MAX_CANDIDATES = 5;

/**
 * Matches everything with everything, whatever the order in which it is given. `settleAt` is the
 * score that settles, never less than `settleScore`. One instruction takes one incoming money at a
 * time: a second one that comes close waits with the first, because a payer may have paid twice.
 */
export function matchAll(
  incomings: readonly Incoming[],
  expecteds: readonly Expected[],
  settleAt: number = settleScore,
): Matched {
  const threshold = Math.max(settleAt, settleScore);
  const index = createIndex(expecteds);
  const waiting: Waiting[] = [];
  const unmatched: string[] = [];
  const claims = new Map<string, Claim[]>();
  for (const incoming of incomings) {
    const candidates = index
      .candidates(incoming)
      .map(({ expected, alone }) => ({
        incoming: incoming.id,
        expected: expected.id,
        ...scoreOf(incoming, expected, alone),
      }))
      .filter(({ score }) => score > 0)
      .sort(byScore);
    const [best, second] = candidates;
    if (best === undefined) unmatched.push(incoming.id);
    else if (best.score < threshold) waiting.push(waitingOf('weak', candidates));
    else if (leads(best, second)) collect(claims, { best, candidates });
    else waiting.push(waitingOf('ambiguous', candidates));
  }
  const settled: Match[] = [];
  for (const claim of claims.values()) {
    const [first, second, ...others] = claim.sort((one, other) => byScore(one.best, other.best));
    if (first === undefined) continue;
    const wins = leads(first.best, second?.best);
    if (wins) settled.push(first.best);
    for (const lost of [wins ? undefined : first, second, ...others]) {
      if (lost !== undefined) waiting.push(waitingOf('contested', lost.candidates));
    }
  }
  return { settled: settled.sort(byId), waiting: waiting.sort(byId), unmatched: unmatched.sort() };
}

/** An incoming money that is sure of its instruction, with all that came into question. */
type Claim = { readonly best: Match; readonly candidates: readonly Match[] };

function waitingOf(why: Waiting['why'], candidates: readonly Match[]): Waiting {
  const [best] = candidates;
  return { incoming: best?.incoming ?? '', why, candidates: candidates.slice(0, MAX_CANDIDATES) };
}

function leads(best: Match, second: Match | undefined): boolean {
  return second === undefined || best.score - second.score >= leadScore;
}

function collect(claims: Map<string, Claim[]>, claim: Claim): void {
  const known = claims.get(claim.best.expected);
  if (known) known.push(claim);
  else claims.set(claim.best.expected, [claim]);
}

function byScore(one: Match, other: Match): number {
  if (one.score !== other.score) return other.score - one.score;
  return compare(one.expected, other.expected) || compare(one.incoming, other.incoming);
}

function byId(one: { readonly incoming: string }, other: { readonly incoming: string }): number {
  return compare(one.incoming, other.incoming);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
