// A stand-in for Binance: its public and private REST interface on a port of this machine, in the
// formats of its documentation, with signatures, clocks, limits and the trouble a test asks for.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  BinanceError,
  type Book,
  type Order,
  type Pair,
  costOf,
  createBook,
  executed,
  fixed,
  isOpen,
  printed,
  times,
} from './binance-book.ts';
import { bookTicker, day, exchangeInfo, ofSymbol } from './binance-prices.ts';

export type BinanceKeys = {
  readonly apiKey: string;
  readonly secret: string;
  /** What lies on the account: `{LTC: '100'}`. */
  readonly balances?: Readonly<Record<string, string>>;
};

export type BinanceOptions = {
  /** What one of the first is worth in the second: `{'LTC/USDT': '80'}`. */
  readonly prices: Readonly<Record<string, string>>;
  readonly keys?: readonly BinanceKeys[];
  /** Filters of every pair, where they differ from LTC's own. */
  readonly filters?: Partial<Pick<Pair, 'stepSize' | 'minQty' | 'tickSize' | 'minNotional'>>;
  readonly port?: number;
  /** How far its clock is ahead of this machine's. */
  readonly aheadMs?: number;
};

/**
 * What happens to the next request for an order. `-before`: it never reached the books. `-after`:
 * it did, and only the answer is lost.
 */
export type Trouble =
  | 'silent-before'
  | 'silent-after'
  | 'cut-before'
  | 'cut-after'
  | 'error-after'
  | 'limited'
  | 'banned'
  /** It was taken, and cannot be seen yet. */
  | 'unknown-order'
  | 'no-trades';

export type SeenRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
};

export type Binance = Awaited<ReturnType<typeof startBinance>>;

const receiveWindowMs = 5_000;
const aheadLimitMs = 1_000;
const maxBodyBytes = 100_000;

