// What stands behind the Binance stand-in: accounts, orders and trades, with Binance's own rules.
// Amounts and prices are counted in hundred-millionths, as Binance prints them.

const DECIMALS = 8;
const ONE = 10n ** BigInt(DECIMALS);

export type Fixed = bigint;

export function fixed(text: string): Fixed {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(DECIMALS, '0').slice(0, DECIMALS));
}

export function printed(value: Fixed): string {
  const digits = value.toString().padStart(DECIMALS + 1, '0');
  return `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`;
}

export function times(left: Fixed, right: Fixed): Fixed {
  return (left * right) / ONE;
}

/** An answer with Binance's own code, at an HTTP status. */
export class BinanceError extends Error {
  override name = 'BinanceError';
  readonly status: number;
  readonly code: number;

  constructor(code: number, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export type Pair = {
  readonly base: string;
  readonly quote: string;
  /** Decimal texts: what one `base` costs, and the filters of orders. */
  price: string;
  readonly stepSize: string;
  readonly minQty: string;
  readonly tickSize: string;
  readonly minNotional: string;
};

export type Trade = {
  readonly id: number;
  readonly price: Fixed;
  readonly qty: Fixed;
  readonly fee: Fixed;
  readonly feeAsset: string;
  readonly time: number;
};

export type Order = {
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly apiKey: string;
  readonly symbol: string;
  readonly type: 'MARKET' | 'LIMIT';
  readonly price: Fixed;
  readonly qty: Fixed;
  status: 'NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED' | 'EXPIRED';
  readonly trades: Trade[];
  readonly time: number;
};

export type Wish = Pick<Order, 'clientOrderId' | 'apiKey' | 'symbol' | 'type' | 'price' | 'qty'>;

export type Book = ReturnType<typeof createBook>;

type BookOptions = {
  readonly pairs: ReadonlyMap<string, Pair>;
  readonly now: () => number;
  /** By API key and asset. */
  readonly balances: Map<string, Map<string, Fixed>>;
};

/** `habits` may be changed at any time: how orders are filled, and in what fees are taken. */
export function createBook({ pairs, now, balances }: BookOptions) {
  const orders: Order[] = [];
  let lastOrderId = 1_000;
  let lastTradeId = 70_000;
  const habits = {
    /** In so many trades a whole order is filled. */
    trades: 1,
    /** The part of an order, in percent, that finds a buyer at once. */
    liquidity: 100n,
    feeRate: '0.001',
    /** Null: in what the order brings. */
    feeAsset: null as string | null,
  };

  function pairOf(symbol: string): Pair {
    const pair = pairs.get(symbol);
    if (!pair) throw new BinanceError(-1121, 'Invalid symbol.');
    return pair;
  }

  function balance(apiKey: string, asset: string, change = 0n): Fixed {
    const held = balances.get(apiKey) ?? new Map<string, Fixed>();
    balances.set(apiKey, held);
    const value = (held.get(asset) ?? 0n) + change;
    held.set(asset, value);
    return value;
  }

  function check(wish: Wish): void {
    const pair = pairOf(wish.symbol);
    const price = wish.type === 'LIMIT' ? wish.price : fixed(pair.price);
    if (wish.qty <= 0n) throw new BinanceError(-1013, 'Invalid quantity.');
    if (wish.qty < fixed(pair.minQty) || wish.qty % fixed(pair.stepSize) !== 0n) {
      throw new BinanceError(-1013, 'Filter failure: LOT_SIZE');
    }
    if (wish.type === 'LIMIT' && wish.price % fixed(pair.tickSize) !== 0n) {
      throw new BinanceError(-1013, 'Filter failure: PRICE_FILTER');
    }
    if (times(wish.qty, price) < fixed(pair.minNotional)) {
      throw new BinanceError(-1013, 'Filter failure: NOTIONAL');
    }
    const twin = orders.some((one) => isOpen(one) && one.clientOrderId === wish.clientOrderId);
    if (twin) throw new BinanceError(-2010, 'Duplicate order sent.');
    if (balance(wish.apiKey, pair.base) < wish.qty) {
      const said = 'Account has insufficient balance for requested action.';
      throw new BinanceError(-2010, said);
    }
  }

  /** Takes an order to sell, and fills of it what finds a buyer. */
  function take(wish: Wish): Order {
    check(wish);
    lastOrderId += 1;
    const order: Order = { ...wish, orderId: lastOrderId, status: 'NEW', trades: [], time: now() };
    orders.push(order);
    const pair = pairOf(wish.symbol);
    balance(wish.apiKey, pair.base, -wish.qty);
    const price = fixed(pair.price);
    if (wish.type === 'LIMIT' && wish.price > price) return order;
    const step = fixed(pair.stepSize);
    const whole = ((wish.qty * habits.liquidity) / 100n / step) * step;
    for (let left = habits.trades, rest = whole; left > 0 && rest > 0n; left -= 1) {
      const part = left === 1 ? rest : (rest / BigInt(left) / step) * step;
      if (part > 0n) trade(order, part, price);
      rest -= part;
    }
    if (order.type === 'MARKET' && isOpen(order)) end(order, 'EXPIRED');
    return order;
  }

  function trade(order: Order, qty: Fixed, price: Fixed): void {
    const pair = pairOf(order.symbol);
    const cost = times(qty, price);
    const inQuote = times(cost, fixed(habits.feeRate));
    const feeAsset = habits.feeAsset ?? pair.quote;
    const rate = pairs.get(`${feeAsset}${pair.quote}`);
    const fee = feeAsset === pair.quote || !rate ? inQuote : (inQuote * ONE) / fixed(rate.price);
    lastTradeId += 1;
    order.trades.push({ id: lastTradeId, price, qty, fee, feeAsset, time: now() });
    balance(order.apiKey, pair.quote, cost);
    balance(order.apiKey, feeAsset, -fee);
    order.status = executed(order) === order.qty ? 'FILLED' : 'PARTIALLY_FILLED';
  }

  function end(order: Order, status: 'CANCELED' | 'EXPIRED'): void {
    balance(order.apiKey, pairOf(order.symbol).base, order.qty - executed(order));
    order.status = status;
  }

  return { orders, habits, balance, take, trade, end, pairOf };
}

export function isOpen(order: Order): boolean {
  return order.status === 'NEW' || order.status === 'PARTIALLY_FILLED';
}

export function executed(order: Order): Fixed {
  return order.trades.reduce((sum, one) => sum + one.qty, 0n);
}

export function costOf(order: Order): Fixed {
  return order.trades.reduce((sum, one) => sum + times(one.qty, one.price), 0n);
}
