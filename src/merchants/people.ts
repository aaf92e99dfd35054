// People: users, sign-in, passwords and second factors, built together as each needs the others.

import type { Database } from '../db/database.ts';
import { createAttempts, PLACE_LIFE_MS } from './attempts.ts';
import { createPasswords } from './passwords.ts';
import { type SecondFactor, createSecondFactor } from './second-factor.ts';
import { type SignIn, createSignIn } from './sign-in.ts';
import { createTokens } from './tokens.ts';
import { createTurns } from './turns.ts';
import { type Users, createUsers } from './users.ts';
import { createVault } from './vault.ts';

/** What the job runner takes, without knowing of it. */
export type Chore = {
  readonly name: string;
  /** Five cron fields, UTC. */
  readonly cron: string;
  readonly run: () => Promise<void>;
};

export type People = {
  readonly users: Users;
  readonly signIn: SignIn['signIn'];
  readonly secondFactor: SecondFactor;
  readonly jobs: readonly Chore[];
  /** Ends the thread of the passwords, if it ever started. */
  close(): Promise<void>;
};

/** Each holds a connection for moments only; passwords are checked one by one anyway. */
const SIGN_INS_AT_ONCE = 4;
const MAX_WAITING = 256;
const MAX_WAITING_PER_ADDRESS = 64;
const FORGET_FAILURES_CRON = '*/10 * * * *';
const FORGET_PLACES_CRON = '47 2 * * *';

/** `secretKey` is the installation's key, from which the vault's and the tokens' keys come. */
export function createPeople(deps: {
  readonly db: Database;
  readonly secretKey: Buffer;
  readonly now: () => Date;
}): People {
  const { db, secretKey, now } = deps;
  const passwords = createPasswords();
  const tokens = createTokens(secretKey);
  const attempts = createAttempts({ db, now });
  const secondFactor = createSecondFactor({ db, vault: createVault(secretKey), now });
  const turns = createTurns({
    atOnce: SIGN_INS_AT_ONCE,
    maxWaiting: MAX_WAITING,
    maxWaitingPerKey: MAX_WAITING_PER_ADDRESS,
  });
  const users = createUsers({ db, passwords, tokens, attempts, turns, now });
  const parts = { db, passwords, tokens, secondFactor, attempts, turns, now };
  return {
    users,
    signIn: createSignIn(parts).signIn,
    secondFactor,
    jobs: [
      { name: 'people.forget-failures', cron: FORGET_FAILURES_CRON, run: attempts.forget },
      {
        name: 'people.forget-places',
        cron: FORGET_PLACES_CRON,
        run: async () => {
          const before = new Date(now().getTime() - PLACE_LIFE_MS);
          await db.query('delete from sign_in_places where at <= $1', [before]);
        },
      },
    ],
    close: passwords.close,
  };
}
