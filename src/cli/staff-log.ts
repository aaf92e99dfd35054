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
        details === null ? '' : JSON.stringify(details),
      ]);
      for (const row of columns([['at', 'who', 'what', 'whom', 'from', ''], ...rows])) {
        terminal.out(row);
      }
    });
    return 0;
  },
};
