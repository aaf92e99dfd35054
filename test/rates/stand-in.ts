// Exchanges on this machine that speak the public REST format of real ones, also when they fail.

import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Trouble = (request: IncomingMessage, response: ServerResponse) => void;
/** By pair: `BTC/USD`. */
type Prices = Record<string, { bid: string; ask: string }>;

export type StandIn = Awaited<ReturnType<typeof startKraken>>;

/** https://docs.kraken.com/api-reference/market-data: Assets, AssetPairs and Ticker. */
export function startKraken(prices: Prices) {
  return start(prices, (path, query) => {
    if (path === '/0/public/Assets') return { error: [], result: krakenAssets(prices) };
    if (path === '/0/public/AssetPairs') return { error: [], result: krakenPairs(prices) };
    if (path !== '/0/public/Ticker') return null;
    const asked = query.get('pair')?.split(',') ?? [];
    const found = Object.entries(prices).filter(([pair]) => asked.includes(krakenId(pair)));
    return {
      error: [],
      result: Object.fromEntries(
        found.map(([pair, { bid, ask }]) => [
          krakenId(pair),
          {
            a: [ask, '1', '1.000'],
            b: [bid, '2', '2.000'],
            c: [bid, '0.04408910'],
            v: ['4147.94474901', '8896.96086304'],
            p: ['2456.22239', '2568.63032'],
            t: [3907, 10056],
            l: ['2302.18000', '2302.18000'],
            h: ['2621.14000', '2860.01000'],
            o: bid,
          },
        ]),
      ),
    };
  });
}

/** https://www.bitstamp.net/api: markets and ticker of all pairs. */
export function startBitstamp(prices: Prices) {
  return start(prices, (path) => {
    if (path === '/api/v2/markets/') return Object.keys(prices).map(bitstampMarket);
    if (path !== '/api/v2/ticker/') return null;
    return Object.entries(prices).map(([pair, { bid, ask }]) => ({
      timestamp: '1686068944',
      open: '25730',
      high: '26252',
      low: '25350',
      last: bid,
      volume: '3563.13819902',
      vwap: '25681',
      bid,
      ask,
      side: '0',
      open_24: '25895',
      percent_change_24: '1.24',
      market: pair,
      pair,
    }));
  });
}

/** https://docs.bitso.com/bitso-api: available_books, and a ticker of one book at a time. */
export function startBitso(prices: Prices) {
  return start(prices, (path, query) => {
    const book = (pair: string): string => pair.replace('/', '_').toLowerCase();
    if (path === '/api/v3/catalogues') return { success: true, payload: [] };
    if (path === '/api/v3/available_books') {
      return {
        success: true,
        payload: Object.keys(prices).map((pair) => ({
          book: book(pair),
          minimum_price: '500',
          maximum_price: '10000000',
          minimum_amount: '0.00005',
          maximum_amount: '500',
          minimum_value: '5',
          maximum_value: '10000000',
          tick_size: '0.01',
          fees: { flat_rate: { maker: '0.500', taker: '0.650' }, structure: [] },
        })),
      };
    }
    const found = Object.entries(prices).find(([pair]) => book(pair) === query.get('book'));
    if (path !== '/api/v3/ticker' || !found) return null;
    const [pair, { bid, ask }] = found;
    const created_at = '2022-01-28T17:03:29+00:00';
    const payload = { book: book(pair), bid, ask, last: bid, high: ask, low: bid, created_at };
    return { success: true, payload };
  });
}

type Answer = (path: string, query: URLSearchParams) => unknown;

async function start(prices: Prices, answer: Answer) {
  const state = { trouble: null as Trouble | null, requests: [] as string[] };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    state.requests.push(pathname);
    if (state.trouble) return state.trouble(request, response);
    const found = answer(pathname, searchParams);
    response.statusCode = found === null ? 404 : 200;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(found ?? { error: ['EGeneral:Unknown method'] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What it tells; change it at will. */
    prices,
    requests: state.requests,
    /** From now on every request meets this; null: all is well again. */
    meets(trouble: Trouble | null): void {
      state.trouble = trouble;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

// Kraken's own names: X before old coins, Z before currencies, XBT for Bitcoin.
const krakenNames: Readonly<Record<string, string>> = {
  BTC: 'XXBT',
  LTC: 'XLTC',
  ETH: 'XETH',
  USD: 'ZUSD',
  EUR: 'ZEUR',
};

function krakenName(code: string): string {
  return krakenNames[code] ?? code;
}

function krakenId(pair: string): string {
  return pair.split('/').map(krakenName).join('');
}

function krakenAssets(prices: Prices) {
  const codes = new Set(Object.keys(prices).flatMap((pair) => pair.split('/')));
  return Object.fromEntries(
    [...codes].map((code) => [
      krakenName(code),
      {
        aclass: 'currency',
        altname: code === 'BTC' ? 'XBT' : code,
        decimals: 10,
        display_decimals: 5,
        status: 'enabled',
      },
    ]),
  );
}

function krakenPairs(prices: Prices) {
  return Object.fromEntries(
    Object.keys(prices).map((pair) => {
      const [base = '', quote = ''] = pair.split('/');
      const altname = pair.replace('BTC', 'XBT');
      return [
        krakenId(pair),
        {
          altname: altname.replace('/', ''),
          wsname: altname,
          aclass_base: 'currency',
          base: krakenName(base),
          aclass_quote: 'currency',
          quote: krakenName(quote),
          lot: 'unit',
          pair_decimals: 5,
          cost_decimals: 5,
          lot_decimals: 8,
          lot_multiplier: 1,
          leverage_buy: [],
          leverage_sell: [],
          fees: [[0, 0.26]],
          fees_maker: [[0, 0.16]],
          fee_volume_currency: 'ZUSD',
          ordermin: '0.0001',
          costmin: '0.5',
          tick_size: '0.00001',
          status: 'online',
        },
      ];
    }),
  );
}

function bitstampMarket(pair: string) {
  const [base, quote] = pair.split('/');
  return {
    name: pair,
    market_symbol: pair.replace('/', '').toLowerCase(),
    base_currency: base,
    base_decimals: 8,
    counter_currency: quote,
    counter_decimals: 2,
    minimum_order_value: '10',
    trading: 'Enabled',
    instant_order_counter_decimals: 2,
    instant_and_market_orders: 'Enabled',
    description: pair,
    market_type: 'SPOT',
  };
}
