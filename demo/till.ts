// A sale at the till, through xpay: sign in, list the coins, sell, be called back, convert.

import { startBinance } from '../test/exchanges/binance.ts';
import type { Books } from './books.ts';
import { mine, neededBlocks, unitsOf } from './chain.ts';
import { type Cleanup, type Ground, openGround } from './stage.ts';
import { type TillReceiver, startTillReceiver } from './till-receiver.ts';
import { check, DemoFailed, say, until } from './timeline.ts';

type Transaction = {
  readonly id: number;
  readonly status: string;
  readonly wallet: string;
  readonly amount_to_paid: string;
  readonly currency_to_paid: string;
  readonly string_amount_to_change: string;
  readonly string_fiat_amount_to_commerce: string;
};

type CoinList = {
  readonly available_currencies: readonly {
    readonly exchange: number;
    readonly currency: { readonly code: string };
    readonly exchange_amount: string;
  }[];
};

export const summary = 'a sale at the till, and the coins sold on an exchange';

const exchangeKeys = { apiKey: 'demo-api-key', secret: 'demo-secret' };
/** In pesos; 60 % of what comes in is to be sold. */
const amount = 100_000;
const percent = 60n;

export async function playTill(later: Cleanup): Promise<void> {
  const binance = await startBinance({
    prices: { 'LTC/USDT': '85.20', 'USDT/COP': '4100', 'BNB/USDT': '600' },
    keys: [{ ...exchangeKeys, balances: { LTC: '50' } }],
  });
  later('exchange', binance.close);
  say('stand-in exchange ready', `Binance’s own REST format, ${binance.url}`);
  const receiver = await startTillReceiver();
  later('receiver', receiver.close);
  const exchanges = [{ id: 1, exchange: 'binance', url: binance.url, pollMs: 1_000 }];
  const ground = await openGround(later, { EXCHANGES: JSON.stringify(exchanges) });
  const person = await ground.books.openTill(exchangeKeys);
  await ground.gateway.start();
  await sell(ground, receiver, person);
}

type Person = Awaited<ReturnType<Books['openTill']>>;

async function sell(ground: Ground, receiver: TillReceiver, person: Person): Promise<void> {
  const { gateway, node, books } = ground;
  const { key } = await call<{ key: string }>(gateway.origin, 'auth/login/', {
    body: { email: person.email, password: person.password },
  });
  say('signed in', `${person.email}, token ${key.slice(0, 6)}…`);
  const coin = await until('the exchange has told its prices', async () => {
    const path = `transactions/available/currencies/${amount}.00/COP/`;
    const list = await call<CoinList>(gateway.origin, path, { key });
    return list.available_currencies.find(({ currency }) => currency.code === 'LTC') ?? null;
  });
  say('coins listed', `${coin.exchange_amount} LTC for ${amount} COP on exchange ${coin.exchange}`);
  const made = await call<Transaction>(gateway.origin, 'transactions/create/', {
    key,
    body: {
      src_currency: 'LTC',
      tgt_currency: 'COP',
      amount,
      exchange_id: String(coin.exchange),
      callback: receiver.url,
      fiat_withdraw: Number(percent),
    },
  });
  check(made.status === 'sending', `the new transaction is ${made.status}`);
  say('created', `${made.string_amount_to_change}, transaction ${made.id}`);
  const txid = await node.pay(made.wallet, made.amount_to_paid);
  say('paid from the node’s wallet', `${made.amount_to_paid} LTC, ${txid}`);
  await receiver.next('verifying');
  await mine(node, neededBlocks);
  await receiver.next('approved');
  const read = await call<Transaction>(gateway.origin, `transactions/${made.id}/`, { key });
  check(read.status === 'approved', `the transaction is ${read.status}`);
  check(read.amount_to_paid === made.amount_to_paid, 'the price has changed');
  say('approved', `of it ${read.string_fiat_amount_to_commerce} in fiat`);
  const conversion = await until('the share is sold', () => books.conversion());
  const units = unitsOf(made.amount_to_paid);
  check(conversion.status === 'filled', `the conversion is ${conversion.status}`);
  say('sold on the exchange', `${conversion.sold} for ${conversion.received}`);
  await books.proveTill({ units, soldAtMost: (units * percent) / 100n });
}

/** Throws with the answer for everything but 2xx. */
async function call<T>(
  origin: string,
  path: string,
  { key, body }: { readonly key?: string; readonly body?: object },
): Promise<T> {
  const response = await fetch(`${origin}/api/v1/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(key ? { authorization: `Token ${key}` } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new DemoFailed(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}
