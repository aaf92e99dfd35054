// Roles: what each kind of person may do, as one visible table.

export const roles = [
  'operator',
  'manager',
  'terminal',
  'accountant',
  'support',
  'trader',
] as const;
export type Role = (typeof roles)[number];

/** `own`: what the person made; `all`: everything of the merchant, an operator's: of everybody. */
export const permissions = [
  'payments.create',
  'payments.read.own',
  'payments.read.all',
  'payments.cancel.own',
  'payments.cancel.all',
  'payments.refund',
  'rates.read',
  'ledger.read',
  'settings.change',
  'users.manage',
  'commerce.change',
  'exchanges.change',
  'staff-log.read',
  'desk.work',
] as const;
export type Permission = (typeof permissions)[number];

const table: Readonly<Record<Role, readonly Permission[]>> = {
  // Runs the server and vouches for its merchants, but belongs to none: has nothing to sell.
  operator: [
    'payments.read.all',
    'payments.cancel.all',
    'payments.refund',
    'rates.read',
    'ledger.read',
    'settings.change',
    'users.manage',
    'commerce.change',
    'exchanges.change',
    'staff-log.read',
    'desk.work',
  ],
  // Owns a merchant, except for what the operator decides about it.
  manager: [
    'payments.create',
    'payments.read.own',
    'payments.read.all',
    'payments.cancel.own',
    'payments.cancel.all',
    'payments.refund',
    'rates.read',
    'ledger.read',
    'settings.change',
    'users.manage',
    'exchanges.change',
    'staff-log.read',
    'desk.work',
  ],
  // Stands at one till and sees what was sold there.
  terminal: ['payments.create', 'payments.read.own', 'payments.cancel.own', 'rates.read'],
  // Reads every figure, moves none.
  accountant: ['payments.read.all', 'rates.read', 'ledger.read'],
  // Answers payers: sees all payments and may close one, but not send money.
  support: ['payments.read.all', 'payments.cancel.all', 'rates.read'],
  // Confirms transfers between people, and sees no shop.
  trader: ['rates.read', 'desk.work'],
};

const granted = new Set(roles.flatMap((role) => table[role].map((one) => `${role} ${one}`)));

/** Says what the role may do; whose merchant and payments those are, the caller compares. */
export function may(role: Role, permission: Permission): boolean {
  return granted.has(`${role} ${permission}`);
}

/** Whether people of this role belong to a merchant; those who run the server never do. */
export function worksForMerchant(role: Role): boolean {
  return role !== 'operator';
}
