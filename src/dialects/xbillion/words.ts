// Status words: the core's statuses as this vendor says them. wire/xbillion.md section 4.

import type { Facts } from '../../payments/facts.ts';
import type { Status } from '../../payments/machine.ts';
import type { Payment } from '../../payments/nouns.ts';

export type Word = 'pending' | 'completed' | 'rejected';

type State = Pick<Payment, 'status' | 'uses' | 'maxUses'>;

/** There is no word for refunds: what was completed stays so, what was not is rejected. */
export function wordOf({ status, uses, maxUses }: State): Word {
  return status === 'refunded' && uses >= maxUses ? 'completed' : words[status];
}

const words: Readonly<Record<Status, Word>> = {
  awaiting: 'pending',
  confirming: 'pending',
  completed: 'completed',
  failed: 'rejected',
  expired: 'rejected',
  cancelled: 'rejected',
  refunded: 'rejected',
};

/** Why a payment is `rejected`: its status, unless money came that was too little or too late. */
export function reasonOf(status: Status, { heldUnits, seenUnits }: Facts): string {
  if (status !== 'expired') return status;
  if (heldUnits > 0n) return 'paid_late';
  return seenUnits > 0n ? 'underpaid' : 'expired';
}
