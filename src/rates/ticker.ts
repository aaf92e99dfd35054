// A price as one exchange tells it: what somebody bids and what somebody asks for.

import { findAsset } from '../money/assets.ts';
import { compare, type Fraction, isFurther, mean, parsePrice } from './fraction.ts';

/** `bid` and `ask` are decimal text, in `quote` for one `base`. */
export type Ticker = {
  readonly source: string;
  readonly base: string;
  readonly quote: string;
  readonly bid: string;
  readonly ask: string;
  /** When we learned it, by our own clock. */
  readonly at: Date;
};

/** A usable ticker with its middle price. */
export type PricedTicker = Ticker & { readonly price: Fraction; readonly atMs: number };

/** Through these, at most one, a price is found for two assets that nobody trades directly. */
export const bridges = ['USD', 'USDT', 'USDC', 'EUR', 'BTC'] as const;

const stableCoins: ReadonlySet<string> = new Set(['USDT', 'USDC']);

// Exchanges also list tokens named like currencies (MNT, BOB, RON, ALL), and a token's price must
// not pass for a currency's: as a base only these are believed to be money, ...
const fiatBases: ReadonlySet<string> = new Set(['USD', 'EUR', 'GBP', 'AUD', 'CHF', 'NZD']);

// ... and as a quote these, in which exchanges really let people pay.
const fiatQuotes: ReadonlySet<string> = new Set(
  (
    'USD EUR GBP CHF AUD NZD CAD JPY KRW SGD HKD TWD INR IDR THB PHP VND MYR AED TRY ILS UAH PLN ' +
    'CZK RON HUF SEK NOK DKK BRL ARS COP MXN CLP PEN UYU ZAR NGN KES GHS KZT GEL'
  ).split(' '),
);

/** Whether we believe this market to be between the assets that its codes mean to us. */
export function isKnownMarket(base: string, quote: string): boolean {
  return base !== quote && isBelieved(base, fiatBases) && isBelieved(quote, fiatQuotes);
}

/** Money, or a coin that follows it: such a pair moves slowly and is the same everywhere. */
export function isCurrency(code: string): boolean {
  return stableCoins.has(code) || findAsset(code)?.kind === 'fiat';
}

/** Reads a ticker, or says in a few words why it is no price. */
export function priced(ticker: Ticker): PricedTicker | string {
  const bid = parsePrice(ticker.bid);
  const ask = parsePrice(ticker.ask);
  if (bid === null || ask === null) return 'bid or ask is no price';
  if (compare(bid, ask) > 0) return 'bid is above ask';
  if (isFurther(ask, bid, widestSpreadPercent)) return 'bid and ask are too far apart';
  return { ...ticker, price: mean(bid, ask), atMs: ticker.at.getTime() };
}

// A wider gap means a market where nobody trades: its middle is nobody's price.
const widestSpreadPercent = 5n;

function isBelieved(code: string, fiats: ReadonlySet<string>): boolean {
  return fiats.has(code) || findAsset(code)?.kind === 'crypto';
}
