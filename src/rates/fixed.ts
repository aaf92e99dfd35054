// Rates from one source that knows fixed pairs: direct, inverse, or over one bridge.

import { lowestTerms, chainRates, invertRate } from '../money/rate.ts';
import type { RateSource, SourcedRate } from './source.ts';
import { bridges } from './ticker.ts';

/** The pair as the source names it, either way round. */
export function eitherWay(source: RateSource, base: string, quote: string): SourcedRate | null {
  const direct = source.find(base, quote);
  if (direct !== null) return { rate: lowestTerms(direct.rate), at: direct.at };
  const inverse = source.find(quote, base);
  if (inverse === null) return null;
  return { rate: lowestTerms(invertRate(inverse.rate)), at: inverse.at };
}

/** By the first bridge that the source knows both sides of; as old as its older half. */
export function overFixedBridge(
  source: RateSource,
  base: string,
  quote: string,
): (SourcedRate & { readonly bridge: string }) | null {
  for (const bridge of bridges) {
    if (base === bridge || quote === bridge) continue;
    const first = eitherWay(source, base, bridge);
    const second = first && eitherWay(source, bridge, quote);
    if (first === null || second === null) continue;
    const at = first.at < second.at ? first.at : second.at;
    return { rate: chainRates(first.rate, second.rate), at, bridge };
  }
  return null;
}
