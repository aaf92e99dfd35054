// Many moneys against many instructions: who settles, who waits, and that order does not matter.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Expected, Incoming } from '../../../src/desk/matching/incoming.ts';
import { matchAll } from '../../../src/desk/matching/match.ts';
import { scoreOf } from '../../../src/desk/matching/score.ts';
import { euros, expected, incoming, noon } from './samples.ts';

const settled = (moneys: Incoming[], open: Expected[]) =>
  matchAll(moneys, open).settled.map((match) => [match.incoming, match.expected]);
const why = (moneys: Incoming[], open: Expected[]) =>
  matchAll(moneys, open).waiting.map((one) => [one.incoming, one.why]);

describe('outcomes', () => {
  test('an amount that nobody else waits for', () => {
    const result = matchAll(
      [incoming()],
      [expected(), expected({ id: 'p2', amount: euros(1001n) })],
    );
    expect(result).toEqual({
      settled: [
        {
          incoming: 'm1',
          expected: 'p1',
          score: 75,
          reasons: ['exact-amount', 'unique-amount', 'in-time'],
        },
      ],
      waiting: [],
      unmatched: [],
    });
  });

  test('nothing waits for it: the inbox', () => {
    const strange = incoming({ amount: euros(5n) });
    expect(matchAll([strange], [expected()])).toMatchObject({ unmatched: ['m1'], settled: [] });
    expect(matchAll([incoming()], [])).toMatchObject({ unmatched: ['m1'] });
    expect(matchAll([], [expected()])).toEqual({ settled: [], waiting: [], unmatched: [] });
  });

  test('equal amounts cannot be told apart by themselves', () => {
    const open = [expected(), expected({ id: 'p2' })];
    expect(why([incoming()], open)).toEqual([['m1', 'weak']]);
    expect(
      settled([incoming({ text: 'ORDER-2' })], [open[0]!, { ...open[1]!, reference: 'order2' }]),
    ).toEqual([['m1', 'p2']]);
  });

  test('equal amounts at different times can', () => {
    const later = {
      from: new Date('2024-01-09T11:00:00Z'),
      until: new Date('2024-01-09T13:00:00Z'),
    };
    const open = [expected(), expected({ id: 'p2', ...later })];
    const moneys = [incoming(), incoming({ id: 'm2', at: new Date('2024-01-09T12:00:00Z') })];
    expect(settled(moneys, open)).toEqual([
      ['m1', 'p1'],
      ['m2', 'p2'],
    ]);
  });

  test('a unique amount with the reference of another instruction is ambiguous', () => {
    const open = [expected(), expected({ id: 'p2', amount: euros(2000n), reference: 'ORDER-2' })];
    expect(why([incoming({ text: 'order 2' })], open)).toEqual([['m1', 'ambiguous']]);
  });

  test('two moneys that are as good for one instruction both wait', () => {
    const twice = [incoming({ text: 'ORDER-1' }), incoming({ id: 'm2', text: 'ORDER-1' })];
    expect(why(twice, [expected({ reference: 'ORDER-1' })])).toEqual([
      ['m1', 'contested'],
      ['m2', 'contested'],
    ]);
  });

  test('the clearly better one settles, the other waits', () => {
    const moneys = [incoming(), incoming({ id: 'm2', text: 'ORDER-1' })];
    const open = [expected({ reference: 'ORDER-1' })];
    expect(settled(moneys, open)).toEqual([['m2', 'p1']]);
    expect(why(moneys, open)).toEqual([['m1', 'contested']]);
  });

  test('a reference with another amount waits, with what speaks for it', () => {
    const money = incoming({ text: 'ORDER-1', amount: euros(990n) });
    expect(matchAll([money], [expected({ reference: 'ORDER-1' })]).waiting).toMatchObject([
      {
        why: 'weak',
        candidates: [{ expected: 'p1', score: 65, reasons: ['reference', 'in-time'] }],
      },
    ]);
  });

  test('a device that serves several requisites is told apart by last digits', () => {
    const open = [
      expected({ lastDigits: '1111' }),
      expected({ id: 'p2', requisite: 'r2', lastDigits: '2222' }),
    ];
    const seen = incoming({ requisites: ['r1', 'r2'] });
    expect(why([seen], open)).toEqual([['m1', 'ambiguous']]);
    expect(settled([{ ...seen, lastDigits: '2222' }], open)).toEqual([['m1', 'p2']]);
  });

  test('no setting lets an amount alone settle', () => {
    const open = [expected(), expected({ id: 'p2' })];
    expect(matchAll([incoming()], open, 0).settled).toEqual([]);
    expect(matchAll([incoming()], [expected()], 76).settled).toEqual([]);
  });

  test('what many share identifies none of them', () => {
    const open = Array.from({ length: 21 }, (_, at) =>
      expected({ id: `p${at}`, amount: euros(BigInt(at + 1)), reference: 'INVOICE' }),
    );
    const other = incoming({ text: 'invoice', amount: euros(500n) });
    expect(matchAll([other], open.slice(1)).waiting).toHaveLength(1);
    expect(matchAll([other], open).unmatched).toEqual(['m1']);
    expect(settled([incoming({ text: 'invoice', amount: euros(7n) })], open)).toEqual([
      ['m1', 'p6'],
    ]);
  });
});

