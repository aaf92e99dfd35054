// Whose token it is: asked on every call of a user's program, so kept in memory for a moment.

import type { Database } from '../db/database.ts';
import { looksLikeToken, tokenHash } from './tokens.ts';
import { type User, userColumns } from './user-rows.ts';

export type TokenCache = {
  /** Null for an unknown token. A disabled person is found, with `active` false. */
  byToken(token: string): Promise<User | null>;
  /** Somebody was changed: nothing that was read before counts any more. */
  forget(): void;
};

/** How long a process may go on trusting a token that another process has rotated or disabled. */
const CACHE_MS = 2_000;
const MAX_CACHED = 10_000;

export function createTokenCache(db: Database): TokenCache {
  const cache = new Map<string, { user: User; until: number }>();
  /** Questions under way: when a token is forgotten, hundreds of requests would ask at once. */
  let asked = new Map<string, Promise<User | null>>();

  async function byToken(token: string): Promise<User | null> {
    if (!looksLikeToken(token)) return null;
    const cached = cache.get(token);
    if (cached && cached.until > performance.now()) return cached.user;
    const before = asked.get(token);
    if (before) return before;
    const current = asked;
    const question = look(token, current).finally(() => current.delete(token));
    asked.set(token, question);
    return question;
  }

  async function look(token: string, during: typeof asked): Promise<User | null> {
    const [user] = await db.query<User>(
      `select ${userColumns} from users where token_hash = $1`,
      [tokenHash(token)],
      'user-by-token',
    );
    cache.delete(token);
    if (!user) return null;
    // Somebody was changed meanwhile, and it may be this one.
    if (during !== asked) return user;
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(token, { user, until: performance.now() + CACHE_MS });
    return user;
  }

  function forget(): void {
    cache.clear();
    asked = new Map();
  }

  return { byToken, forget };
}
