// Leasing: requests that come together are served by requisites, every limit checked under lock.

import type { Tx } from '../db/database.ts';
import type { Vault } from '../merchants/vault.ts';
import type { Amount } from '../money/amount.ts';
import { type Explanation, sentenceOf } from './explanation.ts';
import { type LeasedRequisite, findLeases, writeLeases } from './lease-rows.ts';
import type { LeaseRequest } from './placing.ts';
import { type RequisiteDetails, openDetails } from './requisite-details.ts';
import { maskNumber } from './requisite-number.ts';
import { serve, takeFirst } from './serving.ts';

export type { LeaseRequest } from './placing.ts';

/** Where to pay, and exactly how much: a little more than asked where amounts must differ. */
export type Leased = {
  readonly reference: string;
  readonly requisiteId: string;
  readonly traderId: string | null;
  readonly amount: Amount;
  /** `**** 4242`: what may be written anywhere. */
  readonly masked: string;
  /** The number, the holder and the rest, in full: only for the payer. */
  readonly details: RequisiteDetails;
};

/** No requisite fits now; nothing was written for this request. */
export type NotLeased = {
  readonly reference: string;
  readonly explanation: Explanation;
  /** The explanation as a sentence for the operator. */
  readonly refusal: string;
};

/**
 * Answers in the order of `wanted`, in the caller's transaction; a few statements however many
 * there are. The caller may hold payments, but neither requisites nor traders' ledger accounts.
 */
export type Lease = (
  tx: Tx,
  wanted: readonly LeaseRequest[],
) => Promise<readonly (Leased | NotLeased)[]>;

/** An amount that somebody is told to pay from now on. */
export type ExpectedAmount = Amount & { readonly merchantId: string };

export function createLeasing(deps: {
  readonly vault: Vault;
  readonly now: () => Date;
  /** Told in the same transaction, while the leases are being written. */
  readonly expecting: (tx: Tx, expected: readonly ExpectedAmount[]) => Promise<void>;
}): Lease {
  function answerOf(reference: string, lease: LeasedRequisite): Leased {
    const { requisiteId, traderId, amount, lastFour, sealed } = lease;
    return {
      reference,
      requisiteId,
      traderId,
      amount,
      masked: maskNumber(lastFour),
      details: openDetails(deps.vault, requisiteId, sealed),
    };
  }

  return async (tx, wanted) => {
    const now = deps.now();
    const [leases, first] = await Promise.all([findLeases(tx, wanted), takeFirst(tx, wanted, now)]);
    const fresh = wanted.filter(({ reference }) => !leases.has(reference));
    const { placed, held, refused } = await serve(tx, fresh, first, now);
    const expected = placed.map(({ request: { merchantId }, candidate, units }) => {
      return { merchantId, units, asset: candidate.currency };
    });
    await Promise.all([
      writeLeases(tx, placed, held, now),
      expected.length > 0 ? deps.expecting(tx, expected) : undefined,
    ]);
    for (const { request, candidate, units } of placed) {
      leases.set(request.reference, {
        requisiteId: candidate.id,
        traderId: candidate.traderId,
        amount: { units, asset: candidate.currency },
        lastFour: candidate.lastFour,
        sealed: candidate.details,
      });
    }
    return wanted.map(({ reference }) => {
      const lease = leases.get(reference);
      if (lease) return answerOf(reference, lease);
      const explanation = refused.get(reference);
      if (!explanation) throw new Error(`request ${reference} was neither served nor refused`);
      return { reference, explanation, refusal: sentenceOf(explanation) };
    });
  };
}
