// A quote, and what is kept of it for later questions: plain JSON, every number as decimal text.

import type { Rate } from '../money/rate.ts';
import { type Fraction, priceText } from './fraction.ts';
import type { MarketPrice } from './market-price.ts';
import type { Leg, Vote } from './votes.ts';

export type Quote = {
  readonly rate: Rate;
  /** Whose rate it is: `settings`, `settings via USD`, `kraken`, `median of kraken, bitstamp`. */
  readonly source: string;
  /** When the oldest of the used prices was learned. */
  readonly at: Date;
  readonly evidence?: EvidenceDetails;
};

/** What is kept of a quote. Rows of before the market was asked have no details. */
export type QuoteEvidence = EvidenceDetails & {
  readonly base: string;
  readonly quote: string;
  /** The rate that counted, all spreads taken off: numerator / denominator. */
  readonly numerator: string;
  readonly denominator: string;
  readonly source: string;
  readonly at: string;
};

export type EvidenceDetails = {
  /** What the merchant's setting took off, in percent. */
  readonly spreadPercent?: string;
  /** All prices were older than they should be: so much more was taken off. */
  readonly grace?: { readonly extraPercent: string };
  /** The number of the exchange whose price was asked for. */
  readonly exchange?: number;
  /** The pairs that were needed, the one that counted last. */
  readonly steps?: readonly EvidenceStep[];
};

/** What the sources said of a pair and what was made of it, nothing taken off yet. */
export type EvidenceStep = {
  readonly pair: string;
  readonly price: string;
  readonly sources: readonly EvidenceSource[];
};

export type EvidenceSource = {
  readonly source: string;
  /** In the step's pair; its middle price. */
  readonly price: string;
  readonly at: string;
  readonly used: boolean;
  /** Why it was not used. */
  readonly why?: string;
  /** Of its own market for the pair; `market` says which when that is the other way round. */
  readonly bid?: string;
  readonly ask?: string;
  readonly market?: string;
  /** The way it took when it has no such market. */
  readonly legs?: readonly EvidenceLeg[];
};

export type EvidenceLeg = {
  readonly pair: string;
  readonly source: string;
  readonly price: string;
  readonly at: string;
  readonly bid?: string;
  readonly ask?: string;
  readonly market?: string;
};

const known = new WeakMap<Quote, QuoteEvidence>();

/** The same object for the same quote: a quote that is asked for often is printed once. */
export function evidenceOf(quote: Quote): QuoteEvidence {
  let evidence = known.get(quote);
  if (evidence === undefined) {
    const { base, quote: quoted, numerator, denominator } = quote.rate;
    evidence = {
      base,
      quote: quoted,
      numerator: numerator.toString(),
      denominator: denominator.toString(),
      source: quote.source,
      at: quote.at.toISOString(),
      ...quote.evidence,
    };
    known.set(quote, evidence);
  }
  return evidence;
}

/** The steps of a market price: first the pairs that several sources had to agree on, then it. */
export function stepsOf(found: MarketPrice): EvidenceStep[] {
  const steps = new Map<string, EvidenceStep>();
  for (const { agreement, price, ...leg } of found.used.flatMap(({ legs }) => legs)) {
    const pair = `${leg.base}/${leg.quote}`;
    if (!agreement || steps.has(pair)) continue;
    const sources = [
      ...agreement.used.map((vote) => sourceOf(vote, null)),
      ...agreement.rejected.map((vote) => sourceOf(vote, 'too far from the others')),
    ];
    steps.set(pair, { pair, price: priceText(price), sources });
  }
  const sources = [
    ...found.used.map((vote) => sourceOf(vote, null)),
    ...found.unused.map(({ vote, why }) => sourceOf(vote, why)),
  ];
  const pair = `${found.base}/${found.quote}`;
  return [...steps.values(), { pair, price: priceText(found.agreed), sources }];
}

function sourceOf({ source, price, atMs, legs }: Vote, why: string | null): EvidenceSource {
  const [only, second] = legs;
  return {
    source,
    price: priceText(price),
    at: new Date(atMs).toISOString(),
    used: why === null,
    ...(why === null ? {} : { why }),
    ...(only && !second ? bookOf(only) : { legs: legs.map(legOf) }),
  };
}

function legOf(leg: Leg): EvidenceLeg {
  const { base, quote, source, price, atMs } = leg;
  const at = new Date(atMs).toISOString();
  return { pair: `${base}/${quote}`, source, price: priceText(price), at, ...bookOf(leg) };
}

function bookOf({ base, ticker }: Leg): Pick<EvidenceLeg, 'bid' | 'ask' | 'market'> {
  if (!ticker) return {};
  const { bid, ask } = ticker;
  return ticker.base === base
    ? { bid, ask }
    : { bid, ask, market: `${ticker.base}/${ticker.quote}` };
}

/** A rate from a price. */
export function rateOf(base: string, quote: string, { numerator, denominator }: Fraction): Rate {
  return { base, quote, numerator, denominator };
}
