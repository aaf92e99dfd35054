// What this dialect notes on a payment it makes: what was asked for and what it costs, as texts.

import type { Payment } from '../../payments/nouns.ts';
import type { FeePayer } from './services.ts';

/** Amounts are plain decimal texts without trailing zeros. */
export type Marks = {
  readonly service: string;
  /** As requested. */
  readonly amount: string;
  readonly currency: string;
  /** In `currency`; `0` when there is none, and then `feePayer` is the merchant. */
  readonly fee: string;
  readonly feePayer: FeePayer;
  readonly settlement: string;
  readonly settlementCurrency: string;
};

export function marksText(marks: Marks): string {
  return JSON.stringify(marks);
}

/** Null for a payment that another dialect made. */
export function marksOf({ dialect, dialectData }: Payment): Marks | null {
  if (dialect !== 'xbillion' || dialectData === null) return null;
  return JSON.parse(dialectData) as Marks;
}
