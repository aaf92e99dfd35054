// What one asset is worth in another: direct, inverse or by one bridge, as an exact fraction.

import type { Mode } from '../db/mode.ts';
import { chainRates, invertRate, lowestTerms, type Rate } from '../money/rate.ts';
import type { RateSource, SourcedRate } from './source.ts';

export type Quote = {
  readonly rate: Rate;
  /** The source's name, and the bridge if there was one: `settings via USD`. */
  readonly source: string;
  /** When the older of the used rates was learned. */
  readonly at: Date;
};

/** What is kept of a quote for later questions: plain JSON, the fraction as decimal text. */
export type QuoteEvidence = {
  readonly base: string;
  readonly quote: string;
  readonly numerator: string;
  readonly denominator: string;
  readonly source: string;
  readonly at: string;
};

export type Rates = {
  /** In memory and synchronous; null when the mode's source does not lead from one to the other. */
  quote(mode: Mode, base: string, quote: string): Quote | null;
};

export type RatesDeps = {
  readonly test: RateSource;
  readonly live: RateSource;
  readonly now: () => Date;
};

// Sources quote nearly everything against the dollar; more bridges would only add ways to differ.
const bridge = 'USD';

/** Refuses to be built with invented rates for live money. */
export function createRates(deps: RatesDeps): Rates {
  if (deps.live.testOnly) {
    throw new Error(`rates "${deps.live.name}" are for test mode only and cannot price live money`);
  }

  function quote(mode: Mode, base: string, quoted: string): Quote | null {
    if (base === quoted) return same(base, deps.now());
    const source = mode === 'live' ? deps.live : deps.test;
    const direct = eitherWay(source, base, quoted);
    if (direct !== null) return { ...direct, source: source.name };
    const bridged = viaBridge(source, base, quoted);
    return bridged === null ? null : { ...bridged, source: `${source.name} via ${bridge}` };
  }

  return { quote };
}

export function evidenceOf(quote: Quote): QuoteEvidence {
  return {
    base: quote.rate.base,
    quote: quote.rate.quote,
    numerator: quote.rate.numerator.toString(),
    denominator: quote.rate.denominator.toString(),
    source: quote.source,
    at: quote.at.toISOString(),
  };
}

function same(asset: string, at: Date): Quote {
  const rate = { base: asset, quote: asset, numerator: 1n, denominator: 1n };
  return { rate, source: 'same asset', at };
}

function viaBridge(source: RateSource, base: string, quoted: string): SourcedRate | null {
  if (base === bridge || quoted === bridge) return null;
  const first = eitherWay(source, base, bridge);
  const second = eitherWay(source, bridge, quoted);
  if (first === null || second === null) return null;
  const at = first.at < second.at ? first.at : second.at;
  return { rate: chainRates(first.rate, second.rate), at };
}

function eitherWay(source: RateSource, base: string, quoted: string): SourcedRate | null {
  const direct = source.find(base, quoted);
  if (direct !== null) return { rate: lowestTerms(direct.rate), at: direct.at };
  const inverse = source.find(quoted, base);
  if (inverse === null) return null;
  return { rate: lowestTerms(invertRate(inverse.rate)), at: inverse.at };
}
