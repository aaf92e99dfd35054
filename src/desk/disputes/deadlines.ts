// Deadlines: every minute each dispute that lives is looked at, so that none is forgotten.

import type { Database } from '../../db/database.ts';
import type { Job } from '../../jobs/jobs.ts';
import type { Acting } from './acting.ts';
import { livingAfter } from './dispute-rows.ts';

const CRON = '* * * * *';
const PAGE = 500;

export function deadlinesJob(db: Database, { look }: Pick<Acting, 'look'>): Job {
  return { name: 'desk.disputes', cron: CRON, run: () => lookAtAll(db, look) };
}

/** One after the other, each in a transaction of its own: one in trouble holds up no other. */
async function lookAtAll(db: Database, look: Acting['look']): Promise<void> {
  let trouble: { readonly error: unknown } | null = null;
  let after: string | null = null;
  for (;;) {
    const ids: readonly string[] = await livingAfter(db, after, PAGE);
    for (const id of ids) {
      try {
        await db.transaction((tx) => look(tx, id));
      } catch (error) {
        trouble ??= { error };
      }
    }
    if (ids.length < PAGE) break;
    after = ids.at(-1) ?? null;
  }
  if (trouble) throw trouble.error;
}
