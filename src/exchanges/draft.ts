// Drafting an order: how much of a conversion one order can sell at a market, and at which price.

import { assetOf, decimalsOf } from '../money/assets.ts';
import { formatDecimal, trimDecimal } from '../money/decimal.ts';
import { type Rate, convert } from '../money/rate.ts';
import type { Market, OrderType, Refused } from './connector.ts';
import { type Exact, compare, exact, priceOnStep, unitsOnStep } from './exact.ts';
import type { Conversion } from './rows.ts';

export type Draft = {
  readonly kind: 'draft';
  readonly orderedUnits: bigint;
  readonly amount: string;
  readonly orderType: OrderType;
  readonly limitPrice: string | null;
};

export type Terms = {
  readonly orderType: OrderType;
  readonly limitBasisPoints: number;
  /** What one coin was worth to the payment, in the market's currency; only limits need it. */
  readonly ownRate: Rate | null;
  /** What one coin is worth now; null: nobody knows. */
  readonly presentRate: Rate | null;
};

/** Refuses what the exchange would refuse, and names its limit; the rest of a step stays coin. */
export function draftOrder(
  { asset, units }: Pick<Conversion, 'asset' | 'units'>,
  market: Market,
  terms: Terms,
): Draft | Refused {
  const decimals = decimalsOf(asset);
  const step = exact(market.amountStep);
  if (step.digits <= 0n) return refused(`${market.id} names no step for amounts`);
  const orderedUnits = unitsOnStep(units, decimals, step);
  const amount = trimDecimal(formatDecimal(orderedUnits, decimals));
  const limitPrice = terms.orderType === 'limit' ? limitOf(market, terms) : null;
  const fault =
    amountFault(market, amount, formatDecimal(units, decimals)) ??
    costFault(market, orderedUnits, limitPrice, terms.presentRate);
  if (fault !== null) return refused(fault);
  if (terms.orderType === 'limit' && limitPrice === null) {
    return refused(`there is no rate from which a limit for ${market.id} follows`);
  }
  return { kind: 'draft', orderedUnits, amount, orderType: terms.orderType, limitPrice };
}

function limitOf(market: Market, { ownRate, presentRate, limitBasisPoints }: Terms): string | null {
  const rate = ownRate ?? presentRate;
  const step = exact(market.priceStep);
  return rate && step.digits > 0n ? priceOnStep(rate, limitBasisPoints, step) : null;
}

function amountFault(market: Market, amount: string, wanted: string): string | null {
  const { asset, leastAmount, mostAmount } = market;
  const value = exact(amount);
  const least = leastAmount === null ? null : exact(leastAmount);
  if (value.digits === 0n || (least && compare(value, least) < 0)) {
    return `${wanted} ${asset} is below the exchange's minimum of ${leastOf(market)} ${asset}`;
  }
  if (mostAmount === null) return null;
  // Zero stands for no limit on some exchanges.
  const most = exact(mostAmount);
  if (most.digits === 0n || compare(value, most) <= 0) return null;
  return `${amount} ${asset} is above the exchange's maximum of ${mostAmount} ${asset}`;
}

function leastOf({ leastAmount, amountStep }: Market): string {
  const least = leastAmount === null || exact(leastAmount).digits === 0n ? amountStep : leastAmount;
  return trimDecimal(least);
}

function costFault(
  { asset, quote, leastCost }: Market,
  units: bigint,
  limitPrice: string | null,
  presentRate: Rate | null,
): string | null {
  const rate = limitPrice === null ? presentRate : rateOf(asset, quote, exact(limitPrice));
  if (leastCost === null || !rate) return null;
  const value = convert({ units, asset }, rate, decimalsOf, 'up');
  const text = formatDecimal(value.units, assetOf(quote).decimals);
  if (compare(exact(text), exact(leastCost)) >= 0) return null;
  const least = trimDecimal(leastCost);
  return `about ${text} ${quote} is below the exchange's minimum of ${least} ${quote}`;
}

function rateOf(base: string, quote: string, { digits, scale }: Exact): Rate {
  return { base, quote, numerator: digits, denominator: 10n ** BigInt(scale) };
}

function refused(reason: string): Refused {
  return { kind: 'refused', reason };
}
