// A connector on ccxt: one account on a real exchange. What it cannot know, it says.

import { AsyncLocalStorage } from 'node:async_hooks';
import { findAsset } from '../money/assets.ts';
import type { CcxtExchange } from '../rates/exchange.ts';
import { type Ability } from './abilities.ts';
import {
  type Connector,
  type FindAnswer,
  type FoundOrder,
  type HeldBalance,
  type Market,
  type MarketAnswer,
  type Order,
  type PlaceAnswer,
  type Refused,
  type Trade,
  type Unknown,
  quotesFor,
} from './connector.ts';
import { compare, exact, plus, zero } from './exact.ts';
import { isClockTrouble, reasonOf, verdictOf } from './verdicts.ts';

/** As much of ccxt as is used here; with `number = String` its numbers are decimal text. */
type Spoken = {
  readonly id: string;
  number: unknown;
  readonly precisionMode: number;
  readonly has: Record<string, unknown>;
  readonly options: Record<string, unknown>;
  readonly markets: Record<string, SpokenMarket> | undefined;
  fetch(...request: unknown[]): Promise<unknown>;
  loadMarkets(): Promise<unknown>;
  loadTimeDifference?(): Promise<unknown>;
  setMarketsFromExchange(other: Spoken): unknown;
  createOrder(
    symbol: string,
    type: string,
    side: string,
    amount: string,
    price: string | undefined,
    more: object,
  ): Promise<SpokenOrder>;
  fetchOrder(id: string, symbol: string, more?: object): Promise<SpokenOrder>;
  fetchOpenOrders: ListOrders;
  fetchClosedOrders: ListOrders;
  fetchCanceledAndClosedOrders: ListOrders;
  fetchOrderTrades(id: string, symbol: string, since?: number, limit?: number): Promise<Sold[]>;
  fetchMyTrades(symbol: string, since?: number, limit?: number): Promise<Sold[]>;
  cancelOrder(id: string, symbol: string): Promise<unknown>;
  fetchBalance(): Promise<{ free?: Record<string, string>; total?: Record<string, string> }>;
  close(): Promise<void>;
};

type ListOrders = (
  symbol: string,
  since: undefined,
  limit: undefined,
  more: object,
) => Promise<SpokenOrder[]>;

type SpokenMarket = {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly spot?: boolean;
  readonly active?: boolean;
  readonly precision: { readonly amount?: string; readonly price?: string };
  readonly limits: {
    readonly amount?: { readonly min?: string; readonly max?: string };
    readonly cost?: { readonly min?: string };
  };
};

type SpokenOrder = {
  readonly id?: string;
  readonly clientOrderId?: string;
  readonly status?: string;
  readonly filled?: string;
  readonly timestamp?: number;
};

type SpokenFee = { readonly currency?: string; readonly cost?: string };
type Sold = {
  readonly id?: string;
  readonly order?: string;
  readonly timestamp?: number;
  readonly amount?: string;
  readonly cost?: string;
  readonly fee?: SpokenFee;
  readonly fees?: readonly SpokenFee[];
};

export type CcxtDeps = {
  /** Opened with the account's keys. */
  readonly exchange: CcxtExchange;
  /** The same exchange without keys, which all accounts ask for its markets. */
  readonly board: MarketBoard;
  readonly ability: Ability;
};

/** The markets of one exchange, in memory for an hour: some exchanges list thousands. */
export type MarketBoard = { current(): Promise<CcxtExchange>; close(): Promise<void> };

const marketsForMs = 60 * 60_000;
/** Longer than any time-out below: what was not sent by then must not be sent any more. */
const callLimitMs = 20_000;
const clockMarginMs = 60_000;

const tickSize = 4;
const decimalPlaces = 2;

export function createMarketBoard(open: () => Promise<CcxtExchange>): MarketBoard {
  let loaded: { readonly exchange: CcxtExchange; readonly until: number } | null = null;
  let loading: Promise<CcxtExchange> | null = null;

  async function load(): Promise<CcxtExchange> {
    const exchange = await open();
    const spoken = spokenOf(exchange);
    try {
      await spoken.loadMarkets();
    } catch (error) {
      await spoken.close();
      throw error;
    }
    await loaded?.exchange.close();
    loaded = { exchange, until: performance.now() + marketsForMs };
    return exchange;
  }

  return {
    current: async () => {
      if (loaded && loaded.until > performance.now()) return loaded.exchange;
      loading ??= load().finally(() => {
        loading = null;
      });
      return loading;
    },
    close: async () => {
      await loading?.catch(() => undefined);
      await loaded?.exchange.close();
    },
  };
}

