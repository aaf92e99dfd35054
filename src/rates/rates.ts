// What one asset is worth in another: the operator's fixed rate, else what the exchanges agree on.

import type { Mode } from '../db/mode.ts';
import { findAsset } from '../money/assets.ts';
import type { SourceState } from './book.ts';
import { isOpen, untried } from './breaker.ts';
import { type Quote, rateOf, stepsOf } from './evidence.ts';
import { sourceNameOf } from './exchange.ts';
import { eitherWay, overFixedBridge } from './fixed.ts';
import { lowered, one, parsePercent } from './fraction.ts';
import { type MarketPrice, marketPrice } from './market-price.ts';
import type { Market } from './market.ts';
import type { RateSource } from './source.ts';
import { whyNoMarket } from './why.ts';

export { type Quote, type QuoteEvidence, evidenceOf } from './evidence.ts';

export type QuoteTerms = {
  /** Whose price counts, by its number; null: what all agree on. */
  readonly exchange?: number | null;
  /** Decimal text: taken off the rate, so that the payer pays a little more. */
  readonly spreadPercent?: string | null;
};

export type ExchangeInfo = {
  readonly id: number;
  readonly name: string;
  /** Whether anything stands behind it that could say a price. */
  readonly ready: boolean;
};

export type SourceHealth = SourceState & { readonly open: boolean };

export type Rates = {
  /**
   * What one `base`, which is paid, is worth in `quote`, in which the price is: from memory,
   * synchronous, exact. Null when nobody knows or the exchanges contradict each other.
   */
  quote(mode: Mode, base: string, quote: string, terms?: QuoteTerms): Quote | null;
  /** One sentence: the pair, every source that was tried, and why each cannot say. */
  whyNot(mode: Mode, base: string, quote: string, terms?: QuoteTerms): string;
  exchanges(mode: Mode): readonly ExchangeInfo[];
  /** Another number whenever an answer may have changed: what was derived before is void then. */
  version(): number;
  /** Every configured exchange, as this process knows it. */
  health(): readonly SourceHealth[];
  /** Reads the stored prices, and again every two seconds. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

export type RatesDeps = {
  readonly test: RateSource;
  /** The operator's fixed rates. */
  readonly live: RateSource;
  /** Absent: live money has the fixed rates alone. */
  readonly market?: Market;
  readonly now: () => Date;
};

/** The one exchange of test mode, and of live mode when EXCHANGES names none. */
const houseExchange = 1;
const graceExtraPercent = '1';
/** A fixed rate is as new as the moment in which it is asked; that moment may be so old. */
const fixedFreshMs = 1_000;
const maxRemembered = 10_000;

type Remembered = { readonly quote: Quote | null; readonly untilMs: number };

/** Refuses to be built with invented rates for live money. */
export function createRates(deps: RatesDeps): Rates {
  if (deps.live.testOnly) {
    throw new Error(`rates "${deps.live.name}" are for test mode only and cannot price live money`);
  }
  const { market, now } = deps;
  const exchanges = { test: testExchanges, live: liveExchanges(deps) };
  const remembered = new Map<string, Remembered>();
  let rememberedVersion = 0;

  function quote(mode: Mode, base: string, quoted: string, terms: QuoteTerms = {}): Quote | null {
    const current = version();
    if (current !== rememberedVersion || remembered.size >= maxRemembered) {
      remembered.clear();
      rememberedVersion = current;
    }
    const key = `${mode} ${base} ${quoted} ${terms.exchange ?? ''} ${terms.spreadPercent ?? ''}`;
    const found = remembered.get(key);
    const nowMs = now().getTime();
    if (found && nowMs < found.untilMs && nowMs >= found.untilMs - fixedFreshMs) return found.quote;
    const computed = compute(deps, { mode, base, quoted, terms });
    remembered.set(key, { quote: computed, untilMs: nowMs + fixedFreshMs });
    return computed;
  }

  function whyNot(mode: Mode, base: string, quoted: string, terms: QuoteTerms = {}): string {
    for (const code of [base, quoted]) {
      if (!findAsset(code)) return `no rate for ${base}/${quoted}: ${code} is no known asset`;
    }
    if (!isOffered(deps, mode, terms)) return `no exchange has the number ${terms.exchange}`;
    if (mode === 'test') return `the built-in test rates do not lead from ${base} to ${quoted}`;
    if (!market) return `no rate for ${base}/${quoted}: RATES does not lead from one to the other`;
    const votes = { book: market.book(), fixed: deps.live };
    const source = sourceAsked(deps, terms);
    return whyNoMarket(votes, { base, quote: quoted, nowMs: now().getTime(), source });
  }

  function version(): number {
    return market?.version() ?? 1;
  }

  function health(): SourceHealth[] {
    const states = market?.book().states;
    return (market?.book().sources ?? []).map((source) => {
      const state = states?.get(source) ?? untried(source);
      return { ...state, open: isOpen(state, now()) };
    });
  }

  return {
    quote,
    whyNot,
    exchanges: (mode) => exchanges[mode],
    version,
    health,
    start: async () => market?.start(),
    stop: async () => market?.stop(),
  };
}

