// The contract of a connector: what is asked of an exchange, and what it may answer.

import type { Mode } from '../db/mode.ts';

/** Where one asset is sold for another. Amounts and prices are plain decimal text. */
export type Market = {
  /** How the connector knows it: `LTC/USDT`. */
  readonly id: string;
  readonly asset: string;
  readonly quote: string;
  /** Amounts and prices are whole multiples of these. */
  readonly amountStep: string;
  readonly priceStep: string;
  /** Of one order, in `asset`; null: the exchange names none. */
  readonly leastAmount: string | null;
  readonly mostAmount: string | null;
  /** Of one order, in `quote`. */
  readonly leastCost: string | null;
};

export type OrderType = 'market' | 'limit';

/** An order as it is sent, and everything by which it is found again. */
export type Order = {
  /** Ours, and the reason why nothing is ever sold twice. */
  readonly clientOrderId: string;
  /** A market's id. */
  readonly market: string;
  readonly side: 'sell';
  readonly amount: string;
  readonly type: OrderType;
  /** The least price, of a limit order. */
  readonly limitPrice: string | null;
  /** The exchange's own id; null as long as nobody knows it. */
  readonly orderId: string | null;
  /** It was never sent before. */
  readonly since: Date;
};

export type Trade = {
  /** The exchange's own id, unique within its order. */
  readonly id: string;
  /** What was sold and what it brought, before fees. */
  readonly amount: string;
  readonly cost: string;
  /** What the exchange kept; below zero for a rebate. */
  readonly fees: readonly { readonly asset: string; readonly cost: string }[];
  readonly at: Date;
};

/** It may be there, and only asking again can tell. Never a reason to send again. */
export type Unknown = { readonly kind: 'unknown'; readonly reason: string };

/** The exchange said no, and nothing of it is there. */
export type Refused = { readonly kind: 'refused'; readonly reason: string };

export type MarketAnswer = { readonly kind: 'market'; readonly market: Market } | Refused | Unknown;

export type PlaceAnswer =
  { readonly kind: 'sent'; readonly orderId: string | null } | Refused | Unknown;

export type FoundOrder = {
  readonly kind: 'found';
  readonly orderId: string;
  /** Nothing more will be sold by it, and `trades` are all that there are. */
  readonly closed: boolean;
  readonly trades: readonly Trade[];
  /** Why it was closed before all was sold. */
  readonly reason: string | null;
};

/** `absent`: the exchange knows no such order now, which proves little for a while. */
export type FindAnswer = FoundOrder | { readonly kind: 'absent' } | Unknown;

export type HeldBalance = { readonly asset: string; readonly free: string; readonly total: string };

/** One merchant's account on one exchange. Nothing here throws because of the exchange. */
export type Connector = {
  /**
   * Where `asset` is sold for `wanted`, or for the nearest currency (`nearestQuotes`) that both the
   * exchange and our own list of assets know. Refused when there is no such market.
   */
  market(asset: string, wanted: string): Promise<MarketAnswer>;
  place(order: Order): Promise<PlaceAnswer>;
  find(order: Order): Promise<FindAnswer>;
  /** Asks for the end of an open order; what became of it, `find` says. */
  cancel(order: Order): Promise<void>;
  balances(): Promise<
    { readonly kind: 'balances'; readonly held: readonly HeldBalance[] } | Refused | Unknown
  >;
  close(): Promise<void>;
};

/** What a coin is sold for when there is no market for the wanted currency, best first. */
const nearestQuotes = ['USDT', 'USDC', 'USD', 'EUR'];

export function quotesFor(asset: string, wanted: string): string[] {
  const quotes = [wanted, ...nearestQuotes.filter((quote) => quote !== wanted)];
  return quotes.filter((quote) => quote !== asset);
}

/** Whose account: the exchange is a number of the settings. */
export type AccountKey = {
  readonly merchantId: string;
  readonly mode: Mode;
  readonly exchange: number;
};
