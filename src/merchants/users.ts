// Users: the people who sign in, each with a role, a password and one token for their programs.

import { Overloaded } from '../db/batch.ts';
import type { Database, Tx } from '../db/database.ts';
import type { Attempts } from './attempts.ts';
import { newId } from './ids.ts';
import type { Passwords } from './passwords.ts';
import { worksForMerchant } from './roles.ts';
import { type Actor, record } from './staff-log.ts';
import { createTokenCache } from './token-cache.ts';
import { type Tokens, tokenHash } from './tokens.ts';
import type { Turns } from './turns.ts';
import {
  type Proofs,
  type User,
  insertUser,
  isEmail,
  lockUser,
  normalEmail,
  readProofs,
  updateUser,
  userColumns,
} from './user-rows.ts';

export { EmailTaken, type User } from './user-rows.ts';

export type NewUser = Pick<User, 'merchantId' | 'role' | 'mode' | 'email'> & {
  readonly password: string;
} & Partial<Profile>;

type Profile = Pick<User, 'firstName' | 'lastName' | 'language' | 'phone' | 'country'>;

/** A password, a token and a second factor have ways of their own. */
export type UserPatch = Partial<Profile & Pick<User, 'email' | 'role' | 'mode' | 'active'>>;

/** A person cannot be made or changed like this; the message says why, in the operator's words. */
export class UserRefused extends Error {
  override name = 'UserRefused';
}

export type Users = {
  /** Throws EmailTaken, and UserRefused for members that do not fit together. */
  create(user: NewUser, actor: Actor): Promise<{ user: User; token: string }>;
  /** Null for an unknown token. A disabled person is found, with `active` false. */
  byToken(token: string): Promise<User | null>;
  byNumber(number: number): Promise<User | null>;
  byId(id: string): Promise<User | null>;
  byEmail(email: string): Promise<User | null>;
  /** By number; without an id everybody. */
  list(merchantId?: string): Promise<User[]>;
  change(userId: string, patch: UserPatch, actor: Actor): Promise<User>;
  /** Whoever knows the present password changes it. The token stays as it is. */
  changePassword(
    user: User,
    oldPassword: string,
    newPassword: string,
    address?: string,
  ): Promise<'changed' | 'wrong'>;
  /**
   * Like `changePassword` it throws Overloaded after five wrong ones in 15 minutes: a found token
   * is no place to guess the password at.
   */
  hasPassword(userId: string, password: string): Promise<boolean>;
  /** For whoever may do so without the present password: the operator's shell. */
  resetPassword(userId: string, password: string, actor: Actor): Promise<void>;
  /** The token as it was told before. */
  tokenOf(user: Pick<User, 'id'>): Promise<string>;
  /** A new token; the old one is worth nothing, within seconds everywhere. */
  rotateToken(userId: string, actor: Actor): Promise<string>;
};

export type UsersDeps = {
  readonly db: Database;
  readonly passwords: Passwords;
  readonly tokens: Tokens;
  readonly attempts: Attempts;
  readonly turns: Turns;
  readonly now: () => Date;
};

const MAX_TEXT_LENGTH = 100;
const MAX_NUMBER = 2_147_483_647;

export function createUsers(deps: UsersDeps): Users {
  const { db, passwords, tokens, attempts, turns, now } = deps;
  const { byToken, forget } = createTokenCache(db);

  async function create(given: NewUser, actor: Actor): Promise<{ user: User; token: string }> {
    const { merchantId, role, mode } = given;
    const profile = { ...blankProfile, ...members(given, profileMembers) };
    const fields = { merchantId, role, mode, email: normalEmail(given.email), ...profile };
    check(fields);
    const passwordHash = await passwords.hash(given.password);
    const id = newId();
    const token = tokens.of(id, FIRST_GENERATION);
    const user = await db.transaction(async (tx) => {
      const made = await insertUser(tx, { ...fields, id, passwordHash, token, createdAt: now() });
      const { role, mode, email } = made;
      await note(tx, actor, made, 'user.created', { role, mode, email });
      return made;
    });
    return { user, token };
  }

  async function change(userId: string, patch: UserPatch, actor: Actor): Promise<User> {
    const user = await db.transaction(async (tx) => {
      const before = await lockUser(tx, userId);
      const changed = { ...before, ...members(patch, changeable) };
      const after: User = { ...changed, email: normalEmail(changed.email) };
      check(after);
      const details = differences(before, after);
      if (Object.keys(details).length === 0) return before;
      await updateUser(tx, after);
      await note(tx, actor, after, 'user.changed', details);
      return after;
    });
    forget();
    return user;
  }

  async function changePassword(
    user: User,
    oldPassword: string,
    newPassword: string,
    address?: string,
  ): Promise<'changed' | 'wrong'> {
    const known = await proven(user.id, oldPassword);
    if (known === null) return 'wrong';
    const hash = await passwords.hash(newPassword);
    return db.transaction(async (tx) => {
      // Somebody else was faster: what was proven then proves nothing now.
      if (!(await setPassword(tx, user.id, hash, known.passwordHash))) return 'wrong';
      const actor = { userId: user.id, address: address ?? null };
      await note(tx, actor, user, 'user.password-changed', null);
      return 'changed';
    });
  }

  // One after the other, so that nobody meets the limit because of himself.
  async function proven(userId: string, password: string): Promise<Proofs | null> {
    const attempt = { account: `password of ${userId}`, address: userId, userId: null };
    return turns.take(attempt.account, async () => {
      if ((await attempts.reserve(attempt)) !== null) throw new Overloaded('too many passwords');
      const known = await proofsOf(db, userId);
      if (!(await passwords.verify(known.passwordHash, password))) return null;
      await attempts.forgive(db, attempt);
      return known;
    });
  }

  async function resetPassword(userId: string, password: string, actor: Actor): Promise<void> {
    const hash = await passwords.hash(password);
    await db.transaction(async (tx) => {
      const user = await lockUser(tx, userId);
      await setPassword(tx, userId, hash, null);
      await note(tx, actor, user, 'user.password-reset', null);
    });
  }

  async function hasPassword(userId: string, password: string): Promise<boolean> {
    return (await proven(userId, password)) !== null;
  }

  async function tokenOf({ id }: Pick<User, 'id'>): Promise<string> {
    const { tokenGeneration, tokenHash: stored } = await proofsOf(db, id);
    return tellToken(tokens, id, tokenGeneration, stored);
  }

  async function rotateToken(userId: string, actor: Actor): Promise<string> {
    const token = await db.transaction(async (tx) => {
      const user = await lockUser(tx, userId);
      const { tokenGeneration } = await proofsOf(tx, userId);
      const fresh = tokens.of(userId, tokenGeneration + 1);
      await tx.query('update users set token_generation = $2, token_hash = $3 where id = $1', [
        userId,
        tokenGeneration + 1,
        tokenHash(fresh),
      ]);
      await note(tx, actor, user, 'user.token-rotated', null);
      return fresh;
    });
    forget();
    return token;
  }

  async function note(
    tx: Tx,
    actor: Actor,
    user: User,
    action: string,
    details: Record<string, unknown> | null,
  ): Promise<void> {
    const { merchantId, id: subject } = user;
    await record(tx, { ...actor, at: now(), merchantId, action, subject, details });
  }

  return {
    create,
    byToken,
    ...lookUps(db),
    change,
    changePassword,
    resetPassword,
    hasPassword,
    tokenOf,
    rotateToken,
  };
}

