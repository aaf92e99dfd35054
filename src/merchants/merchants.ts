// Merchants: who is paid. Read on every path, so kept in memory for a moment.

import { v7 as newId } from 'uuid';
import type { Database, Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import type { Merchant, MerchantSettings } from './settings.ts';

export type Merchants = {
  create(name: string, id?: string): Promise<Merchant>;
  /** Throws for an unknown id: callers hold ids that came from our own tables. */
  load(tx: Tx, merchantId: string): Promise<Merchant>;
  updateSettings(
    merchantId: string,
    mode: Mode,
    change: (settings: MerchantSettings) => MerchantSettings,
  ): Promise<Merchant>;
  list(): Promise<Merchant[]>;
};

/** Another process may change settings: it takes this long until this one notices. */
const CACHE_MS = 2_000;
const MAX_CACHED = 10_000;

export function createMerchants(deps: { db: Database; now: () => Date }): Merchants {
  const { db, now } = deps;
  const cache = new Map<string, { merchant: Merchant; until: number }>();
  /** Questions under way: when a merchant is forgotten, hundreds of requests would ask at once. */
  const asked = new Map<string, Promise<Merchant>>();

  function remember(merchant: Merchant): Merchant {
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(merchant.id, { merchant, until: performance.now() + CACHE_MS });
    return merchant;
  }

  async function create(name: string, id: string = newId()): Promise<Merchant> {
    const rows = await db.query<MerchantRow>(
      `insert into merchants (id, name, created_at) values ($1, $2, $3)
       returning id, shop_id, name, settings`,
      [id, name, now()],
    );
    return remember(only(rows, id));
  }

  async function load(tx: Tx, merchantId: string): Promise<Merchant> {
    const cached = cache.get(merchantId);
    if (cached && cached.until > performance.now()) return cached.merchant;
    // A transaction asks for itself: it must not wait for who may be waiting for its connection.
    if (tx !== db) return read(tx, merchantId);
    const question =
      asked.get(merchantId) ?? read(db, merchantId).finally(() => asked.delete(merchantId));
    asked.set(merchantId, question);
    return question;
  }

  async function read(tx: Tx, merchantId: string): Promise<Merchant> {
    const rows = await tx.query<MerchantRow>(
      'select id, shop_id, name, settings from merchants where id = $1',
      [merchantId],
      'merchant',
    );
    return remember(only(rows, merchantId));
  }

  async function updateSettings(
    merchantId: string,
    mode: Mode,
    change: (settings: MerchantSettings) => MerchantSettings,
  ): Promise<Merchant> {
    const merchant = await db.transaction(async (tx) => {
      const [row] = await tx.query<MerchantRow>(
        'select id, shop_id, name, settings from merchants where id = $1 for update',
        [merchantId],
      );
      if (!row) throw new Error(`unknown merchant ${merchantId}`);
      const settings = { ...row.settings, [mode]: change(row.settings[mode] ?? {}) };
      await tx.query('update merchants set settings = $2 where id = $1', [merchantId, settings]);
      return toMerchant({ ...row, settings });
    });
    return remember(merchant);
  }

  async function list(): Promise<Merchant[]> {
    const rows = await db.query<MerchantRow>(
      'select id, shop_id, name, settings from merchants order by shop_id',
    );
    return rows.map(toMerchant);
  }

  return { create, load, updateSettings, list };
}

type MerchantRow = {
  readonly id: string;
  readonly shop_id: number;
  readonly name: string;
  readonly settings: Partial<Record<Mode, MerchantSettings>>;
};

function only(rows: MerchantRow[], id: string): Merchant {
  const [row] = rows;
  if (!row) throw new Error(`unknown merchant ${id}`);
  return toMerchant(row);
}

function toMerchant(row: MerchantRow): Merchant {
  const settings = { test: row.settings.test ?? {}, live: row.settings.live ?? {} };
  return { id: row.id, shopId: row.shop_id, name: row.name, settings };
}
