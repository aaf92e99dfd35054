// The terms of an order: what the merchant's account asks for, and what the coin is worth.

import type { Database } from '../db/database.ts';
import { type Rate, chainRates, invertRate } from '../money/rate.ts';
import type { QuoteEvidence, Rates } from '../rates/rates.ts';
import type { Account } from './accounts.ts';
import type { Market } from './connector.ts';
import type { Terms } from './draft.ts';
import type { Conversion } from './rows.ts';

/** How an account sells. */
export type Means = Pick<Account, 'orderType' | 'limitBasisPoints' | 'active'> & {
  /** Which account it is; see `Accounts.identityOf`. */
  readonly identity: string;
};

export type TermsDeps = { readonly db: Database; readonly rates: Pick<Rates, 'quote'> };

export async function termsOf(
  deps: TermsDeps,
  conversion: Conversion,
  { orderType, limitBasisPoints }: Means,
  market: Market,
): Promise<Terms> {
  const { mode, asset, exchange } = conversion;
  const there = deps.rates.quote(mode, asset, market.quote, { exchange });
  const present = (there ?? deps.rates.quote(mode, asset, market.quote))?.rate ?? null;
  const own = orderType === 'limit' ? await ownRateOf(deps, conversion, market.quote) : null;
  return { orderType, limitBasisPoints, ownRate: own, presentRate: present };
}

/** What the payer was asked for, in the currency of the market. */
async function ownRateOf(
  { db, rates }: TermsDeps,
  { merchantId, paymentId, asset, mode }: Conversion,
  quote: string,
): Promise<Rate | null> {
  const [row] = await db.query<{ quote: QuoteEvidence }>(
    `select quote from instructions where merchant_id = $1 and payment_id = $2 and asset = $3
      order by created_at desc, id desc limit 1`,
    [merchantId, paymentId, asset],
    'conversion-own-rate',
  );
  if (!row) return null;
  const known = {
    base: row.quote.base,
    quote: row.quote.quote,
    numerator: BigInt(row.quote.numerator),
    denominator: BigInt(row.quote.denominator),
  };
  const own = known.base === asset ? known : invertRate(known);
  if (own.quote === quote) return own;
  const bridge = rates.quote(mode, own.quote, quote)?.rate;
  return bridge ? chainRates(own, bridge) : null;
}
