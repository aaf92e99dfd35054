// Answers kept in memory: to the same request alone, for a minute, in bounded memory.

import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { requestHash } from '../../src/payments/create.ts';
import { createRecentAnswers } from '../../src/payments/recent-answers.ts';

const asked = {
  merchantId: randomUUID(),
  mode: 'test' as const,
  scope: 'bitxpay:links',
  key: 'order 1',
  requestHash: requestHash('{}'),
};

test('the same request is answered, and no other', () => {
  const recent = createRecentAnswers(() => new Date());
  expect(recent.find(asked)).toBe(null);
  recent.keep(asked, 'made');
  expect(recent.find({ ...asked })).toBe('made');
  expect(recent.find({ ...asked, requestHash: requestHash('{"a":1}') })).toBe(null);
  expect(recent.find({ ...asked, merchantId: randomUUID() })).toBe(null);
  expect(recent.find({ ...asked, mode: 'live' })).toBe(null);
  expect(recent.find({ ...asked, scope: 'bitxpay' })).toBe(null);
  expect(recent.find({ ...asked, key: 'order 2' })).toBe(null);
});

test('a minute later the database is asked again', () => {
  let at = 0;
  const recent = createRecentAnswers(() => new Date(at));
  recent.keep(asked, 'made');
  at = 59_999;
  expect(recent.find(asked)).toBe('made');
  at = 60_000;
  expect(recent.find(asked)).toBe(null);
  recent.keep(asked, 'made again');
  expect(recent.find(asked)).toBe('made again');
});

test('the oldest go when there are many, and one that is too large at once', () => {
  const recent = createRecentAnswers(() => new Date());
  const large = 'x'.repeat(1_000_000);
  for (let at = 0; at < 5; at += 1) recent.keep({ ...asked, key: `order ${at}` }, large);
  const kept = [0, 1, 2, 3, 4].map((at) => recent.find({ ...asked, key: `order ${at}` }) !== null);
  expect(kept).toEqual([false, false, true, true, true]);
  recent.keep(asked, 'x'.repeat(5_000_000));
  expect(recent.find(asked)).toBe(null);
});
