// From a file and from a message to a settled instruction, by the parsers and the matcher together.

import { expect, test } from 'vitest';
import { matchAll } from '../../../src/desk/matching/match.ts';
import { incomingOfEntry, incomingOfMessage } from '../../../src/desk/matching/witnessed.ts';
import { createMessageMatcher } from '../../../src/desk/messages/matcher.ts';
import { messageTemplates } from '../../../src/desk/messages/templates.ts';
import { messages } from '../messages/messages.ts';
import { entriesOf, fixture } from '../statements/documents.ts';
import { euros, expected } from './samples.ts';

const hourMs = 3_600_000;

test('a German MT940 file settles two payments and passes over the rest', () => {
  const entries = entriesOf(fixture('dfue-abkommen-anlage-3-mt940.sta'));
  const moneys = entries.flatMap((entry) => incomingOfEntry(entry, 'r1') ?? []);
  expect(moneys).toHaveLength(2);
  const day = { from: new Date('2024-01-02T08:00:00Z'), until: new Date('2024-01-02T09:00:00Z') };
  const open = [
    expected({ id: 'p1', amount: euros(4990n), reference: 'DRG7K2P9Q', ...day }),
    expected({ id: 'p2', amount: euros(1900n), reference: 'DRG-81234', ...day }),
  ];
  const settled = matchAll(moneys, open).settled.map(({ expected, score }) => [expected, score]);
  expect(new Map(settled as [string, number][])).toEqual(
    new Map([
      ['p1', 100],
      ['p2', 100],
    ]),
  );
});

test('a pending, an outgoing and a reversed entry are no money received', () => {
  const [entry] = entriesOf(fixture('iso20022-mdr-camt.053.001.02.xml'));
  expect(incomingOfEntry(entry!, 'r1')).toMatchObject({ requisites: ['r1'], timed: true });
  for (const change of [
    { status: 'pending' },
    { direction: 'out' },
    { reversal: true },
    { amount: euros(0n) },
  ] as const) {
    expect(incomingOfEntry({ ...entry!, ...change }, 'r1')).toBeNull();
  }
});

test('a message settles the payment that alone waits for its amount', () => {
  const { sender, text } = messages.find(({ template }) => template === 'mpesa-ke-received')!;
  const receivedAt = new Date('2025-10-14T21:17:00Z');
  const read = createMessageMatcher(messageTemplates)({ sender, text, receivedAt });
  const money = incomingOfMessage('m1', read!, ['r1', 'r2']);
  const open = expected({
    requisite: 'r2',
    amount: { units: 330_000n, asset: 'KES' },
    payerAccount: '0712 121212',
    from: new Date(receivedAt.getTime() - hourMs),
    until: receivedAt,
  });
  expect(matchAll([money], [open]).settled).toMatchObject([{ expected: 'p1', score: 100 }]);
});
