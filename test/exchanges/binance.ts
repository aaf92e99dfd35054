// A stand-in for Binance: its public and private REST interface on a port of this machine, in the
// formats of its documentation, with signatures, clocks, limits and the trouble a test asks for.

import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BinanceError, type Order, type Pair, createBook, fixed, printed } from './binance-book.ts';
import { bookTicker, day, exchangeInfo, ofSymbol } from './binance-prices.ts';
import {
  type Asked,
  type SeenRequest,
  account,
  cancelled,
  checkSigned,
  myTrades,
  placed,
  queried,
} from './binance-private.ts';

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
  | 'no-trades';

export type Binance = Awaited<ReturnType<typeof startBinance>>;

const maxBodyBytes = 100_000;

export async function startBinance(options: BinanceOptions) {
  const pairs = pairsOf(options);
  const keys = new Map((options.keys ?? []).map((one) => [one.apiKey, one]));
  const now = (): number => Date.now() + (options.aheadMs ?? 0);
  const book = createBook({ pairs, now, balances: balancesOf(options.keys ?? []) });
  const requests: SeenRequest[] = [];
  const orderTroubles: Trouble[] = [];
  let hiddenUntilSent = 0;
  const otherTroubles: { path: string; trouble: Trouble }[] = [];

  function troubleOf({ method, path }: SeenRequest): Trouble | undefined {
    if (method === 'POST' && path === '/api/v3/order') return orderTroubles.shift();
    const at = otherTroubles.findIndex((one) => one.path === `${method} ${path}`);
    return at < 0 ? undefined : otherTroubles.splice(at, 1)[0]?.trouble;
  }

  const sent = (): SeenRequest[] =>
    requests.filter((one) => one.method === 'POST' && one.path === '/api/v3/order');

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
        return routed({
          seen,
          text,
          apiKey: String(apiKey ?? ''),
          book,
          pairs,
          keys,
          now,
          hidden: sent().length < hiddenUntilSent,
        });
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
    /** Orders are shown from the moment when so many were sent. */
    hideUntilSent: (count: number) => {
      hiddenUntilSent = count;
    },
    sent,
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
  if (route === 'GET /api/v3/order') return queried(asked);
  if (route === 'DELETE /api/v3/order') return cancelled(asked);
  if (route === 'GET /api/v3/myTrades') return myTrades(asked);
  throw new BinanceError(-1000, `no such route: ${route}`, 404);
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
