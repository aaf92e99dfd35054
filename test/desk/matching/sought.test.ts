// What is sought: matching with the leases that it finds comes out as matching with all of them.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Expected, Incoming } from '../../../src/desk/matching/incoming.ts';
import { matchAll } from '../../../src/desk/matching/match.ts';
import { soughtBy } from '../../../src/desk/matching/sought.ts';
import { euros, expected, incoming, noon } from './samples.ts';

const DAY_MS = 86_400_000;
const references = ['ABC-123456-PMT', 'PMT-123456-PMT', 'XYZ-000001-PMT'];

/** As the database finds them: see readMatchable. */
function found(moneys: Incoming[], open: Expected[]): Expected[] {
  const sought = soughtBy(moneys);
  return open.filter(
    ({ requisite, amount, reference }) =>
      sought.requisites.includes(requisite) &&
      (sought.units.includes(amount.units) || sought.references.includes(reference ?? '')),
  );
}

const day = fc.integer({ min: 0, max: 3 }).map((days) => noon.getTime() + days * DAY_MS);
const amount = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom('EUR', 'EUR', 'USD'))
  .map(([units, asset]) => ({ units: BigInt(units), asset }));
const requisite = fc.constantFrom('r1', 'r1', 'r2', 'r3');
const name = fc.constantFrom(null, 'Erika', 'Max');
const text = fc
  .array(
    fc.constantFrom(
      ...references,
      'ABC123456PMT123456PMT',
      'ABC-123456-PMT123456PMT',
      'abc 123456 pmt7',
      'xABC123456PMT',
      'Order',
    ),
    { maxLength: 3 },
  )
  .chain((parts) => fc.constantFrom(' ', '', '/').map((between) => parts.join(between)));

const moneys = fc
  .array(
    fc.record({
      amount,
      text,
      requisites: fc.subarray(['r1', 'r2', 'r3'], { minLength: 1 }),
      endToEndId: fc.constantFrom(null, null, 'NOTPROVIDED', 'XYZ-000001-PMT'),
      counterpartyName: name,
      at: fc.option(day.map((time) => new Date(time))),
      timed: fc.boolean(),
    }),
    { maxLength: 10 },
  )
  .map((some) => some.map((one, at) => incoming({ ...one, id: `m${at}` })));

/** Leases of one payment have one reference: more of them than may share it, now and then. */
const open = fc
  .array(
    fc.record({
      amount,
      requisite,
      reference: fc.constantFrom(references[0] ?? '', ...references, 'QQQ-999999-PMT'),
      payerName: name,
      from: day.map((time) => new Date(time)),
    }),
    { maxLength: 80, size: 'max' },
  )
  .map((some) =>
    some.map((one, at) =>
      expected({ ...one, id: `p${at}`, until: new Date(one.from.getTime() + DAY_MS / 2) }),
    ),
  );

test('whatever is left out changes nothing', () => {
  fc.assert(
    fc.property(moneys, open, (some, all) => {
      expect(matchAll(some, found(some, all))).toEqual(matchAll(some, all));
    }),
    { numRuns: 500 },
  );
});

test('a reference that is waited for elsewhere hides none that begins inside of it', () => {
  const some = [
    incoming({ amount: euros(1n), text: 'ABC-123456-PMT123456PMT', requisites: ['r3'] }),
  ];
  const here = expected({
    id: 'here',
    requisite: 'r3',
    amount: euros(2n),
    reference: 'PMT-123456-PMT',
  });
  const elsewhere = expected({ id: 'elsewhere', requisite: 'r1', reference: 'ABC-123456-PMT' });
  const { waiting } = matchAll(some, [here, elsewhere]);
  expect(waiting.map(({ candidates }) => candidates.map(({ expected: id }) => id))).toEqual([
    ['here'],
  ]);
});

test('a reference that begins inside of another is sought, too', () => {
  const { references: sought } = soughtBy([incoming({ text: 'ABC123456PMT123456PMT' })]);
  expect(sought).toEqual(['ABC-123456-PMT', 'PMT-123456-PMT']);
});

test('what has neither the amount nor the reference is left out', () => {
  const some = [incoming({ amount: euros(5n), text: 'XYZ-000001-PMT' })];
  const all = [
    expected({ id: 'amount', amount: euros(5n) }),
    expected({ id: 'reference', reference: 'XYZ-000001-PMT' }),
    expected({ id: 'elsewhere', amount: euros(5n), requisite: 'r2' }),
    expected({ id: 'other', reference: 'ABC-123456-PMT' }),
  ];
  expect(found(some, all).map(({ id }) => id)).toEqual(['amount', 'reference']);
});
