// The contract of a source of rates: what it knows directly, from memory, without waiting.

import type { Rate } from '../money/rate.ts';

export type SourcedRate = {
  readonly rate: Rate;
  /** When the source learned it. */
  readonly at: Date;
};

/**
 * Inverse and cross rates are not the source's work: `rates.ts` makes them from what it finds here.
 * A source that asks the network does so on its own time and answers from what it remembers, and
 * answers null when that is older than it may be: a payment is created without waiting for anybody.
 */
export type RateSource = {
  /** Names the source in the evidence of a quote. */
  readonly name: string;
  /** True for invented rates, which must never price live money. */
  readonly testOnly: boolean;
  /** False when it can answer nothing at all; absent when it may. */
  readonly knowsAny?: boolean;
  /** The rate of exactly this pair in exactly this direction, or null. */
  find(base: string, quote: string): SourcedRate | null;
};
