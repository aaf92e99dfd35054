// What the commands of the desk share: its modules, amounts and whole numbers as people type them.

import { loadConfig } from '../config.ts';
import type { Database } from '../db/database.ts';
import { DeskRefused } from '../desk/refused.ts';
import { type Requisites, createRequisites } from '../desk/requisites.ts';
import { type Traders, createTraders } from '../desk/traders.ts';
import { type UniqueMode, uniqueModes } from '../desk/unique.ts';
import { createVault } from '../merchants/vault.ts';
import { decimalsOf, findAsset } from '../money/assets.ts';
import { parseDecimal } from '../money/decimal.ts';
import { loadSecretKey } from '../secret.ts';
import { type Terminal, UsageError } from './command.ts';
import { withDatabase } from './database.ts';

export type DeskTools = {
  readonly db: Database;
  readonly requisites: Requisites;
  readonly traders: Traders;
};

const maxCount = 1_000_000_000;

/** Runs `work` on the desk of this installation; what it refuses is a wrong call. */
export async function withDesk<T>(
  terminal: Terminal,
  work: (desk: DeskTools) => Promise<T>,
): Promise<T> {
  const config = loadConfig();
  return withDatabase(config, terminal, async (db) => {
    const secretKey = await loadSecretKey(config);
    const now = (): Date => new Date();
    const vault = createVault(secretKey);
    const requisites = createRequisites({ db, vault, secretKey, now });
    try {
      return await work({ db, requisites, traders: createTraders({ db, now }) });
    } catch (error) {
      if (error instanceof DeskRefused) throw new UsageError(error.message);
      throw error;
    }
  });
}

/** The trader of this e-mail; throws when nobody, or somebody else, has it. */
export async function traderOf(db: Database, email: string): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    "select id from users where email = $1 and role = 'trader'",
    [email.trim().toLowerCase()],
  );
  if (!row) throw new UsageError(`no trader has the e-mail ${email}`);
  return row.id;
}

export function currencyOf(word: string): string {
  const code = word.toUpperCase();
  if (!findAsset(code)) throw new UsageError(`"${word}" is no currency`);
  return code;
}

export function unitsOf(name: string, text: string, currency: string): bigint {
  const units = parseDecimal(text, decimalsOf(currency));
  if (typeof units === 'bigint') return units;
  throw new UsageError(`--${name} must be an amount of ${currency}, as 12.50`);
}

export function countOf(name: string, text: string): number {
  const count = /^\d{1,10}$/.test(text) ? Number.parseInt(text, 10) : -1;
  if (count >= 0 && count <= maxCount) return count;
  throw new UsageError(`--${name} must be a whole number`);
}

export function uniqueModeOf(word: string): UniqueMode {
  const mode = uniqueModes.find((one) => one === word);
  if (!mode) throw new UsageError(`--unique must be one of ${uniqueModes.join(', ')}`);
  return mode;
}