const testExchanges: readonly ExchangeInfo[] = [
  { id: houseExchange, name: 'sandbox', ready: true },
];

function liveExchanges({ market, live }: RatesDeps): readonly ExchangeInfo[] {
  const configured = market?.exchanges ?? [];
  if (configured.length === 0) {
    return [{ id: houseExchange, name: 'house', ready: live.knowsAny ?? true }];
  }
  return configured.map(({ id, exchange }) => ({ id, name: exchange, ready: true }));
}

type Asked = {
  readonly mode: Mode;
  readonly base: string;
  readonly quoted: string;
  readonly terms: QuoteTerms;
};

function compute(deps: RatesDeps, asked: Asked): Quote | null {
  const { mode, base, quoted, terms } = asked;
  if (!isOffered(deps, mode, terms)) return null;
  if (base === quoted) {
    return { rate: rateOf(base, base, one), source: 'same asset', at: deps.now() };
  }
  const fixed = mode === 'live' ? deps.live : deps.test;
  const named = eitherWay(fixed, base, quoted);
  if (named) return withSpread({ ...named, source: fixed.name }, terms);
  const source = mode === 'live' ? sourceAsked(deps, terms) : null;
  const found = mode === 'live' ? askMarket(deps, asked, source) : null;
  if (found) return fromMarket(found, asked, source);
  // Whoever asks for one exchange's price does not want another.
  const bridged = source === null ? overFixedBridge(fixed, base, quoted) : null;
  if (!bridged) return null;
  return withSpread({ ...bridged, source: `${fixed.name} via ${bridged.bridge}` }, terms);
}

function askMarket(deps: RatesDeps, { base, quoted }: Asked, source: string | null) {
  if (!deps.market) return null;
  const votes = { book: deps.market.book(), fixed: deps.live };
  return marketPrice(votes, { base, quote: quoted, nowMs: deps.now().getTime() }, source);
}

function fromMarket(found: MarketPrice, { base, quoted, terms }: Asked, source: string | null) {
  const names = found.used.map((vote) => vote.source);
  const extra = found.grace ? parsePercent(graceExtraPercent) : 0n;
  const price = lowered(found.price, parsePercent(terms.spreadPercent ?? '0') + extra);
  const quote: Quote = {
    rate: rateOf(base, quoted, price),
    source: names.length === 1 ? `${names[0]}` : `median of ${names.join(', ')}`,
    at: new Date(found.atMs),
    evidence: {
      ...spreadOf(terms),
      ...(found.grace ? { grace: { extraPercent: graceExtraPercent } } : {}),
      ...(source === null ? {} : { exchange: terms.exchange ?? houseExchange }),
      steps: stepsOf(found),
    },
  };
  return quote;
}

function withSpread({ rate, source, at }: Quote, terms: QuoteTerms): Quote {
  const spread = parsePercent(terms.spreadPercent ?? '0');
  if (spread === 0n) return { rate, source, at };
  const price = lowered(rate, spread);
  return { rate: rateOf(rate.base, rate.quote, price), source, at, evidence: spreadOf(terms) };
}

function spreadOf({ spreadPercent }: QuoteTerms) {
  return spreadPercent && parsePercent(spreadPercent) > 0n ? { spreadPercent } : {};
}

/** Whether the mode has the exchange that was asked for, if one was. */
function isOffered(deps: RatesDeps, mode: Mode, { exchange }: QuoteTerms): boolean {
  if (exchange === undefined || exchange === null) return true;
  const offered = mode === 'live' ? liveExchanges(deps) : testExchanges;
  return offered.some(({ id }) => id === exchange);
}

/** Null: all of them, or the house's fixed table when there is no other. */
function sourceAsked({ market }: RatesDeps, { exchange }: QuoteTerms): string | null {
  const found = market?.exchanges.find(({ id }) => id === exchange);
  return found ? sourceNameOf(found) : null;
}
