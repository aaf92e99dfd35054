// Database settings under which an acknowledged payment could be lost: with these we do not start.

import type { Tx } from './database.ts';

type Rule = { readonly name: string; readonly safe: readonly string[]; readonly danger: string };

const rules: readonly Rule[] = [
  {
    name: 'fsync',
    safe: ['on'],
    danger: 'a power cut can destroy the database',
  },
  {
    // `local` does not wait for standbys, but it does wait for the disk.
    name: 'synchronous_commit',
    safe: ['on', 'local', 'remote_write', 'remote_apply'],
    danger: 'a crash loses payments that were already acknowledged',
  },
  {
    name: 'full_page_writes',
    safe: ['on'],
    danger: 'a power cut can leave half-written pages that cannot be repaired',
  },
];

/** One sentence for each unsafe setting, as this connection sees it; empty when all is well. */
export async function unsafeSettings(db: Tx): Promise<string[]> {
  const rows = await db.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any($1)',
    [rules.map((rule) => rule.name)],
  );
  const complaints: string[] = [];
  for (const rule of rules) {
    // A PostgreSQL-compatible cluster that lacks the setting has no way to switch it off.
    const found = rows.find((row) => row.name === rule.name);
    if (!found || rule.safe.includes(found.setting)) continue;
    complaints.push(`the database setting ${rule.name} is ${found.setting}: ${rule.danger}`);
  }
  return complaints;
}
