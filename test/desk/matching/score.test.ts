// Points and reasons, one by one, and references inside of what payers and banks write.

import { describe, expect, test } from 'vitest';
import type { Expected, Incoming } from '../../../src/desk/matching/incoming.ts';
import { points, scoreOf, settleScore } from '../../../src/desk/matching/score.ts';
import { euros, expected, incoming } from './samples.ts';

const score = (money: Partial<Incoming>, open: Partial<Expected>, alone = false) =>
  scoreOf(incoming(money), expected(open), alone);

describe('reasons', () => {
  type Case = readonly [
    what: string,
    money: Partial<Incoming>,
    open: Partial<Expected>,
    sum: number,
    reasons: readonly string[],
  ];
  const reference = { reference: 'DRG7K2P9Q' };
  const cases: readonly Case[] = [
    ['the amount', {}, {}, 40, []],
    ['amount and reference', { text: 'order drg-7k2p9q' }, reference, 95, ['reference']],
    ['the end-to-end id', { endToEndId: 'E-2-E' }, { endToEndId: 'E-2-E' }, 95, ['end-to-end-id']],
    [
      'a known payer',
      { counterpartyAccount: 'DE02 1005', counterpartyName: 'erika  MUSTER.' },
      { payerAccount: 'DE021005', payerName: 'Erika Muster' },
      80,
      ['payer-account', 'payer-name'],
    ],
    ['last digits', { lastDigits: '34' }, { lastDigits: '1234' }, 45, ['last-digits']],
  ];
  test.each(cases)('%s', (_, money, open, sum, reasons) => {
    const said = score(money, open);
    expect(said.score).toBe(sum);
    expect([...said.reasons].sort()).toEqual([...reasons, 'exact-amount', 'in-time'].sort());
  });

  test('a unique amount', () => {
    const reasons = ['exact-amount', 'unique-amount', 'in-time'];
    expect(score({}, {}, true)).toEqual({ score: 75, reasons });
  });

  test('a reference alone', () => {
    const money = { text: 'DRG7K2P9Q', amount: euros(999n) };
    expect(score(money, reference)).toEqual({ score: 65, reasons: ['reference', 'in-time'] });
  });

  test('everything together is 100', () => {
    const all = { endToEndId: 'ABCDE', counterpartyName: 'A', counterpartyAccount: 'B' };
    const open = { endToEndId: 'ABCDE', reference: 'ABCDE', payerName: 'A', payerAccount: 'B' };
    const { score: sum, reasons } = score(
      { ...all, lastDigits: '1234' },
      { ...open, lastDigits: '1234' },
      true,
    );
    expect(sum).toBe(100);
    expect([...reasons].sort()).toEqual(Object.keys(points).sort());
  });

  test.each<[string, Partial<Incoming>, Partial<Expected>]>([
    ['another requisite', { requisites: ['r2'] }, {}],
    ['another currency', { amount: { units: 1000n, asset: 'USD' } }, {}],
    ['other last digits', { lastDigits: '1235' }, { lastDigits: '1234' }],
  ])('nothing with %s', (_, money, open) => {
    expect(score(money, open, true)).toEqual({ score: 0, reasons: [] });
  });

  test('neither an amount nor a reference alone settles', () => {
    const { 'exact-amount': exact, reference, 'in-time': time, 'unique-amount': unique } = points;
    expect(exact + time).toBeLessThan(settleScore);
    expect(reference + time).toBeLessThan(settleScore);
    expect(exact + time + unique).toBeGreaterThanOrEqual(settleScore);
    expect(exact + reference).toBeGreaterThanOrEqual(settleScore);
  });
});

describe('time', () => {
  const inTime = (at: string, timed: boolean) =>
    score({ at: new Date(at), timed }, {}).reasons.includes('in-time');

  test.each([
    ['a little early', '2024-01-02T10:00:00Z', true, true],
    ['too early', '2024-01-02T09:59:59Z', true, false],
    ['a day late', '2024-01-03T13:00:00Z', true, true],
    ['later', '2024-01-03T13:00:01Z', true, false],
    ['the day', '2024-01-02T00:00:00Z', false, true],
    ['the day before, which somewhere was the same', '2024-01-01T00:00:00Z', false, true],
    ['a week later', '2024-01-09T00:00:00Z', false, false],
  ])('%s', (_, at, timed, expectation) => {
    expect(inTime(at, timed)).toBe(expectation);
  });

  test('unknown counts as fitting', () => {
    expect(score({ at: null, timed: false }, {}).reasons).toContain('in-time');
  });
});

describe('references in texts', () => {
  const mentions = (text: string, reference: string) =>
    score({ text }, { reference }).reasons.includes('reference');

  test.each([
    ['whole', 'DRG7K2P9Q', 'DRG7K2P9Q'],
    ['in other case, with other signs', 'payment drg 7k2-p9q, thanks', 'DRG-7K2P9Q'],
    ['cut by a line break', 'SVWZ+Order DRG7K2 P9Q', 'DRG7K2P9Q'],
    ['before words that the bank glued on', 'DRG4711DATUM 05.06.2024', 'DRG4711'],
    ['with letters of the country', 'заказ ПЛ-12345 спасибо', 'ПЛ12345'],
    ['beside strokes', '/REMI/DRG7K2P9Q/', 'DRG7K2P9Q'],
  ])('%s', (_, text, reference) => {
    expect(mentions(text, reference)).toBe(true);
  });

  test.each([
    ['inside of a longer word', 'XDRG7K2P9Q', 'DRG7K2P9Q'],
    ['as the beginning of a longer number', '1234567', '123456'],
    ['as the end of a longer number', '9123456', '123456'],
    ['too short', 'order 1234', '1234'],
    ['behind a thousand letters', `${'x '.repeat(600)}DRG7K2P9Q`, 'DRG7K2P9Q'],
  ])('not %s', (_, text, reference) => {
    expect(mentions(text, reference)).toBe(false);
  });

  test('carried in the field of the end-to-end id', () => {
    expect(score({ endToEndId: 'DRG-7K2P9Q' }, { reference: 'DRG7K2P9Q' }).reasons).toContain(
      'reference',
    );
  });
});
