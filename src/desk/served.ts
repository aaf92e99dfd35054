// Whether a merchant has any requisite at all for a way to pay: asked often, so kept for a moment.

import type { Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import type { Way } from './requisite-number.ts';

/** May be a few seconds old, and says nothing about limits. */
export type IsServed = (
  merchantId: string,
  mode: Mode,
  way: Way,
  currency: string,
) => Promise<boolean>;

const CACHE_MS = 2_000;
const MAX_CACHED = 10_000;

export function createIsServed(db: Tx): IsServed {
  const cache = new Map<string, { readonly served: Promise<boolean>; readonly until: number }>();

  return async (merchantId, mode, way, currency) => {
    const key = `${merchantId} ${mode} ${way} ${currency}`;
    const known = cache.get(key);
    if (known && known.until > performance.now()) return known.served;
    if (cache.size >= MAX_CACHED) cache.clear();
    const served = look(db, merchantId, mode, way, currency);
    cache.set(key, { served, until: performance.now() + CACHE_MS });
    served.catch(() => cache.delete(key));
    return served;
  };
}

async function look(db: Tx, ...pool: [string, Mode, Way, string]): Promise<boolean> {
  const rows = await db.query(
    `select from requisites
      where merchant_id = $1 and mode = $2 and way = $3 and currency = $4 and active limit 1`,
    pool,
    'desk-is-served',
  );
  return rows.length > 0;
}
