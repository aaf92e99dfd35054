// Who made a transaction: managers see it with each one. Kept in memory for a moment, because a
// list has few creators and many transactions.

import type { User } from '../../merchants/users.ts';
import type { XpayNeeds } from './needs.ts';

const CACHE_MS = 5_000;
const MAX_CACHED = 10_000;

export type Creators = {
  /** By the ids of users; one who is gone is not there. */
  of(ids: Iterable<string | null>): Promise<ReadonlyMap<string | null, User>>;
};

export function createCreators({ users }: Pick<XpayNeeds, 'users'>): Creators {
  const cache = new Map<string, { readonly user: User | null; readonly until: number }>();

  async function one(id: string): Promise<User | null> {
    const cached = cache.get(id);
    if (cached && cached.until > performance.now()) return cached.user;
    const user = await users.byId(id);
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(id, { user, until: performance.now() + CACHE_MS });
    return user;
  }

  async function of(ids: Iterable<string | null>): Promise<ReadonlyMap<string | null, User>> {
    const found = new Map<string | null, User>();
    for (const id of new Set(ids)) {
      const user = id === null ? null : await one(id);
      if (user !== null) found.set(id, user);
    }
    return found;
  }

  return { of };
}
