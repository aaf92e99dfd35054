// The exchange of test mode: sells all at once at the test rate, without a fee or a network. It
// remembers nothing, because the order alone says what became of it.

import { decimalsOf, findAsset } from '../money/assets.ts';
import { formatDecimal, trimDecimal } from '../money/decimal.ts';
import { convert } from '../money/rate.ts';
import type { Rates } from '../rates/rates.ts';
import {
  type Connector,
  type FindAnswer,
  type Market,
  type MarketAnswer,
  type Order,
  quotesFor,
} from './connector.ts';
import { exact, unitsDown } from './exact.ts';

/** Test mode has this one exchange (`Rates.exchanges`), and every merchant an account on it. */
export const SANDBOX_EXCHANGE = 1;

export function createSandboxConnector(rates: Pick<Rates, 'quote'>): Connector {
  async function market(asset: string, wanted: string): Promise<MarketAnswer> {
    for (const quote of quotesFor(asset, wanted)) {
      if (findAsset(quote) === undefined || !rates.quote('test', asset, quote)) continue;
      return { kind: 'market', market: marketOf(asset, quote) };
    }
    return { kind: 'refused', reason: `there is no test rate for ${asset} in ${wanted}` };
  }

  async function find(order: Order): Promise<FindAnswer> {
    const [asset = '', quote = ''] = order.market.split('/');
    const rate = rates.quote('test', asset, quote)?.rate;
    if (!rate) return { kind: 'unknown', reason: `there is no test rate for ${order.market}` };
    const sold = { units: unitsDown(exact(order.amount), decimalsOf(asset)), asset };
    const brought = convert(sold, rate, decimalsOf, 'down');
    const trade = {
      id: '1',
      amount: order.amount,
      cost: formatDecimal(brought.units, decimalsOf(quote)),
      fees: [],
      at: order.since,
    };
    const orderId = `sandbox-${order.clientOrderId}`;
    return { kind: 'found', orderId, closed: true, trades: [trade], reason: null };
  }

  return {
    market,
    find,
    place: async ({ clientOrderId }) => ({ kind: 'sent', orderId: `sandbox-${clientOrderId}` }),
    cancel: async () => undefined,
    balances: async () => ({ kind: 'balances', held: [] }),
    close: async () => undefined,
  };
}

function marketOf(asset: string, quote: string): Market {
  return {
    id: `${asset}/${quote}`,
    asset,
    quote,
    amountStep: stepOf(asset),
    priceStep: stepOf(quote),
    leastAmount: null,
    mostAmount: null,
    leastCost: null,
  };
}

function stepOf(asset: string): string {
  return trimDecimal(formatDecimal(1n, decimalsOf(asset)));
}