/** Each method asks outside of any database transaction: `openExchange` sees to that. */
export function createCcxtConnector({ exchange, board, ability }: CcxtDeps): Connector {
  const spoken = spokenOf(exchange);
  const inTime = withinLimit(spoken);

  /** The answer of `ask`, once the markets are known; clocks that differ are set right once. */
  async function asked<T>(ask: () => Promise<T>): Promise<T> {
    return inTime(async () => {
      const source = spokenOf(await board.current());
      if (spoken.markets !== source.markets) spoken.setMarketsFromExchange(source);
      try {
        return await ask();
      } catch (error) {
        if (!isClockTrouble(error)) throw error;
        // The exchange has refused the request for its time, so that it is safe to send it again.
        const set = await setClock(spoken);
        if (!set) throw error;
        return ask();
      }
    });
  }

  async function market(asset: string, wanted: string): Promise<MarketAnswer> {
    try {
      const quotes = quotesFor(asset, wanted).filter((quote) => findAsset(quote) !== undefined);
      return await asked(async () => marketOf(spoken, asset, quotes));
    } catch (error) {
      return unknown(error);
    }
  }

  async function place(order: Order): Promise<PlaceAnswer> {
    const { market: symbol, type, side, amount, limitPrice, clientOrderId } = order;
    const price = limitPrice ?? undefined;
    try {
      const made = await asked(() =>
        spoken.createOrder(symbol, type, side, amount, price, { clientOrderId }),
      );
      return { kind: 'sent', orderId: made.id ?? null };
    } catch (error) {
      // An order that is said not to be found when it is made is nothing we understand.
      return verdictOf(error) === 'refused' ? refused(error) : unknown(error);
    }
  }

  async function find(order: Order): Promise<FindAnswer> {
    try {
      return await asked(async () => {
        const found = await lookUp(spoken, ability, order);
        return found ? await stateOf(spoken, ability, order, found) : ({ kind: 'absent' } as const);
      });
    } catch (error) {
      return verdictOf(error) === 'absent' ? { kind: 'absent' } : unknown(error);
    }
  }

  async function cancel(order: Order): Promise<void> {
    const id = order.orderId;
    if (id === null) return;
    // Whatever comes of it, the order itself is asked for next.
    await asked(() => spoken.cancelOrder(id, order.market)).catch(() => undefined);
  }

  async function balances(): Promise<
    ReturnType<Connector['balances']> extends Promise<infer T> ? T : never
  > {
    try {
      const { free = {}, total = {} } = await asked(() => spoken.fetchBalance());
      const held: HeldBalance[] = Object.keys(total)
        .map((asset) => ({ asset, free: free[asset] ?? '0', total: total[asset] ?? '0' }))
        .filter((one) => compare(exact(one.total), zero) !== 0);
      return { kind: 'balances', held };
    } catch (error) {
      return verdictOf(error) === 'refused' ? refused(error) : unknown(error);
    }
  }

  return { market, place, find, cancel, balances, close: () => spoken.close() };
}

function spokenOf(exchange: CcxtExchange): Spoken {
  const spoken = exchange as unknown as Spoken;
  spoken.number = String;
  // The public list of markets says all we need; some exchanges want keys for that of currencies.
  spoken.has['fetchCurrencies'] = false;
  return spoken;
}

/**
 * Answers or fails within the limit; and what still waits in ccxt's own queue at its end, or in a
 * process that was put to sleep, is not sent any more: by then it may have been given up.
 */
function withinLimit(spoken: Spoken): <T>(work: () => Promise<T>) => Promise<T> {
  const deadline = new AsyncLocalStorage<number>();
  const send = spoken.fetch.bind(spoken);
  spoken.fetch = (...request) => {
    const until = deadline.getStore();
    if (until !== undefined && performance.now() > until) throw new Error('too late to be sent');
    return send(...request);
  };
  return async (work) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer in time')), callLimitMs);
    });
    const answer = deadline.run(performance.now() + callLimitMs, work);
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  };
}

async function setClock(spoken: Spoken): Promise<boolean> {
  try {
    await spoken.loadTimeDifference?.();
    return spoken.loadTimeDifference !== undefined;
  } catch {
    return false;
  }
}

