// Time zones: what day and time it is where a requisite's bank is, and when that comes again.

/** `day` is `2026-01-31`, `weekday` 1 for Monday to 7, `minute` counts from midnight. */
export type LocalTime = {
  readonly day: string;
  readonly weekday: number;
  readonly minute: number;
};

const MINUTES_PER_DAY = 1_440;
const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = MINUTES_PER_DAY * MS_PER_MINUTE;

const MAX_REMEMBERED = 1_000;

/** Midnights above all: each is asked for with every lease of its day (17 µs to work out). */
const moments = new Map<string, Date>();
const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether the runtime knows the zone (IANA name). */
export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

export function localTime(zone: string, at: Date): LocalTime {
  const wall = wallMsOf(zone, at.getTime());
  const date = new Date(wall);
  return {
    day: date.toISOString().slice(0, 10),
    weekday: date.getUTCDay() === 0 ? 7 : date.getUTCDay(),
    minute: Math.floor((wall - midnightOf(wall)) / MS_PER_MINUTE),
  };
}

/** When the clocks of the zone show this minute of this day; after it where they skip it. */
export function momentOf(zone: string, day: string, minute: number): Date {
  const name = `${zone} ${day} ${minute}`;
  const known = moments.get(name);
  if (known) return known;
  if (moments.size >= MAX_REMEMBERED) moments.clear();
  const moment = findMoment(zone, day, minute);
  moments.set(name, moment);
  return moment;
}

function findMoment(zone: string, day: string, minute: number): Date {
  const wall = Date.parse(`${day}T00:00:00Z`) + minute * MS_PER_MINUTE;
  const guess = wall - offsetOf(zone, wall);
  // The offset there may be another than the offset at the first guess: summer time changes.
  return new Date(wall - offsetOf(zone, guess));
}

/** `days` later in the calendar. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * MS_PER_DAY).toISOString().slice(0, 10);
}

/** The first day of the day's month. */
export function monthOf(day: string): string {
  return `${day.slice(0, 7)}-01`;
}

/** The first day of the month after the day's. */
export function monthAfter(day: string): string {
  return monthOf(dayAfter(monthOf(day), 31));
}

function offsetOf(zone: string, at: number): number {
  return wallMsOf(zone, at) - at;
}

function midnightOf(wall: number): number {
  return Math.floor(wall / MS_PER_DAY) * MS_PER_DAY;
}

/** What the clocks of the zone show, as if they were UTC. */
function wallMsOf(zone: string, at: number): number {
  const part: Record<string, string> = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) part[type] = value;
  const { year, month, day, hour, minute, second } = part;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const digits = '2-digit';
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: digits,
    day: digits,
    hour: digits,
    minute: digits,
    second: digits,
  });
  formats.set(zone, format);
  return format;
}
