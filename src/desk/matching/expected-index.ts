// Open instructions, found by what an incoming money says: amount, reference, id, payer.

import { type Expected, type Incoming, type Span, spanOf, windowOf } from './incoming.ts';
import { compactReference, findReferences } from './reference.ts';
import { compact } from './score.ts';

/** `alone`: the only one that waits for this amount on the requisite at the time. */
export type Candidate = { readonly expected: Expected; readonly alone: boolean };

export type ExpectedIndex = { candidates(incoming: Incoming): Candidate[] };

/** Of equal amounts so many are looked at: enough to see that they cannot be told apart. */
const MAX_EQUALS = 5;

/** Looking up takes time in proportion to the text, whatever the number of instructions. */
export function createIndex(expecteds: readonly Expected[]): ExpectedIndex {
  const sorted = [...expecteds].sort((one, other) => (one.id < other.id ? -1 : 1));
  const byReference = group(sorted, ({ reference }) => compactReference(reference));
  const byEndToEndId = group(sorted, ({ endToEndId }) => endToEndId);
  const equals = new Map(
    [...group(sorted, (one) => amountKey(one.requisite, one))].map(([key, found]) => [
      key,
      createEquals(found),
    ]),
  );
  const byAccount = group(sorted, (one) => payerKey(one.requisite, one, one.payerAccount));
  const byName = group(sorted, (one) => payerKey(one.requisite, one, one.payerName));
  const lengths = [...new Set([...byReference.keys()].map(({ length }) => length))].sort(
    (one, other) => other - one,
  );
  return {
    candidates: (incoming) => {
      const span = spanOf(incoming);
      const words = `${incoming.text} ${incoming.endToEndId ?? ''}`;
      const references = findReferences(words, (one) => byReference.has(one), lengths);
      const found = new Set<Expected>();
      const add = (some: readonly Expected[] | undefined): void =>
        some?.slice(0, MAX_EQUALS).forEach((one) => found.add(one));
      for (const reference of references) add(byReference.get(reference));
      add(byEndToEndId.get(incoming.endToEndId ?? ''));
      const counts = new Map<string, Expected | null>();
      for (const requisite of incoming.requisites) {
        const { counterpartyAccount, counterpartyName } = incoming;
        add(byAccount.get(payerKey(requisite, incoming, counterpartyAccount) ?? ''));
        add(byName.get(payerKey(requisite, incoming, counterpartyName) ?? ''));
        const same = equals.get(amountKey(requisite, incoming));
        const only = same?.onlyOneIn(span) ?? null;
        counts.set(requisite, only);
        add(only === null ? same?.some : [only]);
      }
      return [...found].map((expected) => ({
        expected,
        alone: isAlone(incoming, expected, counts),
      }));
    },
  };
}
