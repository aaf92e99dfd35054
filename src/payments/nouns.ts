// The nouns of a payment: what is expected, what the payer was told, what was seen, what happened.

import type { Amount } from '../money/amount.ts';
import type { Mode } from '../db/mode.ts';
import type { QuoteEvidence } from '../rates/rates.ts';
import type { Policy } from './policy.ts';
import type { Status } from './machine.ts';

export type { QuoteEvidence };

export type Payer = {
  readonly id?: string;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly ip?: string;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
};

/**
 * What the sandbox does with a payment by itself: it is paid, fails, never sees money, is paid but
 * confirms late, or expires early. Null waits for the buttons.
 */
export type Script = 'completes' | 'fails' | 'stays' | 'late' | 'expires';

/** `in`: somebody pays the merchant. `out`: a payout, the merchant pays somebody. */
export type Direction = 'in' | 'out';

/** Why a payment failed, where that is known: it was refused before any money moved. */
export type Cause = 'declined';

export type Payment = {
  readonly merchantId: string;
  readonly id: string;
  readonly mode: Mode;
  readonly direction: Direction;
  /** A small integer of this deployment, for dialects that need one. */
  readonly number: number;
  /** `AAA-000000-PMT`, unique in this deployment. */
  readonly reference: string;
  /** The dialect that made it. */
  readonly dialect: string;
  readonly merchantReference: string | null;
  readonly name: string;
  readonly price: Amount;
  readonly status: Status;
  readonly cause: Cause | null;
  /** Money is there, if only a part of it; of a payout: somebody has taken it. */
  readonly touched: boolean;
  /** The merchant closed it to new payers; money already on its way still counts. */
  readonly paused: boolean;
  readonly maxUses: number;
  readonly uses: number;
  readonly payer: Payer;
  /** The merchant's own JSON text, kept byte for byte; null when none was given. */
  readonly metadata: string | null;
  readonly successUrl: string | null;
  readonly cancelUrl: string | null;
  readonly callbackUrl: string | null;
  /** Sealed; open with `vault.open(secret, payment.id)`. */
  readonly callbackSecret: Buffer | null;
  readonly policy: Partial<Policy> | null;
  readonly script: Script | null;
  /** The user who made it; null: a program did, with a key. */
  readonly createdBy: string | null;
  /** JSON text of the dialect that made it, read by nobody else. */
  readonly dialectData: string | null;
  /** The exchange whose rate was taken; null: the house's own. */
  readonly exchange: number | null;
  /** The percentage of what comes in that is to be sold there; null: none was asked for. */
  readonly convertPercent: number | null;
  /** What the house keeps of each use, in units of the price; null: nothing. */
  readonly feeUnits: bigint | null;
  readonly eventSeq: number;
  readonly createdAt: Date;
  /** When something was last told about it: its creation, to begin with. */
  readonly updatedAt: Date;
  readonly expiresAt: Date;
};

/**
 * What happens to a payout. `take`: somebody sends it now, and the deadline waits. `release`: he
 * gave it back. `confirm`: it was sent. `decline`: it is refused before any money moved. `fail`: it
 * cannot be sent. `reverse`: what was sent has come back.
 */
export type PayoutStep = 'take' | 'release' | 'confirm' | 'decline' | 'fail' | 'reverse';

/** One answer to "how do I pay?": a method, an exact amount of its asset, and where to. */
export type Instruction = {
  readonly id: string;
  readonly rail: string;
  readonly method: string;
  readonly expected: Amount;
  /** The part of the price, in its units, that `expected` settles. */
  readonly priceUnits: bigint;
  readonly target: string;
  readonly uri: string | null;
  /** Names and numbers for the payer's eyes; null: there are none, or they are still sealed. */
  readonly details: Readonly<Record<string, string>> | null;
  /** `details` as they lie in the database. */
  readonly sealedDetails: Buffer | null;
  readonly quote: QuoteEvidence;
  readonly createdAt: Date;
};

/** A rail's observation as we hold it: what was seen and where the ledger holds it. */
export type Sighting = {
  readonly rail: string;
  readonly key: string;
  readonly instructionId: string;
  readonly amount: Amount;
  readonly present: boolean;
  readonly confirmations: number;
  /** How many confirmations its amount asks for. */
  readonly needed: number;
  readonly final: boolean;
  readonly transactionId: string;
  readonly seenAt: Date;
  readonly changedAt: Date;
  readonly suspenseUnits: bigint;
  readonly availableUnits: bigint;
  /** What the house keeps of what was credited. */
  readonly feesUnits: bigint;
  /** How many ledger transfers this sighting has caused; numbers their ids. */
  readonly postings: number;
  /** Its money was given back to the payer, once and for good. */
  readonly returned: boolean;
};

/** A payment with everything that belongs to it, oldest first. */
export type PaymentView = {
  readonly payment: Payment;
  readonly instructions: readonly Instruction[];
  readonly sightings: readonly Sighting[];
};

/**
 * `created`; `money` seen or changed without a change of status; `status` changed; `used`: one use
 * of several was paid; `changed`: the merchant paused it or moved its deadline.
 */
export type EventKind = 'created' | 'money' | 'status' | 'used' | 'changed';

export type PaymentEvent = {
  readonly merchantId: string;
  readonly paymentId: string;
  /** 1, 2, 3 … within one payment, without gaps. */
  readonly seq: number;
  readonly kind: EventKind;
  readonly status: Status;
  readonly previousStatus: Status | null;
  readonly at: Date;
  /** `firstMoney`: nothing had been seen before. `reversed`: money that was there is gone. */
  readonly data: {
    readonly firstMoney?: boolean;
    readonly reversed?: boolean;
    readonly uses?: number;
  };
};

/** What else was known of a payment right after an event, and what its money came to before it. */
export type Moment = {
  readonly instructions: readonly Instruction[];
  readonly sightings: readonly Sighting[];
  readonly facts: Facts;
  readonly before: Facts;
};

/** An event beside the payment as it was right after it. A creation has no moment: nothing came. */
export type EventOfPayment = {
  readonly event: PaymentEvent;
  readonly payment: Payment;
  readonly moment: Moment | null;
};

/** What a payment's money amounts to, in the smallest units of its price; made by `facts.ts`. */
export type Facts = {
  /** The least that settles one use, after tolerance. */
  readonly requiredUnits: bigint;
  /** Counted money, unconfirmed included, and the part of it that is final. */
  readonly seenUnits: bigint;
  readonly settledUnits: bigint;
  /** What a payer must still pay for the next use; 0 when every use is covered. */
  readonly remainingUnits: bigint;
  readonly overUnits: bigint;
  /** Present but not counted: it came late, or to a payment that a person closed. */
  readonly heldUnits: bigint;
  readonly usesSeen: number;
  readonly usesSettled: number;
};
