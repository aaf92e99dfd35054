// The machine: what each input does to a payment in each status. A table, total, and nothing else.

/** What a payment can be. Underpaid, overpaid and late are derived facts, never statuses. */
export const statuses = [
  'awaiting',
  'confirming',
  'completed',
  'failed',
  'expired',
  'cancelled',
  'refunded',
] as const;
export type Status = (typeof statuses)[number];

/**
 * What can happen to it. The first three say what the counted money amounts to now: too little,
 * enough but not all final, enough and final. The others are the clock's, a person's or a rail's.
 */
export const inputs = [
  'short',
  'covered',
  'settled',
  'expire',
  'cancel',
  'fail',
  'refund',
] as const;
export type Input = (typeof inputs)[number];

/** The next status, or `refuse`: the input is not possible now and whoever asked is told so. */
export type Decision = Status | 'refuse';

/**
 * Money never argues with a person: a cancelled, failed or refunded payment stays what it is, and
 * what comes late is held in suspense, until it is given back (`refund`, for which there must be
 * some: outcome.ts).
 */
export const machine: Readonly<Record<Status, Readonly<Record<Input, Decision>>>> = {
  awaiting: {
    short: 'awaiting',
    covered: 'confirming',
    settled: 'completed',
    expire: 'expired',
    cancel: 'cancelled',
    fail: 'failed',
    refund: 'refuse',
  },
  confirming: {
    // A replaced or reorganised transaction un-pays it.
    short: 'awaiting',
    covered: 'confirming',
    settled: 'completed',
    // Money is on its way: the deadline waits for it.
    expire: 'refuse',
    cancel: 'refuse',
    fail: 'failed',
    refund: 'refuse',
  },
  completed: {
    short: 'awaiting',
    covered: 'confirming',
    settled: 'completed',
    expire: 'refuse',
    cancel: 'refuse',
    fail: 'refuse',
    refund: 'refunded',
  },
  failed: {
    short: 'failed',
    covered: 'failed',
    settled: 'failed',
    expire: 'refuse',
    cancel: 'refuse',
    fail: 'failed',
    refund: 'refunded',
  },
  expired: {
    short: 'expired',
    // Counted money on an expired payment arrived in time or is accepted late by policy.
    covered: 'confirming',
    settled: 'completed',
    expire: 'expired',
    cancel: 'refuse',
    fail: 'refuse',
    refund: 'refunded',
  },
  cancelled: {
    short: 'cancelled',
    covered: 'cancelled',
    settled: 'cancelled',
    expire: 'refuse',
    cancel: 'cancelled',
    fail: 'refuse',
    refund: 'refunded',
  },
  refunded: {
    short: 'refunded',
    covered: 'refunded',
    settled: 'refunded',
    expire: 'refuse',
    cancel: 'refuse',
    fail: 'refuse',
    refund: 'refunded',
  },
};

export function decide(status: Status, input: Input): Decision {
  return machine[status][input];
}
