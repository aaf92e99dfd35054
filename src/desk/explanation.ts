// Explanations: why no requisite could serve, for people who must do something about it.

import type { Candidate } from './candidates.ts';
import { type Exclusion, exclusions } from './limits.ts';
import { type Deposits, fit } from './placing.ts';

/** How many requisites there are, and how many of them each limit left out. */
export type Explanation = {
  readonly looked: number;
  readonly excluded: Readonly<Partial<Record<Exclusion | 'held', number>>>;
};

const words: Readonly<Record<Exclusion | 'held', string>> = {
  inactive: 'switched off',
  schedule: 'outside their hours',
  'cool-down': 'cooling down',
  'open-limit': 'with as many open operations as they may have',
  minimum: 'for larger amounts only',
  maximum: 'for smaller amounts only',
  'day-count': 'at their number of operations of the day',
  'day-volume': 'at their volume of the day',
  'month-count': 'at their number of operations of the month',
  'month-volume': 'at their volume of the month',
  deposit: 'with too small a deposit of their trader',
  amounts: 'with every distinct amount taken',
  held: 'taken by others at this moment',
};

/** For one request; a requisite that fits but was not to be had is `held`. */
export function explain(
  units: bigint,
  candidates: readonly Candidate[],
  deposits: Deposits,
  now: Date,
): Explanation {
  const excluded: Partial<Record<Exclusion | 'held', number>> = {};
  for (const candidate of candidates) {
    const fitting = fit(candidate, units, deposits, now);
    const reason = typeof fitting === 'string' ? fitting : 'held';
    excluded[reason] = (excluded[reason] ?? 0) + 1;
  }
  return { looked: candidates.length, excluded };
}

/** `none of 12 requisites fits: 7 cooling down, 5 at their volume of the day`. */
export function sentenceOf({ looked, excluded }: Explanation): string {
  if (looked === 0) return 'there is no requisite for this currency and way to pay';
  const parts = [...exclusions, 'held' as const].flatMap((reason) => {
    const count = excluded[reason];
    return count ? [`${count} ${words[reason]}`] : [];
  });
  return `none of ${looked} requisites fits: ${parts.join(', ')}`;
}
