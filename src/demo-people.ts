// The people of the demo merchant: an operator, a manager and a cashier, and what proves them.

import { hkdfSync } from 'node:crypto';
import type { App } from './app.ts';
import { newPassword } from './merchants/passwords.ts';
import type { Role } from './merchants/roles.ts';
import type { Merchant } from './merchants/settings.ts';
import { shell } from './merchants/staff-log.ts';
import { EmailTaken, type User } from './merchants/users.ts';

type SignsIn = { readonly email: string; readonly password: string };
type SignsInWithToken = SignsIn & { readonly token: string };

/** Their part of `data/demo.json`. */
export type DemoPeople = {
  readonly operator: SignsIn;
  readonly xpay: { readonly manager: SignsInWithToken; readonly terminal: SignsInWithToken };
};

type Needs = Pick<App, 'merchants' | 'users' | 'options'>;

// A name nobody can own (RFC 2606).
const DOMAIN = 'demo-shop.example';
const PASSWORD_BYTES = 256;
const BYTES_PER_DRAW = 4;

/**
 * Makes what is missing of them; done again it answers the same. Their passwords are made from the
 * server's key: killed before the file was written, or started twice at once, we still know them.
 */
export async function demoPeople(app: Needs, merchant: Merchant): Promise<DemoPeople> {
  const email = `shop@${DOMAIN}`;
  const document = { type: 'N.I.T.', country: 'CO', number: '9001234567' };
  const approved = { active: true, verification: 'approved', fiatWithdraw: true } as const;
  await app.merchants.changeCommerce(merchant.id, { email, document, ...approved }, shell);
  const operator = await person(app, 'operator', null);
  const manager = await person(app, 'manager', merchant.id);
  const terminal = await person(app, 'terminal', merchant.id);
  const { token: _, ...withoutToken } = operator;
  return { operator: withoutToken, xpay: { manager, terminal } };
}

async function person(
  { users, options }: Needs,
  role: Role,
  merchantId: string | null,
): Promise<SignsInWithToken> {
  const email = `${role}@${DOMAIN}`;
  const password = passwordOf(options.vaultKey, email);
  const names = { firstName: 'Demo', lastName: role, language: 'en', country: 'CO' };
  const given = { merchantId, role, mode: 'test', email, password, ...names } as const;
  try {
    const { token } = await users.create(given, shell);
    return { email, password, token };
  } catch (error) {
    if (!(error instanceof EmailTaken)) throw error;
  }
  const user = await users.byEmail(email);
  if (!user) throw new Error(`${email} was there and is gone`);
  return { email, password, token: await reminded(users, user, password) };
}

async function reminded(users: App['users'], user: User, password: string): Promise<string> {
  // Somebody deleted the file after changing the password, to have a file that opens something.
  if (!(await users.hasPassword(user.id, password))) {
    await users.resetPassword(user.id, password, shell);
  }
  return users.tokenOf(user);
}

function passwordOf(key: Buffer, email: string): string {
  const bytes = Buffer.from(
    hkdfSync('sha256', key, '', `demo password of ${email}`, PASSWORD_BYTES),
  );
  let at = 0;
  return newPassword((below) => {
    at += BYTES_PER_DRAW;
    return bytes.readUInt32BE(at - BYTES_PER_DRAW) % below;
  });
}
