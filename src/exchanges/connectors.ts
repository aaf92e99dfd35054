// Connectors: the way to the exchange of each conversion, opened once and kept for a while.

import type { Rates } from '../rates/rates.ts';
import {
  type CcxtExchange,
  type ExchangeKeys,
  type ExchangeSettings,
  ExchangeUnusable,
} from '../rates/exchange.ts';
import { abilityOf, exchangesWithOrders } from './abilities.ts';
import { type Accounts, meaningOf } from './accounts.ts';
import { type MarketBoard, createCcxtConnector, createMarketBoard } from './ccxt.ts';
import type { AccountKey, Connector, Unknown } from './connector.ts';
import { createSandboxConnector } from './sandbox.ts';

/** Opens an exchange; with keys, an account on it (rates/exchange.ts). */
export type OpenExchange = (
  settings: ExchangeSettings,
  keys?: ExchangeKeys,
) => Promise<CcxtExchange>;

export type Connectors = {
  /** Unknown: there is no way to it as things are configured. */
  of(key: AccountKey): Promise<Connector | Unknown>;
  close(): Promise<void>;
};

/** More accounts than are ever at work at once; each holds a connection or two. */
const maxOpen = 16;

type Opened = { readonly connector: Connector; readonly sealed: Buffer };

export function createConnectors(deps: {
  readonly accounts: Pick<Accounts, 'find' | 'keysOf'>;
  readonly settings: readonly ExchangeSettings[];
  readonly rates: Pick<Rates, 'quote'>;
  readonly open: OpenExchange;
}): Connectors {
  const { accounts, settings, open } = deps;
  const sandbox = createSandboxConnector(deps.rates);
  const boards = new Map<number, MarketBoard>();
  /** The least recently used first. */
  const opened = new Map<string, Opened>();

  function boardOf(one: ExchangeSettings): MarketBoard {
    const board = boards.get(one.id) ?? createMarketBoard(() => open(one));
    boards.set(one.id, board);
    return board;
  }

  async function opening(
    one: ExchangeSettings,
    keys: ExchangeKeys,
  ): Promise<CcxtExchange | ExchangeUnusable> {
    try {
      return await open(one, keys);
    } catch (error) {
      if (error instanceof ExchangeUnusable) return error;
      throw error;
    }
  }

  async function live(key: AccountKey): Promise<Connector | Unknown> {
    const one = settings.find(({ id }) => id === key.exchange);
    if (!one) return unknown(`EXCHANGES names no exchange ${key.exchange}`);
    const ability = abilityOf(one.exchange);
    if (!ability) return unknown(cannotSell(one.exchange));
    const account = await accounts.find(key);
    if (!account) return unknown('there is no account on the exchange');
    const meaning = meaningOf(one);
    // Its keys are nothing for another exchange to see, and its orders are not there.
    if (account.madeFor !== meaning) {
      return unknown(`exchange ${one.id} is ${meaning} now, the account is of ${account.madeFor}`);
    }
    const name = `${key.merchantId} ${key.exchange}`;
    const known = opened.get(name);
    opened.delete(name);
    if (known?.sealed.equals(account.sealed)) {
      opened.set(name, known);
      return known.connector;
    }
    await known?.connector.close();
    const exchange = await opening(one, accounts.keysOf(account));
    if (exchange instanceof ExchangeUnusable) return unknown(exchange.message);
    const connector = createCcxtConnector({ exchange, board: boardOf(one), ability });
    await keep(name, { connector, sealed: account.sealed });
    return connector;
  }

  async function keep(name: string, entry: Opened): Promise<void> {
    // Two that opened the same account at once: the later one stays.
    const twin = opened.get(name);
    opened.set(name, entry);
    await twin?.connector.close();
    const [oldest] = opened;
    if (opened.size <= maxOpen || !oldest) return;
    opened.delete(oldest[0]);
    await oldest[1].connector.close();
  }

  return {
    of: (key) => (key.mode === 'test' ? Promise.resolve(sandbox) : live(key)),
    close: async () => {
      const all = [...opened.values()].map((one) => one.connector.close());
      await Promise.all([...all, ...[...boards.values()].map((board) => board.close())]);
    },
  };
}

/** Why nobody can have an account there. */
export function cannotSell(exchange: string): string {
  return (
    `orders on ${exchange} cannot be found again by our own name for them, so that nothing is ` +
    `sold there; ${exchangesWithOrders().join(', ')} can`
  );
}

function unknown(reason: string): Unknown {
  return { kind: 'unknown', reason };
}
