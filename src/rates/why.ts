// Why there is no rate, in one sentence: the pair, every source that was tried, what each lacks.

import type { Book } from './book.ts';
import { type Fraction, priceText } from './fraction.ts';
import { maxAgeMs } from './market-price.ts';
import { bridges } from './ticker.ts';
import { type Vote, type VotesDeps, voteOf } from './votes.ts';

export type Unanswered = {
  readonly base: string;
  readonly quote: string;
  readonly nowMs: number;
  /** The source that was asked for, or null for all of them. */
  readonly source: string | null;
};

const longestError = 160;

/** `RATES does not name it; kraken: …; bitstamp: …`, without a full stop. */
export function whyNoMarket(deps: VotesDeps, asked: Unanswered): string {
  const { base, quote, source } = asked;
  const ways = bridges.filter((bridge) => bridge !== base && bridge !== quote).join(', ');
  const said = deps.book.sources.map((name) => `${name} ${saidBy(deps, name, asked)}`);
  const subject = source === null ? `${base}/${quote}` : `${base}/${quote} on ${source}`;
  const all = said.length === 0 ? 'EXCHANGES names no exchange' : said.join('; ');
  return `no rate for ${subject}, direct or via ${ways}: RATES does not name it; ${all}`;
}

function saidBy(deps: VotesDeps, source: string, { base, quote, nowMs }: Unanswered): string {
  const within = (ageMs: number): Vote | null =>
    voteOf(deps, source, { base, quote, nowMs, maxAgeMs: ageMs });
  const young = within(maxAgeMs);
  if (young) return `says ${priceText(young.price)}, which the others contradict`;
  const trouble = troubleOf(deps.book, source);
  const last = within(Number.POSITIVE_INFINITY);
  if (last) return `said ${ageOf(last, nowMs)}${trouble}`;
  if (deps.book.states.get(source)?.succeededAt) return `has no market for it${trouble}`;
  return trouble === '' ? 'has not been asked yet' : `never answered${trouble}`;
}

function ageOf({ price, atMs }: { price: Fraction; atMs: number }, nowMs: number): string {
  return `${priceText(price)} ${Math.round((nowMs - atMs) / 1_000)} s ago`;
}

function troubleOf(book: Book, source: string): string {
  const error = book.states.get(source)?.lastError ?? null;
  if (error === null) return '';
  const cut = error.length > longestError ? `${error.slice(0, longestError)}…` : error;
  return ` (${cut})`;
}
