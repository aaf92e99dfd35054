// What this dialect notes beside a transaction of its own, for whenever it is shown again.

import type { Payment } from '../../payments/nouns.ts';
import type { Spelling } from './settings.ts';

export type Marks = {
  /** By the path that created it. */
  readonly spelling: Spelling;
  /** Origin of the payer's pages as the creating request saw it. */
  readonly origin: string;
  /** Seconds with two decimals; a person may move the deadline, the time to pay stays. */
  readonly waiting: string;
};

const dialectName = 'xpay';

export function marksText(marks: Marks): string {
  return JSON.stringify(marks);
}

/** Whether this dialect made the payment. */
export function isOwn({ dialect }: Pick<Payment, 'dialect'>): boolean {
  return dialect === dialectName;
}

/** Empty for a payment of another dialect. */
export function readMarks(payment: Pick<Payment, 'dialect' | 'dialectData'>): Partial<Marks> {
  const { dialectData } = payment;
  return isOwn(payment) && dialectData !== null ? (JSON.parse(dialectData) as Marks) : {};
}
