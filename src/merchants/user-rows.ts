// The rows of users: what a person is to the rest of the code, and what only sign-in may see.

import pg from 'pg';
import type { Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import type { Role } from './roles.ts';
import { tokenHash } from './tokens.ts';

export type User = {
  readonly id: string;
  /** A small whole number, for dialects that show one. */
  readonly number: number;
  /** Null for those who run the server, and for whoever belongs to no merchant yet. */
  readonly merchantId: string | null;
  readonly role: Role;
  /** The world that this person's token reaches. */
  readonly mode: Mode;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly language: string;
  readonly phone: string | null;
  readonly country: string | null;
  /** Found all the same when false: the caller says so. */
  readonly active: boolean;
  /** Whether a second factor was confirmed, and is therefore asked for. */
  readonly secondFactor: boolean;
};

/** What proves who somebody is; it never leaves this folder. */
export type Proofs = {
  readonly passwordHash: string;
  readonly tokenGeneration: number;
  readonly tokenHash: Buffer;
  readonly totpSecret: Buffer | null;
  readonly totpLastStep: number | null;
  readonly recoveryHashes: readonly Buffer[];
};

export const userColumns = `id, number, merchant_id as "merchantId", role, mode, email,
  first_name as "firstName", last_name as "lastName", language, phone, country, active,
  totp_confirmed as "secondFactor"`;

const proofColumns = `password_hash as "passwordHash", token_generation as "tokenGeneration",
  token_hash as "tokenHash", totp_secret as "totpSecret", totp_last_step as "totpLastStep",
  recovery_hashes as "recoveryHashes"`;

export async function readProofs(
  tx: Tx,
  by: { readonly id: string } | { readonly email: string },
): Promise<{ user: User; proofs: Proofs } | null> {
  const [column, value] = 'id' in by ? ['id', by.id] : ['email', normalEmail(by.email)];
  const [row] = await tx.query<User & Proofs>(
    `select ${userColumns}, ${proofColumns} from users where ${column} = $1`,
    [value],
    `user-by-${column}`,
  );
  if (!row) return null;
  const { passwordHash, tokenGeneration, tokenHash, ...rest } = row;
  const { totpSecret, totpLastStep, recoveryHashes, ...user } = rest;
  const factor = { totpSecret, totpLastStep, recoveryHashes };
  return { user, proofs: { passwordHash, tokenGeneration, tokenHash, ...factor } };
}

/** Locks the row, so that acts on one person follow each other. Throws for an unknown id. */
export async function lockUser(tx: Tx, userId: string): Promise<User> {
  const [user] = await tx.query<User>(`select ${userColumns} from users where id = $1 for update`, [
    userId,
  ]);
  if (!user) throw new Error(`unknown user ${userId}`);
  return user;
}

/** The e-mail belongs to somebody already. */
export class EmailTaken extends Error {
  override name = 'EmailTaken';
}

export type NewRow = Omit<User, 'number' | 'active' | 'secondFactor'> & {
  readonly passwordHash: string;
  readonly token: string;
  readonly createdAt: Date;
};

export async function insertUser(tx: Tx, row: NewRow): Promise<User> {
  const { id, merchantId, role, mode, email, passwordHash, firstName, lastName } = row;
  const { language, phone, country, token, createdAt } = row;
  const values = [id, merchantId, role, mode, email, passwordHash, firstName, lastName];
  const [user] = await mindingEmail(
    tx.query<User>(
      `insert into users (id, merchant_id, role, mode, email, password_hash, first_name, last_name,
                          language, phone, country, token_hash, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
       returning ${userColumns}`,
      [...values, language, phone, country, tokenHash(token), createdAt],
    ),
  );
  if (!user) throw new Error('the new user was not returned');
  return user;
}

export async function updateUser(tx: Tx, user: User): Promise<void> {
  const { id, role, mode, email, firstName, lastName, language, phone, country, active } = user;
  await mindingEmail(
    tx.query(
      `update users set role = $2, mode = $3, email = $4, first_name = $5, last_name = $6,
              language = $7, phone = $8, country = $9, active = $10
        where id = $1`,
      [id, role, mode, email, firstName, lastName, language, phone, country, active],
    ),
  );
}

async function mindingEmail<T>(statement: Promise<T>): Promise<T> {
  return statement.catch((error: unknown) => {
    const taken = error instanceof pg.DatabaseError && error.constraint === 'users_email_key';
    throw taken ? new EmailTaken('somebody with this e-mail exists already') : error;
  });
}

const MAX_EMAIL_LENGTH = 254;

/**
 * E-mails are compared without regard to case. Whatever somebody typed can be looked for: what the
 * database could not take, or would be long in taking, becomes something that is nobody's.
 */
export function normalEmail(email: string): string {
  const start = email.trim().slice(0, MAX_EMAIL_LENGTH + 1);
  return start.toLowerCase().replaceAll('\0', ' ').toWellFormed();
}

export function isEmail(text: string): boolean {
  return text.length <= MAX_EMAIL_LENGTH && /^[^\s\p{Cc}@]+@[^\s\p{Cc}@]+$/u.test(text);
}
