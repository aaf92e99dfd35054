// The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes on paper.

import { hash, randomBytes } from 'node:crypto';
import { base32 } from '@scure/base';
import { generateSecret, generateURI, verifySync } from 'otplib';
import type { Database, Tx } from '../db/database.ts';
import { type Actor, record } from './staff-log.ts';
import { type Proofs, type User, lockUser, readProofs } from './user-rows.ts';
import type { Vault } from './vault.ts';

export type SecondFactor = {
  /**
   * A new secret, as text and as the URI that apps read from a QR code. It counts once `confirm`
   * has seen a code of it. Null when a confirmed one is on: that must be turned off first.
   */
  enable(userId: string, actor: Actor): Promise<{ secret: string; uri: string } | null>;
  /** Answers the recovery codes, this once; null for a wrong code or nothing to confirm. */
  confirm(userId: string, code: string, actor: Actor): Promise<string[] | null>;
  /** False when there was none. */
  disable(userId: string, actor: Actor): Promise<boolean>;
  /** What the code is, if it is one that may be used; changes nothing. */
  recognise(user: User, proofs: Proofs, code: string): FactorUse | null;
  /** Uses the code up. False when somebody else has, meanwhile. */
  use(tx: Tx, user: User, use: FactorUse): Promise<boolean>;
};

export type FactorUse = { readonly step: number } | { readonly recovery: Buffer };

const ISSUER = 'Dragoman';
const SECRET_BYTES = 20;
const STEP_SECONDS = 30;
const SECOND_MS = 1_000;
/** RFC 6238, 5.2: at most one step for slow hands and clocks that are off, each way. */
const SKEW_SECONDS = STEP_SECONDS;
const CODE_PATTERN = /^\d{6}$/;
const RECOVERY_CODES = 10;
/** 80 random bits: a fast hash is enough. */
const RECOVERY_BYTES = 10;
const RECOVERY_PATTERN = /^[a-z2-7]{16}$/;

export function createSecondFactor(deps: {
  readonly db: Database;
  readonly vault: Vault;
  readonly now: () => Date;
}): SecondFactor {
  const { db, vault, now } = deps;

  async function enable(userId: string, actor: Actor) {
    const secret = generateSecret({ length: SECRET_BYTES });
    return db.transaction(async (tx) => {
      const user = await lockUser(tx, userId);
      if (user.secondFactor) return null;
      await tx.query(
        `update users set totp_secret = $2, totp_last_step = null, recovery_hashes = '{}'
          where id = $1`,
        [userId, vault.seal(secret, contextOf(userId))],
      );
      await note(tx, actor, user, 'user.second-factor-begun');
      return { secret, uri: generateURI({ issuer: ISSUER, label: user.email, secret }) };
    });
  }

  async function confirm(userId: string, code: string, actor: Actor): Promise<string[] | null> {
    return db.transaction(async (tx) => {
      const user = await lockUser(tx, userId);
      const found = await readProofs(tx, { id: userId });
      const step = found && !user.secondFactor ? stepOf(user, found.proofs, plain(code)) : null;
      if (step === null) return null;
      const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
      await tx.query(
        `update users set totp_confirmed = true, totp_last_step = $2, recovery_hashes = $3
          where id = $1`,
        [userId, step, codes.map((one) => recoveryHash(userId, plain(one)))],
      );
      await note(tx, actor, user, 'user.second-factor-on');
      return codes;
    });
  }

  async function disable(userId: string, actor: Actor): Promise<boolean> {
    return db.transaction(async (tx) => {
      const user = await lockUser(tx, userId);
      const rows = await tx.query(
        `update users set totp_secret = null, totp_confirmed = false, totp_last_step = null,
                recovery_hashes = '{}'
          where id = $1 and totp_secret is not null returning 1`,
        [userId],
      );
      if (rows.length === 0) return false;
      await note(tx, actor, user, 'user.second-factor-off');
      return true;
    });
  }

  function recognise(user: User, proofs: Proofs, code: string): FactorUse | null {
    const text = plain(code);
    if (RECOVERY_PATTERN.test(text)) {
      const recovery = recoveryHash(user.id, text);
      return proofs.recoveryHashes.some((one) => one.equals(recovery)) ? { recovery } : null;
    }
    const step = stepOf(user, proofs, text);
    return step === null ? null : { step };
  }

  /** The time step that the code belongs to, unless that one or a later one was used before. */
  function stepOf(user: User, { totpSecret, totpLastStep }: Proofs, code: string): number | null {
    if (totpSecret === null || !CODE_PATTERN.test(code)) return null;
    const result = verifySync({
      secret: vault.open(totpSecret, contextOf(user.id)),
      token: code,
      epoch: Math.floor(now().getTime() / SECOND_MS),
      epochTolerance: SKEW_SECONDS,
    });
    if (!result.valid || !('timeStep' in result)) return null;
    return totpLastStep !== null && result.timeStep <= totpLastStep ? null : result.timeStep;
  }

  async function use(tx: Tx, { id }: User, used: FactorUse): Promise<boolean> {
    const rows =
      'step' in used
        ? await tx.query(
            `update users set totp_last_step = $2
              where id = $1 and totp_confirmed
                and (totp_last_step is null or totp_last_step < $2)
              returning 1`,
            [id, used.step],
          )
        : await tx.query(
            `update users set recovery_hashes = array_remove(recovery_hashes, $2)
              where id = $1 and totp_confirmed and $2 = any(recovery_hashes)
              returning 1`,
            [id, used.recovery],
          );
    return rows.length === 1;
  }

  async function note(tx: Tx, actor: Actor, user: User, action: string): Promise<void> {
    const { merchantId, id: subject } = user;
    await record(tx, { ...actor, at: now(), merchantId, action, subject, details: null });
  }

  return { enable, confirm, disable, recognise, use };
}

function contextOf(userId: string): string {
  return `second factor of ${userId}`;
}

/** As people type it: spaces, dashes and capitals are theirs. */
function plain(code: string): string {
  return code.replaceAll(/[\s-]/g, '').toLowerCase();
}

function newRecoveryCode(): string {
  const text = base32.encode(randomBytes(RECOVERY_BYTES)).toLowerCase();
  return text.match(/.{4}/g)?.join('-') ?? text;
}

/** Bound to its owner: equal hashes in two rows would tell something. */
function recoveryHash(userId: string, code: string): Buffer {
  return hash('sha256', `${userId}:${code}`, 'buffer');
}
