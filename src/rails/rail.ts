// The contract of a rail: one way money moves outside. A rail observes and obeys; it never decides
// whether a payment is paid.

import type { Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import type { Amount } from '../money/amount.ts';

/** One way to pay that a rail can offer: shown to the payer as a choice. */
export type Method = {
  /** Unique among all rails, stable, safe in a URL: `litecoin`, `bitcoin-testnet`. */
  readonly id: string;
  /** The asset that is paid, or `price` when the rail takes any currency one to one. */
  readonly asset: string | 'price';
  readonly label: string;
  /** What a payer's wallet must be set to, when it matters: `Litecoin regtest`. */
  readonly network: string;
};

export type InstructRequest = {
  /** Our own id for this instruction (UUID). The same reference always gives the same answer. */
  readonly reference: string;
  readonly merchantId: string;
  readonly paymentId: string;
  readonly method: string;
  readonly amount: Amount;
  /** Shown by wallets beside the amount. */
  readonly label: string;
};

/** What the payer is told to do. */
export type Directions = {
  /** Where to: an address, or the masked number of a card or an account. */
  readonly target: string;
  /** What a QR code carries (BIP 21 for coins), or null. */
  readonly uri: string | null;
  /** To be paid instead of what was asked, by rails that tell payments apart by their amounts. */
  readonly amount?: Amount;
  /** Numbers and names for the payer's eyes, to be sealed wherever they are kept. */
  readonly details?: Readonly<Record<string, string>>;
};

/** Some of the requests cannot be served now. What the others got must be rolled back, too. */
export class NoDirections extends Error {
  override name = 'NoDirections';
  /** By reference: a sentence for the operator. */
  readonly reasons: ReadonlyMap<string, string>;
  /** What there is none of: an address of a chain, or an account or card to transfer to. */
  readonly missing: 'address' | 'requisite';

  constructor(reasons: ReadonlyMap<string, string>, missing: NoDirections['missing'] = 'address') {
    super([...new Set(reasons.values())].join('; '));
    this.reasons = reasons;
    this.missing = missing;
  }
}

/**
 * Something the outside world did, as the rail saw it. `key` is unique per rail, so a replay is
 * harmless: a later sighting of the same key updates the earlier one.
 */
export type Observation = {
  readonly key: string;
  readonly merchantId: string;
  readonly paymentId: string;
  readonly instructionId: string;
  readonly amount: Amount;
  /** `absent`: it was seen and is no longer true (reorganised away, replaced, double-spent). */
  readonly presence: 'present' | 'absent';
  /** Depth in the chain; 0 while only in the mempool. */
  readonly confirmations: number;
  /** The id people look up elsewhere: a chain transaction id. */
  readonly transactionId: string;
  /** When it happened: the earlier of first sight and the block's own time. */
  readonly at: Date;
};

export type Observed = { readonly observations: readonly Observation[]; readonly next: string };

/** Confirmations asked for, by amount in the asset's own units; the last row has no bound. */
export type ConfirmationTable = readonly {
  readonly below: bigint | null;
  readonly needed: number;
}[];

/** An instruction and what was seen of it so far, with what should happen to it now. */
export type PlayRequest = {
  readonly event: 'pay' | 'underpay' | 'overpay' | 'confirm' | 'reverse';
  readonly instruction: {
    readonly id: string;
    readonly merchantId: string;
    readonly paymentId: string;
    readonly expected: Amount;
  };
  /** Keys and amounts that are present now, on this instruction. */
  readonly seen: readonly Observation[];
  /** In units of the instruction's asset; a default that fits the event when left out. */
  readonly units: bigint | null;
  readonly now: Date;
};

export type Rail = {
  readonly name: string;
  readonly mode: Mode;
  /** The same at all times; no other rail of the mode has one of their ids. */
  methods(): readonly Method[];
  confirmations(method: string): ConfirmationTable;
  /**
   * Whether it can take anything at all for this merchant by this method in this asset; absent on
   * rails that serve everybody. May be some seconds old, and promises no directions.
   */
  serves?(merchantId: string, asset: string, method: string): Promise<boolean>;
  /**
   * Answers in the order of the requests, in a few statements however many there are. Idempotent by
   * reference; inside the caller's transaction; needs no network. Throws NoDirections.
   */
  instruct(tx: Tx, requests: readonly InstructRequest[]): Promise<Directions[]>;
  /**
   * What happened since `cursor` (null at the very first call). Reads the network and the database,
   * writes nothing that matters: the caller stores observations and the next cursor together.
   * Answers null when there is nothing new. Absent on rails to which events are brought (sandbox).
   */
  observe?(cursor: string | null): Promise<Observed | null>;
  /** Called after observations and cursor were committed: a rail may forget what it kept. */
  settled?(cursor: string): Promise<void>;
  /** Resolves when there may be something new, or after the rail's own poll interval. */
  wait?(signal: AbortSignal): Promise<void>;
  /** Work that one process does now and then, such as filling a pool; harmless to repeat. */
  upkeep?(): Promise<void>;
  /** Test-mode rails only: what the rail would see after an event that somebody asks for. */
  play?(request: PlayRequest): Observation[];
  /** null when healthy, else one sentence for /readyz and `doctor`. */
  health(): Promise<string | null>;
};
