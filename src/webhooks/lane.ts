// A lane: one URL with what waits for it, and what its receiver has shown of itself.

import type { Claimed } from './claims.ts';

export type Lane = {
  readonly url: string;
  /** URLs of one origin share what is known of it: some merchants' URLs differ per payment. */
  readonly origin: string;
  /** When its first delivery is due, as far as we know: epoch milliseconds; Infinity for none. */
  dueAt: number;
  /** The turn at which this process last noted something about `dueAt`. */
  notedTurn: number;
  /** Claimed and not yet sent, in order. */
  queue: Claimed[];
  inFlight: number;
  /** null until its first answer, then whether its receiver does its work. */
  proven: boolean | null;
  failuresInARow: number;
  latencyMs: number;
};

/** How one request ended, as far as it says something about the receiver. */
export type Answer = { readonly good: boolean; readonly tookMs: number };

/** One failure among successes is no reason to slow a receiver down. */
const failuresUntilUnproven = 3;
const latencyWeight = 0.2;
/** A lane claims what its receiver takes in about this time, so that no lease runs out in it. */
const claimAheadMs = 1_000;
const maxClaimAhead = 256;

export function newLane(url: string): Lane {
  return {
    url,
    origin: URL.canParse(url) ? new URL(url).origin : url,
    dueAt: Infinity,
    notedTurn: 0,
    queue: [],
    inFlight: 0,
    proven: null,
    failuresInARow: 0,
    latencyMs: 0,
  };
}

export function held(lane: Lane): number {
  return lane.queue.length + lane.inFlight;
}

export function remember(lane: Lane, answer: Answer): void {
  lane.failuresInARow = answer.good ? 0 : lane.failuresInARow + 1;
  if (answer.good) lane.proven = true;
  else if (!lane.proven || lane.failuresInARow >= failuresUntilUnproven) lane.proven = false;
  lane.latencyMs += (answer.tookMs - lane.latencyMs) * latencyWeight;
}

/**
 * How many more deliveries a proven lane should claim. Nothing while half of its share is still
 * there: claims are better large than many.
 */
export function roomToClaim(lane: Lane, perUrl: number): number {
  const ahead = Math.floor((perUrl * claimAheadMs) / Math.max(1, lane.latencyMs));
  const share = perUrl + Math.min(maxClaimAhead, ahead);
  return held(lane) > share / 2 ? 0 : share - held(lane);
}
