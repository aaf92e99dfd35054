// Open instructions, found by what an incoming money says: amount, reference, id, payer.

import { type Equals, createEquals } from './equals.ts';
import { type Expected, type Incoming, spanOf } from './incoming.ts';
import { compact, compactReference, findReferences, indexReferences } from './reference.ts';
import { writtenOn } from './written.ts';

/** `alone`: the only one that waits for this amount on the requisite at the time. */
export type Candidate = { readonly expected: Expected; readonly alone: boolean };

export type ExpectedIndex = { candidates(incoming: Incoming): Candidate[] };

/** Of those that say the same so many are looked at: enough to see that they cannot be told apart. */
const MAX_ALIKE = 5;

/** Looking up takes time in proportion to the text, whatever the number of instructions. */
export function createIndex(expecteds: readonly Expected[]): ExpectedIndex {
  const sorted = [...expecteds].sort((one, other) => (one.id < other.id ? -1 : 1));
  const byReference = group(sorted, ({ reference }) => compactReference(reference));
  const byEndToEndId = group(sorted, ({ endToEndId }) => endToEndId);
  const byAccount = group(sorted, (one) => payerKey(one.requisite, one, one.payerAccount));
  const byName = group(sorted, (one) => payerKey(one.requisite, one, one.payerName));
  const byAmount = new Map<string, Equals>();
  for (const [key, equal] of group(sorted, (one) => amountKey(one.requisite, one))) {
    byAmount.set(key, createEquals(equal));
  }
  const references = indexReferences(byReference.keys());

  const candidates = (incoming: Incoming): Candidate[] => {
    const span = spanOf(incoming);
    const { endToEndId, counterpartyAccount, counterpartyName } = incoming;
    const found = new Set<Expected>();
    const alone = new Set<Expected>();
    const add = (some: readonly Expected[] = []): void =>
      some.slice(0, MAX_ALIKE).forEach((one) => found.add(one));
    for (const reference of findReferences(writtenOn(incoming), references)) {
      add(byReference.get(reference));
    }
    if (endToEndId !== null) add(byEndToEndId.get(endToEndId));
    for (const requisite of incoming.requisites) {
      add(byAccount.get(payerKey(requisite, incoming, counterpartyAccount) ?? ''));
      add(byName.get(payerKey(requisite, incoming, counterpartyName) ?? ''));
      const equals = byAmount.get(amountKey(requisite, incoming));
      const only = equals?.onlyOneIn(span);
      if (only) alone.add(only);
      add(only ? [only] : equals?.latest(span, MAX_ALIKE));
    }
    return [...found].map((expected) => ({ expected, alone: alone.has(expected) }));
  };
  return { candidates };
}

function group(
  expecteds: readonly Expected[],
  keyOf: (expected: Expected) => string | null,
): Map<string, Expected[]> {
  const groups = new Map<string, Expected[]>();
  for (const expected of expecteds) {
    const key = keyOf(expected);
    if (key === null || key === '') continue;
    const known = groups.get(key);
    if (known) known.push(expected);
    else groups.set(key, [expected]);
  }
  return groups;
}

type Sum = Pick<Expected, 'amount'>;

function amountKey(requisite: string, { amount }: Sum): string {
  return `${requisite} ${amount.asset} ${amount.units}`;
}

function payerKey(requisite: string, sum: Sum, payer: string | null): string | null {
  const known = compact(payer);
  return known === null ? null : `${amountKey(requisite, sum)} ${known}`;
}
