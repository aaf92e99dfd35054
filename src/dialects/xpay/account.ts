// GET users/: who the token belongs to, and their commerce. wire/xpay.md section 3.2.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Role } from '../../merchants/roles.ts';
import type { Merchant } from '../../merchants/settings.ts';
import type { User } from '../../merchants/users.ts';
import { answer } from './errors.ts';
import type { XpayNeeds } from './needs.ts';

/** Only these two roles have a name in this vendor's words. */
const groupsOf: Partial<Record<Role, readonly string[]>> = {
  manager: ['Commerce Admin'],
  terminal: ['Commerce Terminal'],
};

export function showsAccount(needs: XpayNeeds) {
  return async (
    _request: FastifyRequest,
    reply: FastifyReply,
    user: User,
  ): Promise<FastifyReply> => {
    const merchant = user.merchantId === null ? null : await needs.merchantOf(user.merchantId);
    return answer(reply, 200, JSON.stringify(accountOf(user, merchant)));
  };
}

/** The superset of the vendor's example and table. */
export function accountOf(user: User, merchant: Merchant | null) {
  const groups = groupsOf[user.role] ?? [];
  const isManager = user.role === 'manager';
  const person = {
    id: user.number,
    username: user.email,
    first_name: user.firstName,
    last_name: user.lastName,
    email: user.email,
    is_active: user.active,
    twofa: user.secondFactor,
    manager: isManager,
    groups,
  };
  const place = merchant && { id: user.number, commerce: merchant.shopId };
  const manager = isManager ? place : null;
  const { language, phone, country } = user;
  return {
    user_info: person,
    commerce: merchant && commerceOf(merchant),
    user: person,
    profile: { language, phone, country },
    manager,
    commercemanager: manager,
    commerceuser: user.role === 'terminal' ? place : null,
    groups,
  };
}

function commerceOf({
  shopId,
  email,
  name,
  document,
  active,
  verification,
  fiatWithdraw,
}: Merchant) {
  return {
    id: shopId,
    email,
    name,
    dni: document?.number ?? null,
    active,
    status: verification,
    fiat_withdraw: fiatWithdraw,
    document_type: document && { name: document.type, country: document.country },
  };
}
