// Accounts: a merchant's own keys on an exchange, sealed; and how its orders are made there.

import { hash } from 'node:crypto';
import type { Database, Tx } from '../db/database.ts';
import type { Vault } from '../merchants/vault.ts';
import type { ExchangeKeys, ExchangeSettings } from '../rates/exchange.ts';
import type { AccountKey, OrderType } from './connector.ts';

export type Account = AccountKey & {
  readonly orderType: OrderType;
  /** A limit order asks for the payment's own rate less so many hundredths of a percent. */
  readonly limitBasisPoints: number;
  readonly active: boolean;
  /** What its number in the settings meant when its keys were stored. */
  readonly madeFor: string;
  readonly createdAt: Date;
  /** As they lie in the database: other bytes mean other keys. */
  readonly sealed: Buffer;
};

export type Accounts = {
  /** Makes it, or replaces its keys and makes it active again. */
  set(tx: Tx, account: NewAccount, keys: ExchangeKeys): Promise<void>;
  /** Nothing new is sold there; what was sent is still followed. False: there was none. */
  remove(tx: Tx, key: AccountKey): Promise<boolean>;
  list(merchantId?: string): Promise<Account[]>;
  /** Active or not; null: never made. */
  find(key: AccountKey): Promise<Account | null>;
  keysOf(account: Account): ExchangeKeys;
  /** Another text for another account: of another exchange, or with another key. */
  identityOf(account: Account): string;
};

export type NewAccount = Omit<Account, 'active' | 'madeFor' | 'createdAt' | 'sealed'>;

/** All of a price: a limit order that asks for nothing would be a market order. */
export const MAX_LIMIT_BASIS_POINTS = 9_999;

/** Which exchange a number of the settings means: keys of one are nothing for another to see. */
export function meaningOf({ exchange, sandbox }: ExchangeSettings): string {
  return sandbox ? `${exchange} (test environment)` : exchange;
}

export function createAccounts(deps: {
  readonly db: Database;
  readonly vault: Vault;
  readonly settings: readonly ExchangeSettings[];
  readonly now: () => Date;
}): Accounts {
  const { db, vault, settings, now } = deps;

  async function set(tx: Tx, account: NewAccount, keys: ExchangeKeys): Promise<void> {
    const { merchantId, mode, exchange, orderType, limitBasisPoints } = account;
    const one = settings.find(({ id }) => id === exchange);
    if (!one) throw new Error(`EXCHANGES names no exchange ${exchange}`);
    await tx.query(
      `insert into exchange_accounts (merchant_id, mode, exchange, credentials, order_type,
         limit_basis_points, active, created_at, made_for)
       values ($1, $2, $3, $4, $5, $6, true, $7, $8)
       on conflict (merchant_id, mode, exchange) do update
         set credentials = excluded.credentials, order_type = excluded.order_type,
             limit_basis_points = excluded.limit_basis_points, active = true,
             made_for = excluded.made_for`,
      [
        merchantId,
        mode,
        exchange,
        vault.seal(JSON.stringify(keys), contextOf(account)),
        orderType,
        limitBasisPoints,
        now(),
        meaningOf(one),
      ],
    );
  }

  async function remove(tx: Tx, { merchantId, mode, exchange }: AccountKey): Promise<boolean> {
    const rows = await tx.query(
      `update exchange_accounts set active = false
        where merchant_id = $1 and mode = $2 and exchange = $3 and active
        returning exchange`,
      [merchantId, mode, exchange],
    );
    return rows.length > 0;
  }

  async function list(merchantId?: string): Promise<Account[]> {
    const rows = await db.query<AccountRow>(
      `select ${columns} from exchange_accounts
        where $1::uuid is null or merchant_id = $1
        order by merchant_id, mode, exchange`,
      [merchantId ?? null],
    );
    return rows.map(toAccount);
  }

  async function find({ merchantId, mode, exchange }: AccountKey): Promise<Account | null> {
    const rows = await db.query<AccountRow>(
      `select ${columns} from exchange_accounts
        where merchant_id = $1 and mode = $2 and exchange = $3`,
      [merchantId, mode, exchange],
      'exchange-account',
    );
    return rows[0] ? toAccount(rows[0]) : null;
  }

  function keysOf(account: Account): ExchangeKeys {
    return JSON.parse(vault.open(account.sealed, contextOf(account))) as ExchangeKeys;
  }

  function identityOf(account: Account): string {
    const { apiKey } = keysOf(account);
    return `${account.madeFor} ${hash('sha256', `${contextOf(account)} ${apiKey}`).slice(0, 16)}`;
  }

  return { set, remove, list, find, keysOf, identityOf };
}

/** Which of these merchants may sell there: one row for each active account. */
export function activeAmong(tx: Tx, keys: readonly AccountKey[]): Promise<AccountKey[]> {
  return tx.query<AccountKey>(
    `select merchant_id as "merchantId", mode, exchange
       from unnest($1::uuid[], $2::text[], $3::int[]) as k (merchant_id, mode, exchange)
       join exchange_accounts using (merchant_id, mode, exchange)
      where active`,
    [
      keys.map((key) => key.merchantId),
      keys.map((key) => key.mode),
      keys.map((key) => key.exchange),
    ],
    'exchange-accounts-active',
  );
}

/** Keys that were copied to another merchant's row open nothing there. */
function contextOf({ merchantId, mode, exchange }: AccountKey): string {
  return `exchange-account/${merchantId}/${mode}/${exchange}`;
}

const columns = `merchant_id, mode, exchange, credentials, order_type, limit_basis_points, active,
  made_for, created_at`;

type AccountRow = {
  readonly merchant_id: string;
  readonly mode: Account['mode'];
  readonly exchange: number;
  readonly credentials: Buffer;
  readonly order_type: OrderType;
  readonly limit_basis_points: number;
  readonly active: boolean;
  readonly made_for: string;
  readonly created_at: Date;
};

function toAccount(row: AccountRow): Account {
  return {
    merchantId: row.merchant_id,
    mode: row.mode,
    exchange: row.exchange,
    orderType: row.order_type,
    limitBasisPoints: row.limit_basis_points,
    active: row.active,
    madeFor: row.made_for,
    createdAt: row.created_at,
    sealed: row.credentials,
  };
}
