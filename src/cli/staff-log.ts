// `dragoman staff log`: what people did.

import { listStaffActions } from '../merchants/staff-log.ts';
import { type Command, UsageError, columns, readOptions } from './command.ts';
import { findMerchant } from './merchant.ts';
import { withPeople } from './user-work.ts';

const fewest = 1;
const most = 1_000;
const usual = '100';

export const staffLog: Command = {
  usage: 'staff log [--merchant <id or name>] [--limit 100]',
  summary: 'Lists what people did, newest first. "shell" is whoever used these commands.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant', 'limit']);
    const limit = Number(options.limit ?? usual);
    if (!Number.isInteger(limit) || limit < fewest || limit > most) {
      throw new UsageError(`--limit is a whole number from ${fewest} to ${most}`);
    }
    await withPeople(terminal, async ({ users }, db) => {
      const merchant = options.merchant ? await findMerchant(db, options.merchant) : null;
      const filter = { limit, ...(merchant ? { merchantId: merchant.id } : {}) };
      const actions = await listStaffActions(db, filter);
      const names = new Map((await users.list()).map(({ id, email }) => [id, email]));
      const nameOf = (id: string): string => names.get(id) ?? id;
      const rows = actions.map(({ at, userId, action, subject, details, address }) => [
        at.toISOString(),
        userId === null ? 'shell' : nameOf(userId),
        action,
        subject === null ? '' : nameOf(subject),
        address ?? '',
        shownDetails(details ?? {}),
      ]);
      for (const row of columns([['at', 'who', 'what', 'whom', 'from', ''], ...rows])) {
        terminal.out(row);
      }
    });
    return 0;
  },
};

/** A change as `active: true → false`; the members of JSON come back in an order of their own. */
function shownDetails(details: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(details).map(([name, value]) => {
    const change = value as { from?: unknown; to?: unknown } | null;
    const isChange = typeof change === 'object' && change !== null && 'to' in change;
    const { from, to } = isChange ? change : {};
    return isChange
      ? `${name}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`
      : `${name}: ${JSON.stringify(value)}`;
  });
  return parts.join(', ');
}
