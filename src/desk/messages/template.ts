// What a template of a bank's message is: data, so that a new bank is a line and no code.

import type { Print } from '../printed-amount.ts';

/**
 * `senders` and `pattern` are RE2 expressions (linear time, no back references). The sender is
 * compared whole, whatever its case. The pattern is tried on the text with every run of white space
 * as one space, and must begin with `^`: what a payer wrote into the middle of a message can never
 * pass for its beginning. Its named groups are the fields:
 *
 * - `amount` (needed), `balance`: as `decimal` and `thousands` say;
 * - `currency`: a code of ISO 4217 or a word of `currencies`; without it `currency` is meant;
 * - `digits`: the last digits of the account that received;
 * - `name`, `account`: of the payer; `reference`: of the bank or the network;
 * - `day`, `month` (number or English name), `year`, `hour`, `minute`, `half` (AM or PM).
 *
 * Only messages of money that came in have a template: all others are none of our business.
 */
export type MessageTemplate = Print & {
  readonly id: string;
  readonly bank: string;
  readonly country: string;
  readonly language: string;
  readonly senders: string;
  readonly pattern: string;
  readonly currency: string;
  readonly currencies?: Readonly<Record<string, string>>;
  /** IANA zone of the times. */
  readonly zone: string;
};
