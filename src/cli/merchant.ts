// `dragoman merchant create` and `list`.

import { loadConfig } from '../config.ts';
import type { Database } from '../db/database.ts';
import { createMerchants } from '../merchants/merchants.ts';
import type { Merchant } from '../merchants/settings.ts';
import { columns, readOptions, required, UsageError, type Command } from './command.ts';
import { withDatabase } from './database.ts';

const longestName = 200;

export const merchantCreate: Command = {
  usage: 'merchant create --name <name>',
  summary: 'Makes a merchant and prints its id.',
  async run(words, terminal) {
    const name = required(readOptions(words, ['name']), 'name');
    if (name.length > longestName) throw new UsageError(`--name is longer than ${longestName}`);
    await withDatabase(loadConfig(), terminal, async (db) => {
      const merchant = await createMerchants({ db, now: () => new Date() }).create(name);
      terminal.out(merchant.id);
    });
    return 0;
  },
};

export const merchantList: Command = {
  usage: 'merchant list',
  summary: 'Lists the merchants.',
  async run(words, terminal) {
    readOptions(words, []);
    await withDatabase(loadConfig(), terminal, async (db) => {
      const merchants = await createMerchants({ db, now: () => new Date() }).list();
      const rows = merchants.map(({ id, shopId, name }) => [id, String(shopId), name]);
      for (const row of columns([['id', 'shop', 'name'], ...rows])) terminal.out(row);
    });
    return 0;
  },
};

/** By id, shop number or name; throws when none or more than one is meant. */
export async function findMerchant(db: Database, word: string): Promise<Merchant> {
  const merchants = await createMerchants({ db, now: () => new Date() }).list();
  const found = merchants.filter(
    ({ id, shopId, name }) => id === word || String(shopId) === word || name === word,
  );
  const [only] = found;
  if (!only) throw new Error(`there is no merchant "${word}"; "dragoman merchant list" shows them`);
  if (found.length > 1) throw new Error(`"${word}" names ${found.length} merchants: give the id`);
  return only;
}
