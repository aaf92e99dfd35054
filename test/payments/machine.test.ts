// The machine is total, and what it says is what the documents say.

import { expect, test } from 'vitest';
import { decide, inputs, machine, statuses } from '../../src/payments/machine.ts';

test('every status decides every input, and nothing else', () => {
  expect(Object.keys(machine)).toEqual([...statuses]);
  for (const status of statuses) {
    expect(Object.keys(machine[status]).toSorted()).toEqual([...inputs].toSorted());
    for (const input of inputs) {
      expect([...statuses, 'refuse']).toContain(decide(status, input));
    }
  }
});

test('every status can be reached from awaiting', () => {
  const reached = new Set(['awaiting']);
  for (let turn = 0; turn < statuses.length; turn += 1) {
    for (const status of statuses.filter((one) => reached.has(one))) {
      for (const input of inputs) {
        const next = decide(status, input);
        if (next !== 'refuse') reached.add(next);
      }
    }
  }
  expect([...reached].toSorted()).toEqual([...statuses].toSorted());
});

test('money never moves a payment that a person closed', () => {
  for (const status of ['failed', 'cancelled', 'refunded'] as const) {
    for (const input of ['short', 'covered', 'settled'] as const) {
      expect(decide(status, input)).toBe(status);
    }
  }
});

test('the same command again changes nothing', () => {
  expect(decide('expired', 'expire')).toBe('expired');
  expect(decide('cancelled', 'cancel')).toBe('cancelled');
  expect(decide('failed', 'fail')).toBe('failed');
  expect(decide('refunded', 'refund')).toBe('refunded');
});
