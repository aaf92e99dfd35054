// What an exchange knows of a pair, in one word: so that a refusal can say what is missing.

import type { Mode } from '../db/mode.ts';
import { sourceNameOf } from './exchange.ts';
import type { Market } from './market.ts';
import type { Rates } from './rates.ts';
import type { RateSource } from './source.ts';
import { voteOf } from './votes.ts';

/**
 * A usable price; one that is too old or that the others contradict; none yet, as the exchange has
 * not answered; or that it does not trade the pair.
 */
export type PairState = 'quoted' | 'stale' | 'unpriced' | 'untraded';

export type PairStateDeps = {
  readonly rates: Pick<Rates, 'quote'>;
  readonly market: Market;
  /** The operator's fixed rates. */
  readonly fixed: RateSource;
  readonly now: () => Date;
};

export function createPairState({ rates, market, fixed, now }: PairStateDeps) {
  return (mode: Mode, base: string, quote: string, exchange: number): PairState => {
    if (rates.quote(mode, base, quote, { exchange }) !== null) return 'quoted';
    const asked = market.exchanges.find(({ id }) => id === exchange);
    if (mode === 'test' || asked === undefined) return 'untraded';
    const book = market.book();
    const source = sourceNameOf(asked);
    const question = { base, quote, nowMs: now().getTime(), maxAgeMs: Number.POSITIVE_INFINITY };
    if (voteOf({ book, fixed }, source, question) !== null) return 'stale';
    const hasAnswered = book.states.get(source)?.succeededAt ?? null;
    return hasAnswered === null ? 'unpriced' : 'untraded';
  };
}
