// When a delivery is tried again: the house schedule, and what one attempt's outcome means.

import type { RequestResult } from './request.ts';
import type { Schedule } from './webhook.ts';

/** Every way an attempt can end; `delivery_attempts.outcome` holds one of these. */
export type Outcome = 'delivered' | 'rejected' | RequestFailure;

type RequestFailure = Exclude<RequestResult, { kind: 'answered' }>['reason'];

/** What follows from an attempt. `nextAt` is null when there is nothing more to do. */
export type Verdict = {
  readonly status: 'delivered' | 'pending' | 'dead';
  readonly outcome: Outcome;
  readonly httpStatus: number | null;
  /** What the receiver said, or why nothing was sent. */
  readonly answer: string | null;
  readonly nextAt: Date | null;
};

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
/** A receiver may ask for patience, but not for more than the schedule's own longest pause. */
const longestRetryAfterMs = 24 * hourMs;

/** For dialects whose vendor says nothing: ten attempts over almost two days, any 2xx delivers. */
export const houseSchedule: Schedule = {
  retryAfterMs: [
    30 * secondMs,
    2 * minuteMs,
    10 * minuteMs,
    30 * minuteMs,
    hourMs,
    3 * hourMs,
    6 * hourMs,
    12 * hourMs,
    24 * hourMs,
  ],
  timeoutMs: 10 * secondMs,
  delivered: (status) => status >= 200 && status < 300,
};

/**
 * Decides by the result of attempt number `attempt` (1, 2 … within its budget), which ended at
 * `endedAt`. A message that can never be sent is dead at once; all else uses up the schedule.
 */
export function judge(
  result: RequestResult,
  schedule: Schedule,
  attempt: number,
  endedAt: Date,
): Verdict {
  if (result.kind === 'answered' && schedule.delivered(result.status)) {
    const { status: httpStatus, body: answer } = result;
    return { status: 'delivered', outcome: 'delivered', httpStatus, answer, nextAt: null };
  }
  const said =
    result.kind === 'answered'
      ? { outcome: 'rejected' as const, httpStatus: result.status, answer: result.body }
      : { outcome: result.reason, httpStatus: null, answer: result.detail };
  const pauseMs = schedule.retryAfterMs[attempt - 1];
  if (pauseMs === undefined || (result.kind === 'refused' && result.forGood)) {
    return { status: 'dead', ...said, nextAt: null };
  }
  const waitMs = Math.max(pauseMs, askedPauseMs(result, endedAt));
  return { status: 'pending', ...said, nextAt: new Date(endedAt.getTime() + waitMs) };
}

/** RFC 9110, 10.2.3: seconds or a date. Heard on 429 and 503 only, where it means "come back". */
function askedPauseMs(result: RequestResult, now: Date): number {
  if (result.kind !== 'answered' || result.retryAfter === null) return 0;
  if (result.status !== 429 && result.status !== 503) return 0;
  const text = result.retryAfter.trim();
  const askedMs = /^\d{1,9}$/.test(text)
    ? parseInt(text, 10) * secondMs
    : Date.parse(text) - now.getTime();
  return Number.isNaN(askedMs) ? 0 : Math.min(Math.max(askedMs, 0), longestRetryAfterMs);
}