function unknown(error: unknown): Unknown {
  return { kind: 'unknown', reason: reasonOf(error) };
}

function refused(error: unknown): Refused {
  return { kind: 'refused', reason: reasonOf(error) };
}

function marketOf(spoken: Spoken, asset: string, quotes: readonly string[]): MarketAnswer {
  for (const quote of quotes) {
    const found = spoken.markets?.[`${asset}/${quote}`];
    if (!found || found.spot === false || found.active === false) continue;
    return { kind: 'market', market: toMarket(found, spoken.precisionMode) };
  }
  const reason = `${spoken.id} has no market that sells ${asset} for ${quotes.join(', ')}`;
  return { kind: 'refused', reason };
}

function toMarket({ symbol, base, quote, precision, limits }: SpokenMarket, mode: number): Market {
  return {
    id: symbol,
    asset: base,
    quote,
    amountStep: stepOf(precision.amount, mode),
    priceStep: stepOf(precision.price, mode),
    leastAmount: limits.amount?.min ?? null,
    mostAmount: limits.amount?.max ?? null,
    leastCost: limits.cost?.min ?? null,
  };
}

function stepOf(precision: string | undefined, mode: number): string {
  if (precision === undefined) throw new Error('the market does not say how exact it is');
  if (mode === tickSize) return precision;
  if (mode !== decimalPlaces) throw new Error('the market counts in significant digits');
  const places = exact(precision).digits;
  return places <= 0n ? '1' : `0.${'1'.padStart(parseInt(places.toString(), 10), '0')}`;
}

async function lookUp(
  spoken: Spoken,
  ability: Ability,
  { orderId, market, clientOrderId }: Order,
): Promise<SpokenOrder | null> {
  if (orderId !== null) return spoken.fetchOrder(orderId, market, ability.saying ?? {});
  if (ability.find === 'direct') return spoken.fetchOrder('', market, { clientOrderId });
  const filter = { [ability.find.listedBy]: clientOrderId };
  // Open ones first: an order that is closed in between stands on both lists or the second.
  const open = await spoken.fetchOpenOrders(market, undefined, undefined, filter);
  const all = spoken.has['fetchCanceledAndClosedOrders'] === true;
  const list = all ? spoken.fetchCanceledAndClosedOrders : spoken.fetchClosedOrders;
  const ended = await list.call(spoken, market, undefined, undefined, filter);
  return [...open, ...ended].find((one) => one.clientOrderId === clientOrderId) ?? null;
}

async function stateOf(
  spoken: Spoken,
  ability: Ability,
  order: Order,
  found: SpokenOrder,
): Promise<FoundOrder> {
  const { id: orderId, status = 'open', filled = '0' } = found;
  if (orderId === undefined) throw new Error('the exchange showed an order without its id');
  const trades =
    compare(exact(filled), zero) > 0 ? await tradesOf(spoken, ability, order, orderId) : [];
  const sold = trades.reduce((sum, trade) => plus(sum, exact(trade.amount)), zero);
  // Lists of trades may lag behind their order: it is not over before all of them were seen.
  const complete = compare(sold, exact(filled)) >= 0;
  const ended = status !== 'open' && status !== 'canceling';
  const reason = ended && status !== 'closed' ? `the exchange ended the order: ${status}` : null;
  return { kind: 'found', orderId, closed: ended && complete, trades, reason };
}

async function tradesOf(
  spoken: Spoken,
  { tradeLimit }: Ability,
  { market, since }: Order,
  orderId: string,
): Promise<Trade[]> {
  if (spoken.has['fetchOrderTrades'] === true) {
    return (await spoken.fetchOrderTrades(orderId, market, undefined, tradeLimit)).map(toTrade);
  }
  const from = since.getTime() - clockMarginMs;
  const mine = await spoken.fetchMyTrades(market, from, tradeLimit);
  return mine.filter((one) => one.order === orderId).map(toTrade);
}

function toTrade({ id, amount, cost, timestamp, fee, fees }: Sold): Trade {
  if (id === undefined || amount === undefined || cost === undefined) {
    throw new Error('the exchange showed a trade without id, amount or value');
  }
  const listed = fees && fees.length > 0 ? fees : fee ? [fee] : [];
  return {
    id,
    amount,
    cost,
    fees: listed.flatMap(({ currency, cost: kept }) =>
      currency === undefined || kept === undefined ? [] : [{ asset: currency, cost: kept }],
    ),
    at: new Date(timestamp ?? 0),
  };
}
