// Roles: the whole table, walked cell by cell, so that no change of it goes unnoticed.

import { expect, test } from 'vitest';
import {
  type Permission,
  may,
  permissions,
  roles,
  worksForMerchant,
} from '../../src/merchants/roles.ts';

/** Who may, by permission: the table of roles.ts seen from its other side. */
const expected: Readonly<Record<Permission, string>> = {
  'payments.create': 'manager terminal',
  'payments.read.own': 'manager terminal',
  'payments.read.all': 'operator manager accountant support',
  'payments.cancel.own': 'manager terminal',
  'payments.cancel.all': 'operator manager support',
  'payments.refund': 'operator manager',
  'rates.read': 'operator manager terminal accountant support trader',
  'ledger.read': 'operator manager accountant',
  'settings.change': 'operator manager',
  'users.manage': 'operator manager',
  'commerce.change': 'operator',
  'exchanges.change': 'operator manager',
  'staff-log.read': 'operator manager',
  'desk.work': 'operator manager trader',
};

const cells = roles.flatMap((role) => permissions.map((permission) => [role, permission] as const));

test.each(cells)('%s: %s', (role, permission) => {
  expect(may(role, permission)).toBe(expected[permission].split(' ').includes(role));
});

test('a word that is no role may nothing', () => {
  for (const permission of permissions) {
    expect(may('toString' as 'trader', permission)).toBe(false);
    expect(may('' as 'trader', permission)).toBe(false);
  }
});

test('whoever may all that a manager may not, belongs to no merchant', () => {
  expect(roles.filter((role) => !worksForMerchant(role))).toEqual(['operator']);
});
