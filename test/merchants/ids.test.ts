// Ids: version 7, in the order in which they were made, each once.

import { validate, version } from 'uuid';
import { expect, test, vi } from 'vitest';
import { newId, uuidPattern } from '../../src/merchants/ids.ts';

test('ten thousand ids are different, of version 7, and in order', () => {
  const ids = Array.from({ length: 10_000 }, newId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(ids);
  expect(ids.every((id) => validate(id) && version(id) === 7 && uuidPattern.test(id))).toBe(true);
});

test('they say when they were made, and a clock that goes back changes no order', () => {
  vi.useFakeTimers({ now: new Date('2100-01-01T00:00:00Z') });
  try {
    const first = newId();
    expect(parseInt(first.replace('-', '').slice(0, 12), 16)).toBe(Date.now());
    vi.setSystemTime(new Date('2099-12-31T23:59:59Z'));
    expect(newId() > first).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});
