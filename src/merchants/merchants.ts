// Merchants: who is paid. Read on every path, so kept in memory for a moment.

import type { Database, Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import { newId } from './ids.ts';
import type {
  Commerce,
  IdentityDocument,
  Merchant,
  MerchantSettings,
  Verification,
} from './settings.ts';
import { type Actor, record } from './staff-log.ts';

export type Merchants = {
  create(name: string, id?: string): Promise<Merchant>;
  /** Throws for an unknown id: callers hold ids that came from our own tables. */
  load(tx: Tx, merchantId: string): Promise<Merchant>;
  /** By the integer that X-Link knows a merchant by; null when nobody has it. */
  findByShop(shopId: number): Promise<Merchant | null>;
  /** `by` is written down with the name of what was changed; not what it is now, nor was. */
  updateSettings(
    merchantId: string,
    mode: Mode,
    change: (settings: MerchantSettings) => MerchantSettings,
    by?: Actor & { readonly subject: string },
  ): Promise<Merchant>;
  /**
   * Changes the members that are given and writes down who did it and what it was before. What is
   * the same already is no change. Throws for an unknown id.
   */
  changeCommerce(merchantId: string, patch: Partial<Commerce>, actor: Actor): Promise<Merchant>;
  list(): Promise<Merchant[]>;
};

/** Another process may change settings: it takes this long until this one notices. */
const CACHE_MS = 2_000;
const MAX_CACHED = 10_000;
/** PostgreSQL's integer. */
const MAX_SHOP_ID = 2 ** 31 - 1;

const columns = 'id, shop_id, name, settings, email, active, verification, document, fiat_withdraw';

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
       returning ${columns}`,
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
      `select ${columns} from merchants where id = $1`,
      [merchantId],
      'merchant',
    );
    return remember(only(rows, merchantId));
  }

  async function findByShop(shopId: number): Promise<Merchant | null> {
    if (!Number.isInteger(shopId) || shopId < 1 || shopId > MAX_SHOP_ID) return null;
    const [row] = await db.query<MerchantRow>(
      `select ${columns} from merchants where shop_id = $1`,
      [shopId],
      'merchant-by-shop',
    );
    return row ? remember(toMerchant(row)) : null;
  }

  async function updateSettings(
    merchantId: string,
    mode: Mode,
    change: (settings: MerchantSettings) => MerchantSettings,
    by?: Actor & { readonly subject: string },
  ): Promise<Merchant> {
    const merchant = await db.transaction(async (tx) => {
      const row = await lock(tx, merchantId);
      const settings = { ...row.settings, [mode]: change(row.settings[mode] ?? {}) };
      await tx.query('update merchants set settings = $2 where id = $1', [merchantId, settings]);
      if (by) {
        const act = { merchantId, action: 'settings.changed', details: { mode } };
        await record(tx, { ...by, ...act, at: now() });
      }
      return toMerchant({ ...row, settings });
    });
    return remember(merchant);
  }

  async function changeCommerce(
    merchantId: string,
    patch: Partial<Commerce>,
    actor: Actor,
  ): Promise<Merchant> {
    const merchant = await db.transaction(async (tx) => {
      const before = toMerchant(await lock(tx, merchantId));
      const after = { ...before, ...given(patch) };
      const details = differences(before, after);
      if (Object.keys(details).length === 0) return before;
      const { email, active, verification, document, fiatWithdraw } = after;
      await tx.query(
        `update merchants set email = $2, active = $3, verification = $4, document = $5,
                fiat_withdraw = $6
          where id = $1`,
        [merchantId, email, active, verification, document, fiatWithdraw],
      );
      const act = { merchantId, action: 'commerce.changed', subject: merchantId, details };
      await record(tx, { ...actor, ...act, at: now() });
      return after;
    });
    return remember(merchant);
  }

  async function list(): Promise<Merchant[]> {
    const rows = await db.query<MerchantRow>(`select ${columns} from merchants order by shop_id`);
    return rows.map(toMerchant);
  }

  return { create, load, findByShop, updateSettings, changeCommerce, list };
}

async function lock(tx: Tx, merchantId: string): Promise<MerchantRow> {
  const [row] = await tx.query<MerchantRow>(
    `select ${columns} from merchants where id = $1 for update`,
    [merchantId],
  );
  if (!row) throw new Error(`unknown merchant ${merchantId}`);
  return row;
}

const commerceMembers = ['email', 'active', 'verification', 'document', 'fiatWithdraw'] as const;

/** Only members of a commerce, whatever else the object brings along. */
function given(patch: Partial<Commerce>): Partial<Commerce> {
  const names = commerceMembers.filter((name) => patch[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, patch[name]]));
}

function differences(before: Commerce, after: Commerce): Record<string, unknown> {
  const names = commerceMembers.filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  return Object.fromEntries(names.map((name) => [name, { from: before[name], to: after[name] }]));
}

type MerchantRow = {
  readonly id: string;
  readonly shop_id: number;
  readonly name: string;
  readonly settings: Partial<Record<Mode, MerchantSettings>>;
  readonly email: string | null;
  readonly active: boolean;
  readonly verification: Verification;
  readonly document: IdentityDocument | null;
  readonly fiat_withdraw: boolean;
};

function only(rows: MerchantRow[], id: string): Merchant {
  const [row] = rows;
  if (!row) throw new Error(`unknown merchant ${id}`);
  return toMerchant(row);
}

function toMerchant(row: MerchantRow): Merchant {
  const { id, shop_id: shopId, name, email, active, verification, fiat_withdraw } = row;
  const settings = { test: row.settings.test ?? {}, live: row.settings.live ?? {} };
  const document = row.document && documentOf(row.document);
  const commerce = { email, active, verification, document, fiatWithdraw: fiat_withdraw };
  return { id, shopId, name, settings, ...commerce };
}

/** jsonb keeps its members in an order of its own. */
function documentOf({ type, country, number }: IdentityDocument): IdentityDocument {
  return { type, country, number };
}
