// What a pair is worth on the market: what the sources agree on, fresh or in the grace afterwards.

import { type Agreement, agree, tolerancePercent } from './agreement.ts';
import { findAsset } from '../money/assets.ts';
import { type Fraction, inverse, isFurther, median } from './fraction.ts';
import { isCurrency } from './ticker.ts';
import { type Question, type Vote, type VotesDeps, voteOf, votesOf } from './votes.ts';

export type MarketPrice = {
  /** One of the asked base in the asked quote. */
  readonly price: Fraction;
  /** Of the oldest price that it stands on. */
  readonly atMs: number;
  /** Prices in the grace are older than they should be, and cost the payer a little more. */
  readonly grace: boolean;
  /** The pair as it was computed, and whose opinions there were. */
  readonly base: string;
  readonly quote: string;
  readonly agreed: Fraction;
  readonly used: readonly Vote[];
  readonly unused: readonly { readonly vote: Vote; readonly why: string }[];
};

export const maxAgeMs = 60_000;
export const graceMs = 600_000;
/** A list of ages, youngest first: the first at which anybody says anything decides. */
const patience = [maxAgeMs, graceMs] as const;

type Asked = { readonly base: string; readonly quote: string; readonly nowMs: number };

/**
 * The price of all sources (`source` null) or of one, which must not be further from the others
 * than the tolerance. Null when nobody knows it or they contradict each other. Computed one way
 * round only, whichever is asked, so that both ways are each other's exact inverse.
 */
export function marketPrice(
  given: VotesDeps,
  asked: Asked,
  source: string | null,
): MarketPrice | null {
  const deps = { ...given, agreed: new Map() };
  const turned = isTurned(asked.base, asked.quote);
  const { base, quote } = turned ? { base: asked.quote, quote: asked.base } : asked;
  for (const ageMs of patience) {
    const question = { base, quote, nowMs: asked.nowMs, maxAgeMs: ageMs };
    const found = source === null ? together(deps, question) : alone(deps, question, source);
    if (found === null) continue;
    const { price: agreed, used, rejected } = found;
    if (agreed === null) return null;
    return {
      price: turned ? inverse(agreed) : agreed,
      atMs: Math.min(...used.map(({ atMs }) => atMs)),
      grace: ageMs > maxAgeMs,
      base,
      quote,
      agreed,
      used,
      unused: [...rejected.map(outside), ...stale(deps, question)],
    };
  }
  return null;
}

/** Null: nobody says anything. */
function together(deps: VotesDeps, question: Question): Agreement<Vote> | null {
  const votes = votesOf(deps, question);
  return votes.length === 0 ? null : agree(votes);
}

function alone(deps: VotesDeps, question: Question, source: string): Agreement<Vote> | null {
  const own = voteOf(deps, source, question);
  if (!own) return null;
  const others = votesOf(deps, question).filter((vote) => vote.source !== source);
  const near =
    others.length === 0 ||
    !isFurther(own.price, median(others.map(({ price }) => price)), tolerancePercent);
  return { price: near ? own.price : null, used: [own], rejected: [] };
}

function outside(vote: Vote) {
  return { vote, why: `further than ${tolerancePercent} % from the median` };
}

/** What was too old to count, for the record. */
function stale(deps: VotesDeps, question: Question) {
  if (question.maxAgeMs >= graceMs) return [];
  const young = new Set(votesOf(deps, question).map(({ source }) => source));
  return votesOf(deps, { ...question, maxAgeMs: graceMs })
    .filter(({ source }) => !young.has(source))
    .map((vote) => ({ vote, why: `older than ${question.maxAgeMs / 1_000} s` }));
}

/** Coins are priced in stable coins and currencies, as people say it; alphabetical otherwise. */
function isTurned(base: string, quote: string): boolean {
  const difference = moneyness(base) - moneyness(quote);
  return difference === 0 ? base > quote : difference > 0;
}

function moneyness(code: string): number {
  if (!isCurrency(code)) return 0;
  return findAsset(code)?.kind === 'fiat' ? 2 : 1;
}
