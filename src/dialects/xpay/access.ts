// Who may do what here: this vendor knows managers and terminals of one commerce and nobody else.

import { may } from '../../merchants/roles.ts';
import type { User } from '../../merchants/users.ts';
import type { Payment } from '../../payments/nouns.ts';

/** A manager or a terminal: both belong to a commerce. */
export type Member = User & { readonly merchantId: string };

/** People of other roles sign in like everybody, and have no transactions here. */
export function isMember(user: User): user is Member {
  const known = user.role === 'manager' || user.role === 'terminal';
  return known && user.merchantId !== null;
}

export function seesAll(user: User): boolean {
  return isMember(user) && may(user.role, 'payments.read.all');
}

type Owned = Pick<Payment, 'merchantId' | 'mode' | 'createdBy'>;

export function maySee(user: User, payment: Owned): boolean {
  return seesAll(user) ? isOfTheirs(user, payment) : isTheirOwn(user, payment);
}

export function mayCancel(user: User, payment: Owned): boolean {
  return isMember(user) && may(user.role, 'payments.cancel.all')
    ? isOfTheirs(user, payment)
    : isTheirOwn(user, payment);
}

function isTheirOwn(user: User, payment: Owned): boolean {
  return isMember(user) && isOfTheirs(user, payment) && payment.createdBy === user.id;
}

function isOfTheirs(user: User, { merchantId, mode }: Owned): boolean {
  return merchantId === user.merchantId && mode === user.mode;
}
