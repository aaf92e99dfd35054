// Sign-in: who proves to be a person, from where, how often, and what they get for it.

import type { Database } from '../db/database.ts';
import { type Attempt, type Attempts, PLACE_LIFE_MS } from './attempts.ts';
import type { Passwords } from './passwords.ts';
import type { FactorUse, SecondFactor } from './second-factor.ts';
import { record } from './staff-log.ts';
import type { Tokens } from './tokens.ts';
import type { Turns } from './turns.ts';
import { type Proofs, type User, normalEmail, readProofs } from './user-rows.ts';
import { tellToken } from './users.ts';

export type Claim = {
  readonly email: string;
  readonly password: string;
  /** A code of the authenticator app, or a recovery code. */
  readonly otp?: string | undefined;
  /** Normalised by the caller: IPv4 whole, IPv6 by its /64. */
  readonly address: string;
};

export type SignedIn =
  | { readonly kind: 'ok'; readonly user: User; readonly token: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number };

export type SignIn = {
  /**
   * One answer, after the same work, for an unknown e-mail, a wrong password, a disabled person
   * and a second factor that is missing, wrong or used up: nobody learns which of them it was.
   *
   * A second factor is asked for at every door, the APIs of shops included, for otherwise a stolen
   * password would open the one door that does not ask. A program that signs in with e-mail and
   * password sends the code as `otp`; one that knows no such member is given the token itself,
   * which stays the same for ever and which its owner gets with `dragoman user token`.
   */
  signIn(claim: Claim): Promise<SignedIn>;
};

export type SignInDeps = {
  readonly db: Database;
  readonly passwords: Passwords;
  readonly tokens: Tokens;
  readonly secondFactor: SecondFactor;
  readonly attempts: Attempts;
  readonly turns: Turns;
  readonly now: () => Date;
};

type Known = { readonly user: User; readonly proofs: Proofs };

const refused = { kind: 'refused' } as const;

export function createSignIn(deps: SignInDeps): SignIn {
  const { db, passwords, tokens, secondFactor, attempts, turns, now } = deps;

  // One after the other from one address: honest people at the same till never meet the limit
  // because of each other, and one address alone keeps nobody else waiting.
  async function signIn(claim: Claim): Promise<SignedIn> {
    return turns.take(claim.address, () => attempt(claim));
  }

  async function attempt({ email, password, otp, address }: Claim): Promise<SignedIn> {
    const account = normalEmail(email);
    const known = await readProofs(db, { email: account });
    const current = { account, address, userId: known?.user.id ?? null };
    const retryAfterSeconds = await attempts.reserve(current);
    if (retryAfterSeconds !== null) return { kind: 'limited', retryAfterSeconds };
    // Before the password, and whatever comes of it: the time taken must not tell it was right.
    const factor = known && otp !== undefined ? factorOf(known, otp) : null;
    const proven = await passwords.verify(known?.proofs.passwordHash ?? null, password);
    if (!known || !proven || !known.user.active) return refused;
    if (known.user.secondFactor && factor === null) return refused;
    if (!(await enter(known, factor, current))) return refused;
    await renewHash(known, password);
    const { user, proofs } = known;
    const token = tellToken(tokens, user.id, proofs.tokenGeneration, proofs.tokenHash);
    return { kind: 'ok', user, token };
  }

  function factorOf({ user, proofs }: Known, otp: string): FactorUse | null {
    return user.secondFactor ? secondFactor.recognise(user, proofs, otp) : null;
  }

  /** False when what was proven is true no more: a code or the password was used or changed. */
  async function enter(known: Known, factor: FactorUse | null, current: Attempt): Promise<boolean> {
    const { user, proofs } = known;
    return db.transaction(async (tx) => {
      const same = await tx.query(
        `select 1 from users where id = $1 and active and password_hash = $2
            and totp_confirmed = $3 and token_generation = $4 for update`,
        [user.id, proofs.passwordHash, user.secondFactor, proofs.tokenGeneration],
      );
      if (same.length === 0) return false;
      if (factor !== null && !(await secondFactor.use(tx, user, factor))) return false;
      await attempts.forgive(tx, current);
      const { address } = current;
      const [before] = await tx.query<{ at: Date }>(
        'select at from sign_in_places where user_id = $1 and address = $2',
        [user.id, address],
      );
      await tx.query(
        `insert into sign_in_places (user_id, address, at) values ($1, $2, $3)
         on conflict (user_id, address) do update set at = excluded.at`,
        [user.id, address, now()],
      );
      if (before && before.at.getTime() > now().getTime() - PLACE_LIFE_MS) return true;
      const { id, merchantId } = user;
      const act = { action: 'user.signed-in-from-new-place', subject: id, details: null };
      await record(tx, { at: now(), userId: id, merchantId, address, ...act });
      return true;
    });
  }

  /** Passwords hashed with yesterday's parameters get today's, now that we see them. */
  async function renewHash({ user, proofs }: Known, password: string): Promise<void> {
    if (passwords.isCurrent(proofs.passwordHash)) return;
    // With too many waiting it is left for the next time: whoever is here has signed in.
    const fresh = await passwords.hash(password).catch(() => null);
    if (fresh === null) return;
    await db.query('update users set password_hash = $3 where id = $1 and password_hash = $2', [
      user.id,
      proofs.passwordHash,
      fresh,
    ]);
  }

  return { signIn };
}
