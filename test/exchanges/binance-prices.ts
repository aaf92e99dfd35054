// The public half of the Binance stand-in: its pairs with their filters, and what they cost.

import { BinanceError, type Pair, fixed, printed } from './binance-book.ts';

export type Pairs = ReadonlyMap<string, Pair>;

/** One of `symbol`, some of `symbols`, or all: as every ticker of Binance is asked. */
export function ofSymbol(
  pairs: Pairs,
  query: URLSearchParams,
  print: (pair: Pair, symbol: string) => object,
): object | object[] {
  const symbol = query.get('symbol');
  const wanted = query.get('symbols');
  const list = wanted === null ? null : (JSON.parse(wanted) as string[]);
  if (symbol === null) {
    return [...pairs]
      .filter(([name]) => list?.includes(name) ?? true)
      .map(([name, pair]) => print(pair, name));
  }
  const pair = pairs.get(symbol);
  if (!pair) throw new BinanceError(-1121, 'Invalid symbol.');
  return print(pair, symbol);
}

export function bookTicker({ price }: Pair, symbol: string) {
  const at = printed(fixed(price));
  return { symbol, bidPrice: at, bidQty: '100.00000000', askPrice: at, askQty: '100.00000000' };
}

export function day(pair: Pair, at: number): object {
  const price = printed(fixed(pair.price));
  return {
    ...bookTicker(pair, `${pair.base}${pair.quote}`),
    priceChange: '0.00000000',
    priceChangePercent: '0.000',
    weightedAvgPrice: price,
    prevClosePrice: price,
    lastPrice: price,
    lastQty: '1.00000000',
    openPrice: price,
    highPrice: price,
    lowPrice: price,
    volume: '1000.00000000',
    quoteVolume: '80000.00000000',
    openTime: at - 86_400_000,
    closeTime: at,
    firstId: 1,
    lastId: 2,
    count: 2,
  };
}

export function exchangeInfo(pairs: Pairs, serverTime: number): unknown {
  return {
    timezone: 'UTC',
    serverTime,
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6000 },
      { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 100 },
    ],
    exchangeFilters: [],
    symbols: [...pairs].map(([symbol, pair]) => symbolInfo(symbol, pair)),
  };
}

function symbolInfo(symbol: string, pair: Pair): object {
  const { base, quote, stepSize, minQty, tickSize, minNotional } = pair;
  const most = '90000.00000000';
  return {
    symbol,
    status: 'TRADING',
    baseAsset: base,
    baseAssetPrecision: 8,
    quoteAsset: quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT_LIMIT'],
    icebergAllowed: true,
    ocoAllowed: true,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: tickSize, maxPrice: '1000000.00', tickSize },
      { filterType: 'LOT_SIZE', minQty, maxQty: most, stepSize },
      { filterType: 'MARKET_LOT_SIZE', minQty: '0.00000000', maxQty: most, stepSize: '0.00000000' },
      {
        filterType: 'NOTIONAL',
        minNotional,
        applyMinToMarket: true,
        maxNotional: '9000000.00000000',
        applyMaxToMarket: false,
        avgPriceMins: 5,
      },
    ],
    permissions: [],
    permissionSets: [['SPOT']],
  };
}
