// Instructions that wait for the same amount on the same requisite, told apart by their time.

import { type Expected, type Span, windowOf } from './incoming.ts';

export type Equals = {
  /** The instruction whose window meets the span, when there is exactly one. */
  onlyOneIn(span: Span): Expected | null;
  /** Those that were opened last before the span ended. */
  latest(span: Span, count: number): Expected[];
};

/** One end of a window; `sum` adds up the places of this and all earlier ends. */
type End = { readonly at: number; readonly place: number; sum: number };

/**
 * Answers in the logarithm of their number. Windows that meet a span are those that began before
 * its end, less those that ended before its begin; when that leaves one, the difference of the sums
 * of their places is its place.
 */
export function createEquals(equal: readonly Expected[]): Equals {
  const begins = endsOf(equal.map((one) => windowOf(one).first));
  const ends = endsOf(equal.map((one) => windowOf(one).last));
  return {
    onlyOneIn: ({ first, last }) => {
      const [begun, ended] = [countUntil(begins, last), countBefore(ends, first)];
      if (begun - ended !== 1) return null;
      const place = (begins[begun - 1]?.sum ?? 0) - (ends[ended - 1]?.sum ?? 0);
      return equal[place] ?? null;
    },
    latest: ({ last }, count) => {
      const begun = Math.max(countUntil(begins, last), Math.min(count, begins.length));
      return begins
        .slice(Math.max(0, begun - count), begun)
        .flatMap(({ place }) => equal[place] ?? []);
    },
  };
}

function endsOf(moments: readonly number[]): End[] {
  const ends = moments.map((at, place): End => ({ at, place, sum: 0 }));
  ends.sort((one, other) => one.at - other.at || one.place - other.place);
  let sum = 0;
  for (const end of ends) end.sum = sum += end.place;
  return ends;
}

/** How many lie at or before a moment. */
function countUntil(ends: readonly End[], moment: number): number {
  return countWhile(ends, (at) => at <= moment);
}

/** How many lie before a moment. */
function countBefore(ends: readonly End[], moment: number): number {
  return countWhile(ends, (at) => at < moment);
}

function countWhile(ends: readonly End[], holds: (at: number) => boolean): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(ends[middle]?.at ?? 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}
