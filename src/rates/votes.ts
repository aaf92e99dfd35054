// What each source says a pair is worth: by its own market, either way round, or over one bridge.

import { type Agreement, agree } from './agreement.ts';
import { type Book, tickerOf } from './book.ts';
import { type Fraction, inverse, product } from './fraction.ts';
import type { RateSource } from './source.ts';
import { type PricedTicker, bridges, isCurrency } from './ticker.ts';

/** One market's part in a price: a source's own, the operator's, or what several agree on. */
export type Leg = {
  readonly base: string;
  readonly quote: string;
  readonly source: string;
  readonly price: Fraction;
  readonly atMs: number;
  /** Of the source's own market, whichever way round that is. */
  readonly ticker: PricedTicker | null;
  readonly agreement: Agreement<Vote> | null;
};

/** What a source says one `base` is worth, in the `quote` of the pair that was asked for. */
export type Vote = {
  readonly source: string;
  readonly price: Fraction;
  /** Of its older leg. */
  readonly atMs: number;
  readonly legs: readonly Leg[];
};

export type Question = {
  readonly base: string;
  readonly quote: string;
  readonly nowMs: number;
  readonly maxAgeMs: number;
};

export type VotesDeps = {
  readonly book: Book;
  readonly fixed: RateSource;
  /** What was agreed on while one price is made: every source asks for the same few pairs. */
  readonly agreed?: Map<string, Leg | null>;
};

// Nobody's clock is more wrong than that; a price from further ahead was learned by another clock.
export const maxAheadMs = 60_000;

/** The votes of all sources that can say something young enough, in the order of the setting. */
export function votesOf(deps: VotesDeps, question: Question): Vote[] {
  return deps.book.sources
    .map((source) => voteOf(deps, source, question))
    .filter((vote) => vote !== null);
}

/**
 * A source's own market counts most. Over a bridge at least one leg must be its own market; the
 * other may be the operator's fixed rate or, between two currencies, what the sources agree on:
 * so a source that trades LTC/USDT alone still says what LTC is worth in dollars.
 */
export function voteOf(deps: VotesDeps, source: string, question: Question): Vote | null {
  const own = ownLeg(deps, source, question);
  if (own) return { source, price: own.price, atMs: own.atMs, legs: [own] };
  return (
    overBridge(deps, source, question, () => null) ?? overBridge(deps, source, question, agreedLeg)
  );
}

type FindLeg = (deps: VotesDeps, question: Question) => Leg | null;

function overBridge(
  deps: VotesDeps,
  source: string,
  question: Question,
  findOther: FindLeg,
): Vote | null {
  const legOf = (part: Question): Leg | null =>
    fixedLeg(deps, part) ?? ownLeg(deps, source, part) ?? findOther(deps, part);
  for (const bridge of bridges) {
    if (bridge === question.base || bridge === question.quote) continue;
    const first = legOf({ ...question, quote: bridge });
    const second = first && legOf({ ...question, base: bridge });
    if (!first || !second || !(first.ticker || second.ticker)) continue;
    const atMs = Math.min(first.atMs, second.atMs);
    return { source, price: product(first.price, second.price), atMs, legs: [first, second] };
  }
  return null;
}

function ownLeg(deps: VotesDeps, source: string, question: Question): Leg | null {
  const { base, quote } = question;
  const direct = young(tickerOf(deps.book, source, base, quote), question);
  const ticker = direct ?? young(tickerOf(deps.book, source, quote, base), question);
  if (!ticker) return null;
  const price = direct ? ticker.price : inverse(ticker.price);
  return { base, quote, source, price, atMs: ticker.atMs, ticker, agreement: null };
}

function young(ticker: PricedTicker | undefined, question: Question): PricedTicker | null {
  if (!ticker) return null;
  const ageMs = question.nowMs - ticker.atMs;
  return ageMs <= question.maxAgeMs && ageMs >= -maxAheadMs ? ticker : null;
}

function fixedLeg({ fixed }: VotesDeps, { base, quote, nowMs }: Question): Leg | null {
  const direct = fixed.find(base, quote);
  const found = direct ?? fixed.find(quote, base);
  if (!found) return null;
  const price = direct ? found.rate : inverse(found.rate);
  return { base, quote, source: fixed.name, price, atMs: nowMs, ticker: null, agreement: null };
}

/** What the sources that trade the pair itself agree on; between two currencies only. */
function agreedLeg(deps: VotesDeps, question: Question): Leg | null {
  const { base, quote, maxAgeMs } = question;
  if (!isCurrency(base) || !isCurrency(quote)) return null;
  const key = `${base}/${quote} ${maxAgeMs}`;
  const known = deps.agreed?.get(key);
  if (known !== undefined) return known;
  const leg = agreedNow(deps, question);
  deps.agreed?.set(key, leg);
  return leg;
}

function agreedNow(deps: VotesDeps, question: Question): Leg | null {
  const { base, quote } = question;
  const votes = deps.book.sources.flatMap((source): Vote[] => {
    const leg = ownLeg(deps, source, question);
    return leg ? [{ source, price: leg.price, atMs: leg.atMs, legs: [leg] }] : [];
  });
  const agreement = agree(votes);
  if (agreement.price === null) return null;
  const source = agreement.used.map((vote) => vote.source).join(', ');
  const atMs = Math.min(...agreement.used.map((vote) => vote.atMs));
  return { base, quote, source, price: agreement.price, atMs, ticker: null, agreement };
}
