// Open instructions, found by what an incoming money says: amount, reference, id, payer.

import { type Equals, createEquals } from './equals.ts';
import { type Expected, type Incoming, spanOf } from './incoming.ts';
import { compact, compactReference, findReferences, indexReferences } from './reference.ts';
import { writtenOn } from './written.ts';

/** `alone`: the only one that waits for this amount on the requisite at the time. */
export type Candidate = { readonly expected: Expected; readonly alone: boolean };

export type ExpectedIndex = { candidates(incoming: Incoming): Candidate[] };

/** What more open instructions of a requisite share than this identifies none of them. */
const MAX_SHARING = 20;
/** Of equal amounts without anything else, some are shown to the person who decides. */
const MAX_EQUALS = 5;

/**
 * Looking up takes time in proportion to the text, whatever the number of instructions. Left out
 * are only instructions for which an exact amount, the time and last digits speak, or the payer
 * alone: too little to come close to what settles.
 */
export function createIndex(all: readonly Expected[]): ExpectedIndex {
  const expecteds = withoutShared([...all].sort((one, other) => (one.id < other.id ? -1 : 1)));
  const groups = signs.map(({ keyOf }) => group(expecteds, keyOf));
  const byAmount = new Map<string, Equals>();
  for (const [key, equal] of group(expecteds, (one) => amountKey(one.requisite, one))) {
    byAmount.set(key, createEquals(equal));
  }
  // Each requisite has its own: what is waited for elsewhere hides nothing here.
  const references = new Map(
    [...group(expecteds, ({ requisite }) => requisite)].map(([requisite, own]) => [
      requisite,
      indexReferences(own.flatMap(({ reference }) => compactReference(reference) ?? [])),
    ]),
  );
  const candidates = (incoming: Incoming): Candidate[] => {
    const span = spanOf(incoming);
    const words = writtenOn(incoming);
    const found = new Set<Expected>();
    const alone = new Set<Expected>();
    const add = (some: readonly Expected[] = []): void => some.forEach((one) => found.add(one));
    for (const requisite of incoming.requisites) {
      const known = references.get(requisite);
      if (!known) continue;
      const written = findReferences(words, known);
      for (const [at, { keysOf }] of signs.entries()) {
        for (const key of keysOf(requisite, incoming, written)) {
          if (key !== null) add(groups[at]?.get(key));
        }
      }
      const equals = byAmount.get(amountKey(requisite, incoming));
      const only = equals?.onlyOneIn(span);
      if (only) alone.add(only);
      add(only ? [only] : equals?.latest(span, MAX_EQUALS));
    }
    return [...found].map((expected) => ({ expected, alone: alone.has(expected) }));
  };
  return { candidates };
}

type Member = 'reference' | 'endToEndId' | 'payerAccount' | 'payerName';

/** What can identify an instruction: how it is filed, and where an incoming money looks. */
type Sign = {
  readonly member: Member;
  keyOf(expected: Expected): string | null;
  keysOf(
    requisite: string,
    incoming: Incoming,
    written: ReadonlySet<string>,
  ): Iterable<string | null>;
};

const signs: readonly Sign[] = [
  {
    member: 'reference',
    keyOf: ({ requisite, reference }) => signKey(requisite, compactReference(reference)),
    keysOf: (requisite, _, written) => [...written].map((one) => signKey(requisite, one)),
  },
  {
    member: 'endToEndId',
    keyOf: ({ requisite, endToEndId }) => signKey(requisite, endToEndId),
    keysOf: (requisite, { endToEndId }) => [signKey(requisite, endToEndId)],
  },
  {
    member: 'payerAccount',
    keyOf: (one) => signKey(amountKey(one.requisite, one), compact(one.payerAccount)),
    keysOf: (requisite, one) => [
      signKey(amountKey(requisite, one), compact(one.counterpartyAccount)),
    ],
  },
  {
    member: 'payerName',
    keyOf: (one) => signKey(amountKey(one.requisite, one), compact(one.payerName)),
    keysOf: (requisite, one) => [signKey(amountKey(requisite, one), compact(one.counterpartyName))],
  },
];

/** Everybody writes “invoice”: what too many share is taken from all of them. */
function withoutShared(expecteds: readonly Expected[]): Expected[] {
  const shared = signs.map(({ member, keyOf }) => ({
    member,
    of: new Set(
      [...group(expecteds, keyOf).values()].filter(({ length }) => length > MAX_SHARING).flat(),
    ),
  }));
  return expecteds.map((expected) => {
    const members = shared.filter(({ of }) => of.has(expected)).map(({ member }) => [member, null]);
    return members.length === 0 ? expected : { ...expected, ...Object.fromEntries(members) };
  });
}

function group(
  expecteds: readonly Expected[],
  keyOf: (expected: Expected) => string | null,
): Map<string, Expected[]> {
  const groups = new Map<string, Expected[]>();
  for (const expected of expecteds) {
    const key = keyOf(expected);
    const known = key === null ? undefined : groups.get(key);
    if (known) known.push(expected);
    else if (key !== null) groups.set(key, [expected]);
  }
  return groups;
}

function amountKey(requisite: string, { amount }: Pick<Expected, 'amount'>): string {
  return `${requisite} ${amount.asset} ${amount.units}`;
}

function signKey(place: string, said: string | null): string | null {
  return said === null || said === '' ? null : `${place} ${said}`;
}
