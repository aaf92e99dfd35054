// Times on the wire: creation with six fractional digits, waiting times, days with an offset.

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const SECOND_MS = 1_000;
const dayPattern = /^(\d{4}-\d{2}-\d{2})(?:([+\- ])(\d{2}):(\d{2}))?$/;

/** A day's first and last instant. */
export type Day = { readonly first: Date; readonly last: Date };

/** `2018-09-29T19:16:41.705000Z`: always six fractional digits, of which the clock gives three. */
export function microseconds(at: Date): string {
  return `${at.toISOString().slice(0, -1)}000Z`;
}

/** The time between, in seconds with two decimals. */
export function secondsBetween(from: Date, to: Date): string {
  const milliseconds = Math.max(0, to.getTime() - from.getTime());
  const hundredths = String(Math.floor(milliseconds / (SECOND_MS / 100))).padStart(3, '0');
  return `${hundredths.slice(0, -2)}.${hundredths.slice(-2)}`;
}

/**
 * `YYYY-MM-DD`, in UTC or with an offset `+hh:mm`; a raw `+` of a query arrives as a space. Null
 * when it is no such text or no day of the calendar.
 */
export function readDay(text: string): Day | null {
  const match = dayPattern.exec(text);
  if (match === null) return null;
  const [, day = '', sign = '+', hours = '00', minutes = '00'] = match;
  const midnight = new Date(`${day}T00:00:00.000Z`);
  // Dates that no calendar has (the 30th of February) are either invalid or another day.
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return null;
  if (hours > '23' || minutes > '59') return null;
  const offsetMs = (parseInt(hours, 10) * 60 + parseInt(minutes, 10)) * MINUTE_MS;
  const first = midnight.getTime() + (sign === '-' ? offsetMs : -offsetMs);
  return { first: new Date(first), last: new Date(first + DAY_MS - 1) };
}
