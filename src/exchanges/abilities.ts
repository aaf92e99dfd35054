// Abilities: on which exchanges an order of ours can be found again by our own name for it. Only
// there anything is ever sold; every other exchange of ccxt only quotes.

export type Ability = {
  /**
   * `direct`: one question for our name. Otherwise the account's lists of orders are asked for it
   * by the parameter named here; a list without such a filter might end before our order.
   */
  readonly find: 'direct' | { readonly listedBy: string };
  /** Said with a question for one order by the exchange's own id. */
  readonly saying?: Readonly<Record<string, unknown>>;
  /** The most trades of one answer, where the exchange's own choice would be less. */
  readonly tradeLimit?: number;
};

/** By ccxt's id. Each was read in ccxt: our name goes out with the order and comes back. */
const abilities: Readonly<Record<string, Ability>> = {
  binance: { find: 'direct', tradeLimit: 1_000 },
  binanceus: { find: 'direct', tradeLimit: 1_000 },
  bitget: { find: 'direct' },
  bitstamp: { find: 'direct' },
  // Without that word ccxt refuses to ask for one order, because only the last 500 are there.
  bybit: { find: { listedBy: 'orderLinkId' }, saying: { acknowledged: true } },
  htx: { find: 'direct' },
  kraken: { find: { listedBy: 'clientOrderId' } },
  kucoin: { find: 'direct' },
  mexc: { find: 'direct' },
  myokx: { find: 'direct' },
  okx: { find: 'direct' },
  okxus: { find: 'direct' },
};

export function abilityOf(exchange: string): Ability | null {
  return Object.hasOwn(abilities, exchange) ? (abilities[exchange] ?? null) : null;
}

/** Every exchange on which a merchant may have an account, by ccxt's id. */
export function exchangesWithOrders(): readonly string[] {
  return Object.keys(abilities);
}
