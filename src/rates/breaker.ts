// When a source that fails is asked again: at once, later, and later still.

import type { SourceState } from './book.ts';

export type Failure = {
  readonly error: string;
  /** The source said that it is asked too often. */
  readonly limited: boolean;
  /** How long it wants to be left alone, if it said so. */
  readonly waitMs: number | null;
};

const failuresToOpen = 3;
const firstPauseMs = 30_000;
const longestPauseMs = 600_000;
const limitedPauseMs = 60_000;
const maxDoublings = 10;

/** Whether the source must be left alone now. */
export function isOpen({ retryAt }: SourceState, now: Date): boolean {
  if (retryAt === null) return false;
  const waitMs = retryAt.getTime() - now.getTime();
  // Further away than we ever set it: the clock went back, and nobody wanted such a pause.
  return waitMs > 0 && waitMs <= longestPauseMs;
}

/**
 * After three failures in a row the circuit opens, for half a minute and twice as long after each
 * further one, up to ten minutes; a source that says it is asked too often opens it at once.
 */
export function afterFailure(state: SourceState, failure: Failure, now: Date): SourceState {
  const failures = state.failures + 1;
  const pauseMs = Math.max(pauseAfter(failures), failure.limited ? limitedPause(failure) : 0);
  return {
    ...state,
    failures,
    failedAt: now,
    lastError: failure.error,
    retryAt: pauseMs === 0 ? null : new Date(now.getTime() + pauseMs),
  };
}

/** `note`: what was left out of an otherwise good answer, or null. */
export function afterSuccess(state: SourceState, note: string | null, now: Date): SourceState {
  return { ...state, failures: 0, succeededAt: now, lastError: note, retryAt: null };
}

export function untried(source: string): SourceState {
  return {
    source,
    succeededAt: null,
    failedAt: null,
    failures: 0,
    lastError: null,
    retryAt: null,
  };
}

function pauseAfter(failures: number): number {
  if (failures < failuresToOpen) return 0;
  const doublings = Math.min(failures - failuresToOpen, maxDoublings);
  return Math.min(firstPauseMs * 2 ** doublings, longestPauseMs);
}

function limitedPause({ waitMs }: Failure): number {
  return Math.min(Math.max(limitedPauseMs, waitMs ?? 0), longestPauseMs);
}
