// Schedules: the hours of the week in which a requisite takes money, in its own time zone.

import { type LocalTime, dayAfter, momentOf } from './zone.ts';

/** `days`: Monday is 1. From the minute `from` up to, not including, `to`: `09:00`, `24:00`. */
export type Hours = {
  readonly days: readonly number[];
  readonly from: string;
  readonly to: string;
};

/** Null: always. */
export type Schedule = readonly Hours[] | null;

const dayNames = ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'];
const DAYS_PER_WEEK = 7;
const MAX_HOURS = 50;
const entry = /^([a-z]{2})(?:-([a-z]{2}))? (\d\d:\d\d)-(\d\d:\d\d)$/;
const clock = /^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/;

/**
 * Reads `mo-fr 09:00-18:00, sa 10:00-14:00`; hours over midnight are two entries. Null when it
 * cannot be understood.
 */
export function parseSchedule(text: string): readonly Hours[] | null {
  const entries = text
    .trim()
    .toLowerCase()
    .split(/\s*,\s*/);
  if (entries.length > MAX_HOURS) return null;
  const found: Hours[] = [];
  for (const one of entries) {
    const hours = parseEntry(one);
    if (!hours) return null;
    found.push(hours);
  }
  return found;
}

export function isOpen(schedule: Schedule, { weekday, minute }: LocalTime): boolean {
  if (schedule === null) return true;
  return schedule.some(
    ({ days, from, to }) =>
      days.includes(weekday) && minuteOf(from) <= minute && minute < minuteOf(to),
  );
}

/** When it opens next; null for one that never does. */
export function nextOpening(schedule: Schedule, zone: string, local: LocalTime): Date | null {
  for (let ahead = 0; ahead <= DAYS_PER_WEEK; ahead += 1) {
    const weekday = ((local.weekday - 1 + ahead) % DAYS_PER_WEEK) + 1;
    const starts = (schedule ?? [])
      .filter(({ days }) => days.includes(weekday))
      .map(({ from }) => minuteOf(from))
      .filter((minute) => ahead > 0 || minute > local.minute);
    if (starts.length > 0) return momentOf(zone, dayAfter(local.day, ahead), Math.min(...starts));
  }
  return null;
}

function parseEntry(text: string): Hours | null {
  const [, first = '', last = first, from = '', to = ''] = entry.exec(text) ?? [];
  const [start, end] = [dayNames.indexOf(first), dayNames.indexOf(last)];
  if (start < 0 || end < start || !clock.test(from) || !clock.test(to)) return null;
  if (minuteOf(to) <= minuteOf(from)) return null;
  const days = Array.from({ length: end - start + 1 }, (_, at) => start + at + 1);
  return { days, from, to };
}

function minuteOf(text: string): number {
  const [hours = '0', minutes = '0'] = text.split(':');
  return Number.parseInt(hours, 10) * 60 + Number.parseInt(minutes, 10);
}
