// The chaos run's judge of order is judged here: what it must let pass and what it must not.

import { expect, test } from 'vitest';
import { isInOrder } from '../chaos/order.ts';

// `a+` is an arrival of body `a` that was accepted, `a-` one that was not.
const cases: [bodies: string, arrived: string, good: boolean][] = [
  ['', '', true],
  ['a', 'a+', true],
  ['a', 'a- a- a+', true],
  ['a', 'a+ a+', true],
  ['a', '', false],
  ['a', 'a-', false],
  ['a', 'x+', false],
  ['', 'a+', false],
  ['a b c', 'a+ b+ c+', true],
  ['a b c', 'a+ a+ b- b+ c+ c+', true],
  ['a b c', 'a+ b+', false],
  ['a b c', 'a+ c+ b+', false],
  ['a b c', 'a+ c+', false],
  ['a b', 'a- b+', false],
  ['a b', 'a+ b+ a+', false],
  ['a b', 'a- b+ a+', false],
  ['a a', 'a+', false],
  ['a a', 'a+ a+', true],
  ['a a', 'a- a+', false],
  ['a b a', 'a+ b+ a+', true],
  ['a b a', 'a+ b+', false],
];

test.each(cases)('of "%s" arrived "%s": %s', (bodies, arrived, good) => {
  const list = (text: string): string[] => (text === '' ? [] : text.split(' '));
  const arrivals = list(arrived).map((one) => ({
    body: one.slice(0, -1),
    accepted: one.endsWith('+'),
  }));
  expect(isInOrder(list(bodies), arrivals)).toBe(good);
});
