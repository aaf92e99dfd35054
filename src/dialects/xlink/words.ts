// Status words: the core's statuses as this vendor says them, and back. wire/xlink.md section 4.

import type { Status } from '../../payments/machine.ts';
import type { Payment } from '../../payments/nouns.ts';
import type { Payments } from '../../payments/payments.ts';

export const operationTypes = ['PAYIN', 'PAYOUT'] as const;
export type OperationType = (typeof operationTypes)[number];

export const operationWords = [
  'PENDING',
  'PROCESSING',
  'SUCCESS',
  'FAILED',
  'DECLINED',
  'CANCELLED',
  'EXPIRED',
  'REFUNDED',
] as const;
export type OperationWord = (typeof operationWords)[number];
export type SessionWord = 'active' | 'used' | 'expired';

/** What a word depends on. */
type State = Pick<Payment, 'status' | 'cause' | 'touched'>;
type Filter = Parameters<Payments['operations']>[1];
type Clause = NonNullable<Filter['states']>[number];

/** `reportExpired` is the shop's switch: `EXPIRED` instead of `CANCELLED`. */
export function operationWord(state: State, reportExpired: boolean): OperationWord {
  const { status, cause, touched } = state;
  switch (status) {
    case 'awaiting':
      return touched ? 'PROCESSING' : 'PENDING';
    case 'confirming':
      return 'PROCESSING';
    case 'completed':
      return 'SUCCESS';
    case 'failed':
      return cause === 'declined' ? 'DECLINED' : 'FAILED';
    case 'expired':
      return reportExpired ? 'EXPIRED' : 'CANCELLED';
    case 'cancelled':
      return 'CANCELLED';
    case 'refunded':
      return 'REFUNDED';
  }
}

const sessionWords: Readonly<Record<Status, SessionWord>> = {
  awaiting: 'active',
  confirming: 'active',
  completed: 'used',
  failed: 'expired',
  expired: 'expired',
  cancelled: 'expired',
  refunded: 'expired',
};

/** A refund leaves the session what it was: used, unless the money never completed the payment. */
export function sessionWord(payment: Payment): SessionWord {
  const { status, direction, uses, maxUses } = payment;
  const wasUsed = status === 'refunded' && (direction === 'out' || uses >= maxUses);
  return wasUsed ? 'used' : sessionWords[status];
}

export function operationType({ direction }: Pick<Payment, 'direction'>): OperationType {
  return direction === 'out' ? 'PAYOUT' : 'PAYIN';
}

/** The core's states behind a word, for the filter of the list. */
export function clausesOf(word: OperationWord, reportExpired: boolean): readonly Clause[] {
  const plain = (status: Status): Clause => ({ status, touched: null, cause: null });
  switch (word) {
    case 'PENDING':
      return [{ status: 'awaiting', touched: false, cause: null }];
    case 'PROCESSING':
      return [{ status: 'awaiting', touched: true, cause: null }, plain('confirming')];
    case 'SUCCESS':
      return [plain('completed')];
    case 'FAILED':
      return [{ status: 'failed', touched: null, cause: 'none' }];
    case 'DECLINED':
      return [{ status: 'failed', touched: null, cause: 'declined' }];
    case 'CANCELLED':
      return reportExpired ? [plain('cancelled')] : [plain('cancelled'), plain('expired')];
    case 'EXPIRED':
      return [plain('expired')];
    case 'REFUNDED':
      return [plain('refunded')];
  }
}
