// Following: leases stand as the payments stand that they were made for.

import type { Tx } from '../db/database.ts';
import type { Settled, Settlement } from './settling.ts';
import { settleLeases } from './settling.ts';

/** The names of the rails whose instructions are leases. */
export const transferRails = ['transfer', 'transfer-test'] as const;
export type TransferRail = (typeof transferRails)[number];

/** What happened to a payment, as far as its leases care. */
export type FollowedEvent = {
  readonly payment: { readonly merchantId: string; readonly id: string; readonly status: string };
  /** Null of a creation: nothing has come. */
  readonly moment: {
    readonly instructions: readonly {
      readonly id: string;
      readonly rail: string;
      readonly expected: { readonly units: bigint };
    }[];
    readonly sightings: readonly {
      readonly rail: string;
      readonly instructionId: string;
      readonly amount: { readonly units: bigint };
      readonly present: boolean;
      readonly final: boolean;
    }[];
  } | null;
};

/** In the transaction that writes the events, after the payments' own rows and transfers. */
export type Follow = (tx: Tx, events: readonly FollowedEvent[]) => Promise<void>;

/** Statuses in which somebody may still be paying. */
const waiting = ['awaiting', 'confirming'];

export function createFollow(deps: {
  readonly now: () => Date;
  /** Told of leases whose trader has received more than his deposit covers. */
  readonly onMissing: (settled: Settled) => void;
}): Follow {
  return async (tx, events) => {
    const settlements = new Map<string, Settlement>();
    for (const event of events) {
      for (const one of settlementsOf(event)) settlements.set(one.instructionId, one);
    }
    if (settlements.size === 0) return;
    const settled = await settleLeases(tx, [...settlements.values()], deps.now());
    for (const one of settled) if (one.missingUnits > 0n) deps.onMissing(one);
  };
}

function settlementsOf({ payment, moment }: FollowedEvent): Settlement[] {
  if (moment === null) return [];
  const open = waiting.includes(payment.status);
  return moment.instructions.filter(isLease).map(({ id, expected }) => {
    const receivedUnits = moment.sightings
      .filter((one) => one.instructionId === id && one.present && one.final)
      .reduce((sum, { amount }) => sum + amount.units, 0n);
    const state = open && receivedUnits < expected.units ? 'open' : 'closed';
    return { merchantId: payment.merchantId, instructionId: id, state, receivedUnits };
  });
}

function isLease({ rail }: { readonly rail: string }): boolean {
  return transferRails.some((one) => one === rail);
}
