// Dates of a CSV by a format such as DD.MM.YYYY HH:mm.

import { instantOf } from '../wall-time.ts';

export type ReadDate = (text: string) => { readonly at: Date; readonly timed: boolean } | null;

const tokens: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  YY: '(?<short>\\d{2})',
  MM: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
};

/**
 * Compiles a format; the reader answers null for a text of another form and for days that do not
 * exist. Two digits of a year are of this century.
 */
export function createDateReader(format: string, zone: string): ReadDate {
  const source = format
    .split(/(YYYY|YY|MM|DD|HH|mm|ss)/)
    .map((part) => tokens[part] ?? part.replace(/[$()*+.?[\\\]^{|}/]/g, '\\$&'))
    .join('');
  const form = new RegExp(`^${source}$`, 'u');
  return (text) => {
    const groups = form.exec(text)?.groups;
    if (groups === undefined) return null;
    const number = (name: string): number => parseInt(groups[name] ?? '0', 10);
    const timed = groups['hour'] !== undefined;
    const at = instantOf(
      {
        year: groups['short'] === undefined ? number('year') : 2000 + number('short'),
        month: number('month'),
        day: number('day'),
        hour: timed ? number('hour') : null,
        minute: number('minute'),
        second: number('second'),
      },
      zone,
    );
    return at === null ? null : { at, timed };
  };
}
