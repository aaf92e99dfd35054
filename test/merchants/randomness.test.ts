// Randomness: what is drawn is never drawn again, wherever the pool is filled anew.

import { expect, test } from 'vitest';
import { drawBytes } from '../../src/merchants/randomness.ts';

test('nonces differ, also across the edge of the pool, and are not changed later', () => {
  const drawn = Array.from({ length: 2_000 }, () => drawBytes(12));
  const before = drawn.map((bytes) => bytes.toString('hex'));
  expect(new Set(before).size).toBe(2_000);
  drawBytes(4_000);
  expect(drawn.map((bytes) => bytes.toString('hex'))).toEqual(before);
  expect(drawn.every((bytes) => bytes.length === 12)).toBe(true);
});