export async function startBinance(options: BinanceOptions) {
  const pairs = pairsOf(options);
  const keys = new Map((options.keys ?? []).map((one) => [one.apiKey, one]));
  const now = (): number => Date.now() + (options.aheadMs ?? 0);
  const book = createBook({ pairs, now, balances: balancesOf(options.keys ?? []) });
  const requests: SeenRequest[] = [];
  const orderTroubles: Trouble[] = [];
  const otherTroubles: { path: string; trouble: Trouble }[] = [];

  function troubleOf({ method, path }: SeenRequest): Trouble | undefined {
    if (method === 'POST' && path === '/api/v3/order') return orderTroubles.shift();
    const at = otherTroubles.findIndex((one) => one.path === `${method} ${path}`);
    return at < 0 ? undefined : otherTroubles.splice(at, 1)[0]?.trouble;
  }

  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://binance');
    const text = request.method === 'POST' ? await bodyOf(request) : url.search.slice(1);
    const query = new URLSearchParams(text);
    const seen = { method: request.method ?? '', path: url.pathname, query };
    requests.push(seen);
    const trouble = troubleOf(seen);
    if (trouble === 'silent-before') return;
    if (trouble === 'cut-before') return void response.destroy();
    const { status, body } =
      troubled(trouble) ??
      answerOf(() => {
        const apiKey = request.headers['x-mbx-apikey'];
        return routed({ seen, text, apiKey: String(apiKey ?? ''), book, pairs, keys, now });
      });
    if (trouble === 'silent-after') return;
    if (trouble === 'cut-after') return void response.destroy();
    if (trouble === 'error-after') return send(response, 502, '<html>Bad Gateway</html>');
    send(response, status, JSON.stringify(body));
  }

  await new Promise<void>((resolve) => {
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    /** For the member `url` of the setting EXCHANGES. */
    url: `http://127.0.0.1:${port}`,
    /** Everything that was asked, oldest first. */
    requests,
    /** The orders that were taken, with their trades. */
    orders: book.orders as readonly Order[],
    habits: book.habits,
    /** For the next requests for an order, in turn. */
    troubles: orderTroubles,
    /** For the next request of another kind: `GET /api/v3/order`. */
    disturb: (path: string, trouble: Trouble) => void otherTroubles.push({ path, trouble }),
    sent: () => requests.filter((one) => one.method === 'POST' && one.path === '/api/v3/order'),
    setPrice(pair: string, price: string): void {
      const found = pairs.get(pair.replace('/', ''));
      if (!found) throw new Error(`no pair ${pair}`);
      found.price = price;
    },
    /** A buyer for a part of an order that waits. */
    trade: (order: Order, qty: string, price: string) =>
      book.trade(order, fixed(qty), fixed(price)),
    end: book.end,
    /** Somebody else uses up what lies on the first account. */
    take(asset: string, amount: string): void {
      const [first] = keys.keys();
      if (first !== undefined) book.balance(first, asset, -fixed(amount));
    },
    held: (apiKey: string, asset: string) => printed(book.balance(apiKey, asset)),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Asked = {
  readonly seen: SeenRequest;
  /** As it was signed. */
  readonly text: string;
  readonly apiKey: string;
  readonly book: Book;
  readonly pairs: ReadonlyMap<string, Pair>;
  readonly keys: ReadonlyMap<string, BinanceKeys>;
  readonly now: () => number;
};

function routed(asked: Asked): unknown {
  const { seen, now, pairs } = asked;
  const route = `${seen.method} ${seen.path}`;
  if (route === 'GET /api/v3/ping') return {};
  if (route === 'GET /api/v3/time') return { serverTime: now() };
  if (route === 'GET /api/v3/exchangeInfo') return exchangeInfo(pairs, now());
  if (route === 'GET /api/v3/ticker/bookTicker') return ofSymbol(pairs, seen.query, bookTicker);
  if (route === 'GET /api/v3/ticker/24hr') {
    return ofSymbol(pairs, seen.query, (pair) => day(pair, now()));
  }
  checkSigned(asked);
  if (route === 'GET /api/v3/account') return account(asked);
  if (route === 'POST /api/v3/order') return placed(asked);
  if (route === 'GET /api/v3/order') return shown(orderOf(asked));
  if (route === 'DELETE /api/v3/order') return cancelled(asked);
  if (route === 'GET /api/v3/myTrades') return myTrades(asked);
  throw new BinanceError(-1000, `no such route: ${route}`, 404);
}

/** The checks of a signed request in Binance's order: key, clock, signature. */
function checkSigned({ seen, text, apiKey, keys, now }: Asked): void {
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

function placed({ seen, apiKey, book }: Asked): unknown {
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

function cancelled(asked: Asked): unknown {
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

function myTrades(asked: Asked): unknown {
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

function account({ apiKey, book, pairs, now }: Asked): unknown {
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

const usualFilters = {
  stepSize: '0.00100000',
  minQty: '0.00100000',
  tickSize: '0.01000000',
  minNotional: '5.00000000',
};

function pairsOf({ prices, filters }: BinanceOptions): ReadonlyMap<string, Pair> {
  return new Map(
    Object.entries(prices).map(([name, price]) => {
      const [base = '', quote = ''] = name.split('/');
      return [`${base}${quote}`, { base, quote, price, ...usualFilters, ...filters }];
    }),
  );
}

function balancesOf(keys: readonly BinanceKeys[]): Map<string, Map<string, bigint>> {
  return new Map(
    keys.map(({ apiKey, balances = {} }) => [
      apiKey,
      new Map(Object.entries(balances).map(([asset, text]) => [asset, fixed(text)])),
    ]),
  );
}

type Answer = { readonly status: number; readonly body: unknown };

function answerOf(work: () => unknown): Answer {
  try {
    return { status: 200, body: work() };
  } catch (error) {
    if (!(error instanceof BinanceError)) throw error;
    return { status: error.status, body: { code: error.code, msg: error.message } };
  }
}

/** The answers that are wrong of themselves. */
function troubled(trouble: Trouble | undefined): Answer | null {
  if (trouble === 'no-trades') return { status: 200, body: [] };
  if (trouble === 'unknown-order') {
    return { status: 400, body: { code: -2013, msg: 'Order does not exist.' } };
  }
  if (trouble === 'limited') {
    const msg = 'Too much request weight used; current limit is 6000 request weight per 1 MINUTE.';
    return { status: 429, body: { code: -1003, msg } };
  }
  if (trouble !== 'banned') return null;
  const msg = 'Way too much request weight used; IP banned until 1767225600000.';
  return { status: 418, body: { code: -1003, msg } };
}

function send(response: ServerResponse, status: number, body: string): void {
  const type = body.startsWith('<') ? 'text/html' : 'application/json;charset=UTF-8';
  response.writeHead(status, { 'content-type': type, 'x-mbx-used-weight-1m': '10' });
  response.end(body);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBodyBytes) throw new Error('a body beyond measure');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