describe('properties', () => {
  const name = fc.constantFrom(null, 'Erika', 'Max');
  const shared = {
    amount: fc.integer({ min: 1, max: 4 }).map((units) => euros(BigInt(units))),
    endToEndId: fc.constantFrom(null, null, 'E2E-1', 'E2E-2'),
  };
  const day = fc.integer({ min: 0, max: 3 }).map((days) => noon.getTime() + days * 86_400_000);
  const moneys = fc.array(
    fc.record({
      ...shared,
      requisites: fc.constantFrom(['r1'], ['r2'], ['r1', 'r2']),
      text: fc.constantFrom('', 'ORDER 1', 'order-2 and ORDER 3', 'ORDER-12'),
      counterpartyName: name,
      counterpartyAccount: name,
      at: fc.option(day.map((time) => new Date(time))),
      timed: fc.boolean(),
    }),
    { maxLength: 12 },
  );
  const open = fc.array(
    fc.record({
      ...shared,
      requisite: fc.constantFrom('r1', 'r2'),
      reference: fc.constantFrom(null, 'ORDER-1', 'ORDER-2', 'ORDER-3', 'ORDER-12'),
      payerName: name,
      payerAccount: name,
      from: day.map((time) => new Date(time - 3_600_000)),
    }),
    { maxLength: 12 },
  );
  const inputs = fc.tuple(moneys, open).map(([some, others]) => ({
    moneys: some.map((one, at) => incoming({ ...one, id: `m${at}` })),
    open: others.map((one, at) =>
      expected({ ...one, id: `p${at}`, until: new Date(one.from.getTime() + 7_200_000) }),
    ),
  }));

  test('each money has one outcome, each instruction settles at most once', () => {
    fc.assert(
      fc.property(inputs, ({ moneys, open }) => {
        const result = matchAll(moneys, open);
        const outcomes = [
          ...result.settled.map((one) => one.incoming),
          ...result.waiting.map((one) => one.incoming),
          ...result.unmatched,
        ];
        expect(outcomes.sort()).toEqual(moneys.map(({ id }) => id).sort());
        const used = result.settled.map((one) => one.expected);
        expect(new Set(used).size).toBe(used.length);
      }),
      { numRuns: 300 },
    );
  });

  test('the order of either side changes nothing', () => {
    const shuffled = inputs.chain(({ moneys, open }) =>
      fc.record({
        moneys: fc.constant(moneys),
        open: fc.constant(open),
        otherMoneys: fc.shuffledSubarray(moneys, { minLength: moneys.length }),
        otherOpen: fc.shuffledSubarray(open, { minLength: open.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ moneys, open, otherMoneys, otherOpen }) => {
        expect(matchAll(otherMoneys, otherOpen)).toEqual(matchAll(moneys, open));
      }),
      { numRuns: 300 },
    );
  });

  // The index is a shortcut: looking at every pair must come to the same.
  test('what settles is what every pair together would have settled', () => {
    fc.assert(
      fc.property(inputs, ({ moneys, open }) => {
        for (const match of matchAll(moneys, open).settled) {
          const money = moneys.find(({ id }) => id === match.incoming)!;
          const rest = open
            .filter(({ id }) => id !== match.expected)
            .map((one) => scoreOf(money, one, false).score);
          expect(match.score - Math.max(0, ...rest)).toBeGreaterThanOrEqual(15);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test('10,000 moneys find their 10,000 instructions, however many are equal', () => {
  const numbers = Array.from({ length: 10_000 }, (_, at) => at);
  const open = numbers.map((at) =>
    expected({ id: `p${at}`, amount: euros(BigInt(at % 10)), reference: `DRG-${at + 100_000}` }),
  );
  const moneys = numbers.map((at) =>
    incoming({ id: `m${at}`, amount: euros(BigInt(at % 10)), text: `for drg ${at + 100_000}` }),
  );
  const result = matchAll(moneys, open);
  expect(result.settled).toHaveLength(10_000);
  expect(result.settled.every((one) => one.incoming.slice(1) === one.expected.slice(1))).toBe(true);
});
