// The private half of the Binance stand-in: signed requests for an account, its orders and trades.

import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  BinanceError,
  type Book,
  type Order,
  type Pair,
  costOf,
  executed,
  fixed,
  isOpen,
  printed,
  times,
} from './binance-book.ts';

export type SeenRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
};

export type Asked = {
  readonly seen: SeenRequest;
  /** As it was signed. */
  readonly text: string;
  readonly apiKey: string;
  readonly book: Book;
  readonly pairs: ReadonlyMap<string, Pair>;
  readonly keys: ReadonlyMap<string, { readonly secret: string }>;
  readonly now: () => number;
  /** Orders are not shown yet. */
  readonly hidden: boolean;
};

const receiveWindowMs = 5_000;
const aheadLimitMs = 1_000;

/** The checks of a signed request in Binance's order: key, clock, signature. */
export function checkSigned({ seen, text, apiKey, keys, now }: Asked): void {
  if (apiKey === '') throw new BinanceError(-2014, 'API-key format invalid.', 401);
  const owner = keys.get(apiKey);
  if (!owner) {
    throw new BinanceError(-2015, 'Invalid API-key, IP, or permissions for action.', 401);
  }
  const timestamp = Number(seen.query.get('timestamp'));
  const window = Number(seen.query.get('recvWindow') ?? receiveWindowMs);
  if (timestamp >= now() + aheadLimitMs) {
    const said = "Timestamp for this request was 1000ms ahead of the server's time.";
    throw new BinanceError(-1021, said);
  }
  if (now() - timestamp > window) {
    throw new BinanceError(-1021, 'Timestamp for this request is outside of the recvWindow.');
  }
  const [signed = '', signature = ''] = text.split('&signature=');
  const right = createHmac('sha256', owner.secret).update(signed).digest();
  const given = Buffer.from(signature, 'hex');
  if (given.length !== right.length || !timingSafeEqual(given, right)) {
    throw new BinanceError(-1022, 'Signature for this request is not valid.');
  }
}

const orderParameters = [
  'symbol',
  'side',
  'type',
  'timeInForce',
  'quantity',
  'price',
  'newClientOrderId',
  'newOrderRespType',
  'timestamp',
  'recvWindow',
  'signature',
];

export function placed({ seen, apiKey, book }: Asked): unknown {
  const { query } = seen;
  for (const name of query.keys()) {
    if (!orderParameters.includes(name)) throw new BinanceError(-1104, `Not all sent: ${name}`);
  }
  const clientOrderId = query.get('newClientOrderId') ?? '';
  if (!/^[a-zA-Z0-9-_]{1,36}$/.test(clientOrderId)) {
    throw new BinanceError(-1100, "Illegal characters found in parameter 'newClientOrderId'");
  }
  if (query.get('side') !== 'SELL') throw new BinanceError(-1013, 'This stand-in only buys.');
  const type = query.get('type') === 'LIMIT' ? 'LIMIT' : 'MARKET';
  if (type === 'LIMIT' && query.get('timeInForce') !== 'GTC') {
    throw new BinanceError(-1102, "Mandatory parameter 'timeInForce' was not sent");
  }
  const order = book.take({
    clientOrderId,
    apiKey,
    symbol: query.get('symbol') ?? '',
    type,
    price: fixed(query.get('price') ?? '0'),
    qty: fixed(query.get('quantity') ?? '0'),
  });
  const fills = order.trades.map((trade) => ({
    price: printed(trade.price),
    qty: printed(trade.qty),
    commission: printed(trade.fee),
    commissionAsset: trade.feeAsset,
    tradeId: trade.id,
  }));
  return { ...shown(order), transactTime: order.time, fills };
}

export function queried(asked: Asked): unknown {
  if (asked.hidden) throw new BinanceError(-2013, 'Order does not exist.');
  return shown(orderOf(asked));
}

function orderOf({ seen, apiKey, book }: Asked): Order {
  const { query } = seen;
  const id = query.get('orderId');
  const name = query.get('origClientOrderId');
  // Of several with one name, the newest.
  const order = book.orders.findLast(
    (one) =>
      one.apiKey === apiKey &&
      one.symbol === query.get('symbol') &&
      (id === null ? one.clientOrderId === name : String(one.orderId) === id),
  );
  if (!order) throw new BinanceError(-2013, 'Order does not exist.');
  return order;
}

export function cancelled(asked: Asked): unknown {
  const order = orderOf(asked);
  if (!isOpen(order)) throw new BinanceError(-2011, 'Unknown order sent.');
  asked.book.end(order, 'CANCELED');
  return shown(order);
}

function shown(order: Order) {
  return {
    symbol: order.symbol,
    orderId: order.orderId,
    orderListId: -1,
    clientOrderId: order.clientOrderId,
    price: printed(order.price),
    origQty: printed(order.qty),
    executedQty: printed(executed(order)),
    cummulativeQuoteQty: printed(costOf(order)),
    status: order.status,
    timeInForce: 'GTC',
    type: order.type,
    side: 'SELL',
    stopPrice: '0.00000000',
    icebergQty: '0.00000000',
    time: order.time,
    updateTime: order.trades.at(-1)?.time ?? order.time,
    isWorking: true,
    workingTime: order.time,
    origQuoteOrderQty: '0.00000000',
    selfTradePreventionMode: 'NONE',
  };
}

export function myTrades(asked: Asked): unknown {
  const { seen, apiKey, book } = asked;
  const orderId = seen.query.get('orderId');
  return book.orders
    .filter((one) => one.apiKey === apiKey && one.symbol === seen.query.get('symbol'))
    .filter((one) => orderId === null || String(one.orderId) === orderId)
    .flatMap((order) =>
      order.trades.map((trade) => ({
        symbol: order.symbol,
        id: trade.id,
        orderId: order.orderId,
        orderListId: -1,
        price: printed(trade.price),
        qty: printed(trade.qty),
        quoteQty: printed(times(trade.qty, trade.price)),
        commission: printed(trade.fee),
        commissionAsset: trade.feeAsset,
        time: trade.time,
        isBuyer: false,
        isMaker: order.type === 'LIMIT',
        isBestMatch: true,
      })),
    );
}

export function account({ apiKey, book, pairs, now }: Asked): unknown {
  const assets = [...pairs.values()].flatMap(({ base, quote }) => [base, quote]);
  return {
    makerCommission: 10,
    takerCommission: 10,
    canTrade: true,
    canWithdraw: false,
    canDeposit: true,
    updateTime: now(),
    accountType: 'SPOT',
    balances: [...new Set(assets)].map((asset) => ({
      asset,
      free: printed(book.balance(apiKey, asset)),
      locked: '0.00000000',
    })),
    permissions: ['SPOT'],
  };
}
