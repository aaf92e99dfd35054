// The people of a database of its own, with a clock in the test's hands.

import { randomBytes } from 'node:crypto';
import { generateSync } from 'otplib';
import { createMerchants } from '../../src/merchants/merchants.ts';
import { createPeople } from '../../src/merchants/people.ts';
import { newPassword } from '../../src/merchants/passwords.ts';
import { listStaffActions, shell } from '../../src/merchants/staff-log.ts';
import type { NewUser } from '../../src/merchants/users.ts';
import { VAULT_KEY_BYTES } from '../../src/merchants/vault.ts';
import { createTestDatabase } from '../harness/database.ts';

export type House = Awaited<ReturnType<typeof createHouse>>;

export const home = 'address:192.0.2.1';
export const abroad = 'address:198.51.100.7';

export async function createHouse() {
  const database = await createTestDatabase();
  const { db } = database;
  const clock = { at: new Date('2026-01-31T12:00:00.000Z') };
  const now = (): Date => clock.at;
  const secretKey = randomBytes(VAULT_KEY_BYTES);
  const people = createPeople({ db, secretKey, now });
  const merchants = createMerchants({ db, now });
  const merchant = await merchants.create('Test shop');
  let count = 0;

  /** A manager of the merchant, unless said otherwise. */
  async function person(change: Partial<NewUser> = {}) {
    const email = `person${(count += 1)}@shop.example.com`;
    const password = newPassword();
    const basic = { merchantId: merchant.id, role: 'manager', mode: 'test' } as const;
    const made = await people.users.create({ ...basic, email, password, ...change }, shell);
    return { ...made, email: made.user.email, password: change.password ?? password };
  }

  /** One with a confirmed second factor; the clock stands at the step after the confirmation. */
  async function careful() {
    const made = await person();
    const begun = await people.secondFactor.enable(made.user.id, shell);
    if (!begun) throw new Error('there was a second factor');
    const code = (seconds = 0) => codeAt(begun.secret, clock.at, seconds);
    const recoveryCodes = await people.secondFactor.confirm(made.user.id, code(), shell);
    if (!recoveryCodes) throw new Error('the code was wrong');
    wait(30);
    return { ...made, secret: begun.secret, code, recoveryCodes };
  }

  function wait(seconds: number): void {
    clock.at = new Date(clock.at.getTime() + seconds * 1_000);
  }

  return {
    db,
    clock,
    now,
    wait,
    secretKey,
    merchants,
    merchant,
    person,
    careful,
    ...people,
    actions: async (subject: string) =>
      (await listStaffActions(db, {})).filter((action) => action.subject === subject).reverse(),
    close: async () => {
      await people.close();
      await database.drop();
    },
  };
}

function codeAt(secret: string, at: Date, seconds: number): string {
  return generateSync({ secret, epoch: Math.floor(at.getTime() / 1_000) + seconds });
}
