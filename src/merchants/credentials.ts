// Credentials: what a program signs in with. Only a SHA-256 of the secret is kept; keys carry
// more than 80 random bits, so a slow hash would buy nothing.

import { hash } from 'node:crypto';
import type { Database } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import { newId } from './ids.ts';
import type { Caller } from './settings.ts';

export type NewCredential = {
  readonly merchantId: string;
  readonly dialect: string;
  readonly mode: Mode;
  readonly label: string;
  readonly secret: string;
};

export type CredentialRow = {
  readonly id: string;
  readonly merchantId: string;
  readonly dialect: string;
  readonly mode: Mode;
  readonly label: string;
  readonly prefix: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
};

export type Credentials = {
  issue(credential: NewCredential): Promise<{ id: string }>;
  /** Null for an unknown, revoked or expired secret; a null dialect accepts any dialect's. */
  identify(dialect: string | null, secret: string): Promise<Caller | null>;
  /** Whether there ever was such a secret, revoked and expired ones included. */
  wasIssued(dialect: string, secret: string): Promise<boolean>;
  /** True when there was such a credential; every process forgets it within seconds. */
  revoke(credentialId: string): Promise<boolean>;
  list(merchantId?: string): Promise<CredentialRow[]>;
};

/** How long a process may go on trusting a key that another process has revoked. */
const CACHE_MS = 2_000;
const MAX_CACHED = 10_000;
const MAX_SECRET_LENGTH = 512;
const PREFIX_LENGTH = 12;

type Known = Caller & { readonly dialect: string; readonly expiresAt: Date | null };

export function createCredentials(deps: { db: Database; now: () => Date }): Credentials {
  const { db, now } = deps;
  const cache = new Map<string, { known: Known; until: number }>();
  /** Questions under way: when a key is forgotten, hundreds of requests would ask at once. */
  let asked = new Map<string, Promise<Known | null>>();

  async function issue(credential: NewCredential): Promise<{ id: string }> {
    const { merchantId, dialect, mode, label, secret } = credential;
    const id = newId();
    const prefix = secret.slice(0, PREFIX_LENGTH);
    await db.query(
      `insert into credentials
         (merchant_id, id, dialect, mode, label, prefix, secret_hash, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [merchantId, id, dialect, mode, label, prefix, bytesOf(hashOf(secret)), now()],
    );
    return { id };
  }

  async function identify(dialect: string | null, secret: string): Promise<Caller | null> {
    if (secret === '' || secret.length > MAX_SECRET_LENGTH) return null;
    const known = await recall(hashOf(secret));
    if (!known || (dialect !== null && known.dialect !== dialect)) return null;
    return known.expiresAt !== null && known.expiresAt <= now() ? null : known;
  }

  // Looked up by hash, so the time taken tells nothing about how much of a secret was right.
  async function recall(key: string): Promise<Known | null> {
    const cached = cache.get(key);
    if (cached && cached.until > performance.now()) return cached.known;
    const before = asked.get(key);
    if (before) return before;
    const current = asked;
    const question = look(key, current).finally(() => current.delete(key));
    asked.set(key, question);
    return question;
  }

  async function look(key: string, during: typeof asked): Promise<Known | null> {
    const [known] = await db.query<Known>(
      `select merchant_id as "merchantId", id as "credentialId", mode, dialect,
              expires_at as "expiresAt"
         from credentials where secret_hash = $1 and revoked_at is null`,
      [bytesOf(key)],
      'credential',
    );
    cache.delete(key);
    if (!known) return null;
    // Somebody has revoked a key meanwhile, and it may be this one.
    if (during !== asked) return known;
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(key, { known, until: performance.now() + CACHE_MS });
    return known;
  }

  async function wasIssued(dialect: string, secret: string): Promise<boolean> {
    if (secret === '' || secret.length > MAX_SECRET_LENGTH) return false;
    const rows = await db.query(
      'select 1 from credentials where secret_hash = $1 and dialect = $2',
      [bytesOf(hashOf(secret)), dialect],
      'credential-ever',
    );
    return rows.length > 0;
  }

  async function revoke(credentialId: string): Promise<boolean> {
    const rows = await db.query(
      `update credentials set revoked_at = $2 where id = $1 and revoked_at is null returning id`,
      [credentialId, now()],
    );
    cache.clear();
    asked = new Map();
    return rows.length > 0;
  }

  async function list(merchantId?: string): Promise<CredentialRow[]> {
    return db.query<CredentialRow>(
      `select id, merchant_id as "merchantId", dialect, mode, label, prefix,
              created_at as "createdAt", revoked_at as "revokedAt"
         from credentials where $1::uuid is null or merchant_id = $1 order by created_at`,
      [merchantId ?? null],
    );
  }

  return { issue, identify, wasIssued, revoke, list };
}

/** A character for each byte: every request needs it, and a Buffer costs three times the hash. */
function hashOf(secret: string): string {
  return hash('sha256', secret, 'binary');
}

/** As the table has it. */
function bytesOf(secretHash: string): Buffer {
  return Buffer.from(secretHash, 'binary');
}
