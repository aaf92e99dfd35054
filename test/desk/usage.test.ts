// What counts today: the last counted day while it lasts, its month while that lasts, then nothing.

import { expect, test } from 'vitest';
import { countedOn } from '../../src/desk/usage.ts';

const row = {
  counted_day: '2026-01-31',
  used_day_units: '500',
  used_day_count: 2,
  used_month_units: '90071992547409931',
  used_month_count: 40,
};
const day = { units: 500n, operations: 2 };
const month = { units: 90_071_992_547_409_931n, operations: 40 };
const nothing = { units: 0n, operations: 0 };

test.each([
  ['the same day', '2026-01-31', { on: '2026-01-31', day, month }],
  [
    'the next day, of another month',
    '2026-02-01',
    { on: '2026-02-01', day: nothing, month: nothing },
  ],
  ['the same month a year later', '2027-01-31', { on: '2027-01-31', day: nothing, month: nothing }],
  // A clock, or a time zone, that was set back.
  ['the day before', '2026-01-30', { on: '2026-01-31', day, month }],
  ['the month before', '2025-12-31', { on: '2026-01-31', day, month }],
])('%s', (_, today, counted) => {
  expect(countedOn(row, today)).toEqual(counted);
});

test('another day of the same month', () => {
  const earlier = { ...row, counted_day: '2026-01-30' };
  expect(countedOn(earlier, '2026-01-31')).toEqual({ on: '2026-01-31', day: nothing, month });
});

test('one that was never leased', () => {
  const fresh = { ...row, counted_day: null, used_day_count: 0, used_day_units: '0' };
  expect(countedOn(fresh, '2026-01-31')).toEqual({
    on: '2026-01-31',
    day: nothing,
    month: nothing,
  });
});
