// Times on the wire: UTC with whole seconds going out, ISO 8601 in the list's date filters.

const SECONDS_LENGTH = 19;
const SECOND_MS = 1_000;
const dateOnly = /^\d{4}-\d\d-\d\d$/;
const dateTime = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/;

/** `2026-01-31T12:00:00Z`: cut, not rounded, so that nothing is shown as later than it was. */
export function isoSeconds(at: Date): string {
  return `${at.toISOString().slice(0, SECONDS_LENGTH)}Z`;
}

/** Whole seconds from now until then, never negative. */
export function secondsUntil(then: Date, now: Date): number {
  return Math.max(0, Math.floor((then.getTime() - now.getTime()) / SECOND_MS));
}

/**
 * A date filter, inclusive at both ends: a date alone is its whole day in UTC, a time without
 * fraction its whole second, a time without zone is UTC. Null when it is no date.
 */
export function readDateFilter(text: string, end: 'from' | 'to'): Date | null {
  // A raw `+` of an offset arrives as a space.
  const written = text.trim().replace(' ', '+');
  if (dateOnly.test(written)) {
    return valid(`${written}T${end === 'from' ? '00:00:00.000' : '23:59:59.999'}Z`, written);
  }
  const match = dateTime.exec(written);
  if (match === null) return null;
  const [, minute = '', second = ':00', fraction, zone = 'Z'] = match;
  const fill = end === 'from' ? '.000' : '.999';
  const exact = fraction === undefined ? fill : fraction.slice(0, 4).padEnd(4, '0');
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  return valid(`${minute}${second}${exact}${offset}`, minute.slice(0, 10));
}

// Date.parse takes the 30th of February for the 2nd of March: the day must survive the way back.
function valid(iso: string, day: string): Date | null {
  const at = new Date(iso);
  const whole = new Date(`${day}T00:00:00.000Z`);
  if (Number.isNaN(at.getTime()) || Number.isNaN(whole.getTime())) return null;
  return whole.toISOString().startsWith(day) ? at : null;
}