type LookUps = Pick<Users, 'byNumber' | 'byId' | 'byEmail' | 'list'>;

function lookUps(db: Database): LookUps {
  async function find(column: 'number' | 'id' | 'email', value: unknown): Promise<User | null> {
    const [user] = await db.query<User>(
      `select ${userColumns} from users where ${column} = $1`,
      [value],
      `user-of-${column}`,
    );
    return user ?? null;
  }

  return {
    byNumber: async (number) =>
      Number.isInteger(number) && number > 0 && number <= MAX_NUMBER
        ? find('number', number)
        : null,
    byId: (id) => find('id', id),
    byEmail: (email) => find('email', normalEmail(email)),
    list: (merchantId) =>
      db.query<User>(
        `select ${userColumns} from users
          where $1::uuid is null or merchant_id = $1 order by number`,
        [merchantId ?? null],
      ),
  };
}

async function proofsOf(tx: Tx, userId: string): Promise<Proofs> {
  const found = await readProofs(tx, { id: userId });
  if (!found) throw new Error(`unknown user ${userId}`);
  return found.proofs;
}

/** Only while the password is still `old`, unless that is null. */
async function setPassword(
  tx: Tx,
  userId: string,
  hash: string,
  old: string | null,
): Promise<boolean> {
  const rows = await tx.query(
    `update users set password_hash = $2
      where id = $1 and ($3::text is null or password_hash = $3) returning 1`,
    [userId, hash, old],
  );
  return rows.length === 1;
}

const FIRST_GENERATION = 1;
const blankProfile = { firstName: '', lastName: '', language: 'en', phone: null, country: null };
const profileMembers = ['firstName', 'lastName', 'language', 'phone', 'country'] as const;
const changeable = [...profileMembers, 'email', 'role', 'mode', 'active'] as const;

/** Only the members named, whatever else the object brings along. */
function members<T extends object, K extends keyof T>(
  from: T,
  names: readonly K[],
): Partial<Pick<T, K>> {
  const given = names.filter((name) => from[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, from[name]])) as Partial<Pick<T, K>>;
}

function differences(before: User, after: User): Record<string, unknown> {
  const names = changeable.filter((name) => before[name] !== after[name]);
  return Object.fromEntries(names.map((name) => [name, { from: before[name], to: after[name] }]));
}

function check(user: Pick<User, 'merchantId' | 'role' | 'email' | keyof Profile>): void {
  const { email, role, merchantId, country, phone } = user;
  const complain = (why: string): never => {
    throw new UserRefused(why);
  };
  if (!isEmail(email)) complain(`"${email}" is no e-mail address`);
  if (merchantId !== null && !worksForMerchant(role)) {
    complain(`an ${role} runs the server and belongs to no merchant`);
  }
  if (country !== null && !/^[A-Z]{2}$/.test(country)) complain('a country is two capital letters');
  const texts = [user.firstName, user.lastName, user.language, phone ?? ''];
  if (texts.some((text) => text.length > MAX_TEXT_LENGTH || /\p{Cc}|\p{Cs}/u.test(text))) {
    complain(`names, language and phone are plain text of at most ${MAX_TEXT_LENGTH} characters`);
  }
}

/**
 * The token made again from the key. Throws when it is not the one whose hash is stored: then the
 * key is another than it was, and handing out a token that opens nothing would hide that.
 */
export function tellToken(tokens: Tokens, id: string, generation: number, stored: Buffer): string {
  const token = tokens.of(id, generation);
  if (tokenHash(token).equals(stored)) return token;
  throw new Error(
    `the token of user ${id} was made with another SECRET_KEY: bring that key back, or make a ` +
      'new token with "dragoman user token --rotate yes"',
  );
}
