// What a creation costs whom: the fee, what is processed, and what is settled with the merchant.

import type { Amount } from '../../money/amount.ts';
import { divideDown, divideUp } from '../../money/amount.ts';
import { decimalsOf } from '../../money/assets.ts';
import { formatDecimal, trimDecimal } from '../../money/decimal.ts';
import { convert } from '../../money/rate.ts';
import type { Mode } from '../../merchants/settings.ts';
import type { CreateFields } from './create-fields.ts';
import type { BusinessCode } from './errors.ts';
import type { Marks } from './marks.ts';
import type { XbillionNeeds } from './needs.ts';
import { type Service, feeOf, isWithinBounds } from './services.ts';
import type { XbillionSettings } from './settings.ts';

export type Charge = {
  /** What the payer pays. */
  readonly price: Amount;
  /** What the house keeps of it, in its units; null: nothing. */
  readonly feeUnits: bigint | null;
  readonly marks: Marks;
};

type Terms = {
  readonly mode: Mode;
  readonly service: Service;
  readonly settings: Pick<XbillionSettings, 'settlementCurrency' | 'settlementNet'>;
  readonly rates: XbillionNeeds['rates'];
};

const DECIMALS = 2;

/** The charge, or the first reason against it. */
export function chargeOf(fields: CreateFields, terms: Terms): Charge | BusinessCode {
  const { hundredths, currency } = fields;
  const { service, settings } = terms;
  if (!service.currencies.includes(currency)) return 'currency_not_supported';
  if (!isWithinBounds(service, currency, hundredths)) return 'limit_exceeded';
  const fee = feeOf(service, currency, hundredths);
  const payer = fee > 0n ? (service.fee?.payer ?? 'merchant') : 'merchant';
  // A merchant cannot be charged more than it is paid.
  if (payer === 'merchant' && fee >= hundredths) return 'limit_exceeded';
  const charged = payer === 'customer' ? hundredths + fee : hundredths;
  const price = converted(amountOf(charged, currency), service.convertTo, 'up', terms);
  const due = settings.settlementNet ? charged - fee : hundredths;
  const settled = converted(amountOf(due, currency), settings.settlementCurrency, 'down', terms);
  if (price === null || settled === null) return 'service_refused';
  const same = settled.asset === currency;
  return {
    price,
    feeUnits: fee === 0n ? null : divideDown(fee * price.units, charged),
    marks: {
      service: fields.service,
      amount: textOf(hundredths),
      currency,
      fee: textOf(fee),
      feePayer: payer,
      settlement: same ? textOf(due) : textOfAmount(settled),
      settlementCurrency: settled.asset,
    },
  };
}

/**
 * In the currency's own smallest unit. Of the vendor's currencies only the Chilean peso has no
 * hundredths: nobody can pay a part of one, so its fraction is rounded up, once, at the very end.
 */
function amountOf(hundredths: bigint, currency: string): Amount {
  const unit = 10n ** BigInt(DECIMALS - decimalsOf(currency));
  return { units: divideUp(hundredths, unit), asset: currency };
}

function converted(
  from: Amount,
  to: string | null,
  rounding: 'up' | 'down',
  { mode, rates }: Terms,
): Amount | null {
  if (to === null || to === from.asset) return from;
  const quote = rates.quote(mode, from.asset, to);
  return quote === null ? null : convert(from, quote.rate, decimalsOf, rounding);
}

function textOf(hundredths: bigint): string {
  return trimDecimal(formatDecimal(hundredths, DECIMALS));
}

/** Decimal text without trailing zeros. */
export function textOfAmount({ units, asset }: Amount): string {
  return trimDecimal(formatDecimal(units, decimalsOf(asset)));
}
