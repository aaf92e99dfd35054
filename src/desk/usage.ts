// What a requisite was used for, as its row counts it: on its last day, and in that day's month.

import type { Usage } from './limits.ts';
import { monthOf } from './zone.ts';

export type UsageRow = {
  /** `2026-01-31` in the requisite's time zone; null: it was never leased. */
  readonly counted_day: string | null;
  readonly used_day_units: string;
  readonly used_day_count: number;
  readonly used_month_units: string;
  readonly used_month_count: number;
};

export const usageColumns = `counted_day::text as counted_day, used_day_units, used_day_count,
  used_month_units, used_month_count`;

export type Counted = { readonly on: string; readonly day: Usage; readonly month: Usage };

export const unused: Usage = { units: 0n, operations: 0 };

/**
 * As it counts on `today`, or on a later day that has begun already: neither a clock nor a time
 * zone that is set back gives a day's limits a second time.
 */
export function countedOn(row: UsageRow, today: string): Counted {
  const last = row.counted_day;
  if (last === null) return { on: today, day: unused, month: unused };
  const on = last > today ? last : today;
  return {
    on,
    day: on === last ? usageOf(row.used_day_units, row.used_day_count) : unused,
    month:
      monthOf(on) === monthOf(last) ? usageOf(row.used_month_units, row.used_month_count) : unused,
  };
}

function usageOf(units: string, operations: number): Usage {
  return { units: BigInt(units), operations };
}
