// Dates and times as banks write them: digits on a clock, turned into an instant.

import { dayAfter, localTime, momentOf } from './zone.ts';

/** Months from 1; `hour` is null where only a day was written. */
export type WallTime = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number | null;
  readonly minute: number;
  readonly second: number;
};

/**
 * The instant of a wall time in an IANA zone; midnight UTC of the day where no hour was written.
 * Null for a day or an hour that does not exist (30 February, 25:00).
 */
export function instantOf(wall: WallTime, zone: string): Date | null {
  const { year, month, day, minute, second } = wall;
  const hour = wall.hour ?? 0;
  const utc = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const rolled = utc.getUTCMonth() !== month - 1 || utc.getUTCDate() !== day;
  if (rolled || year < 1970 || hour > 23 || minute > 59 || second > 59) return null;
  if (wall.hour === null || zone === 'UTC') return utc;
  const date = utc.toISOString().slice(0, 10);
  return new Date(momentOf(zone, date, hour * 60 + minute).getTime() + second * 1000);
}

/** An hour and minute without a day: on the day on which they lie nearest to a moment. */
export function nearestTo(moment: Date, hour: number, minute: number, zone: string): Date | null {
  if (hour > 23 || minute > 59) return null;
  const { day } = localTime(zone, moment);
  const near = [-1, 0, 1].map((days) => momentOf(zone, dayAfter(day, days), hour * 60 + minute));
  const distance = (date: Date): number => Math.abs(date.getTime() - moment.getTime());
  return near.sort((one, other) => distance(one) - distance(other))[0] ?? null;
}
