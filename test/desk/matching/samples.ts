// Incoming moneys and open instructions of one requisite, with parts replaced.

import type { Expected, Incoming } from '../../../src/desk/matching/incoming.ts';

export const noon = new Date('2024-01-02T12:00:00Z');
export const euros = (units: bigint) => ({ units, asset: 'EUR' });

export function incoming(change: Partial<Incoming> = {}): Incoming {
  return {
    id: 'm1',
    requisites: ['r1'],
    amount: euros(1000n),
    at: noon,
    timed: true,
    text: '',
    endToEndId: null,
    counterpartyName: null,
    counterpartyAccount: null,
    lastDigits: null,
    ...change,
  };
}

export function expected(change: Partial<Expected> = {}): Expected {
  return {
    id: 'p1',
    requisite: 'r1',
    lastDigits: null,
    amount: euros(1000n),
    reference: null,
    endToEndId: null,
    payerName: null,
    payerAccount: null,
    from: new Date('2024-01-02T11:00:00Z'),
    until: new Date('2024-01-02T13:00:00Z'),
    ...change,
  };
}
