// Sought: by what the leases are found that can come into question for some incoming moneys.

import type { Incoming } from './incoming.ts';
import { everyPrintedReference, storedReference } from './reference.ts';
import { writtenOn } from './written.ts';

/** On one of the requisites, and of one of the amounts or with one of the payments' references. */
export type Sought = {
  readonly requisites: readonly string[];
  readonly units: readonly bigint[];
  /** As payments have them. */
  readonly references: readonly string[];
};

/**
 * Matching with the leases that are found by this comes out as matching with all of them: a lease
 * has no sign of its own but its amount and its payment's reference. Whether an amount is alone, or
 * too many share a sign, is asked of leases that have it, and those are found all together.
 */
export function soughtBy(incomings: readonly Incoming[]): Sought {
  const printed = incomings.flatMap((one) => everyPrintedReference(writtenOn(one).letters));
  return {
    requisites: [...new Set(incomings.flatMap(({ requisites }) => requisites))],
    units: [...new Set(incomings.map(({ amount }) => amount.units))],
    references: [...new Set(printed)].map(storedReference),
  };
}
