// Printing: the vendor's objects as JSON text. By hand, because amounts are printed from their
// exact decimal text (no exponent, no binary noise), which no serialiser of numbers can promise.

import type { Amount } from '../../money/amount.ts';
import { decimalsOf } from '../../money/assets.ts';
import { formatDecimal, trimDecimal } from '../../money/decimal.ts';
import { type Rate, convert } from '../../money/rate.ts';
import { type Facts, valueOf } from '../../payments/facts.ts';
import type { Payment, PaymentView, Sighting } from '../../payments/nouns.ts';
import { payerId, transferId } from './identifiers.ts';
import { isoSeconds, secondsUntil } from './times.ts';
import { type InitialWord, isActive, isExpired, isFinal, wordOf } from './words.ts';

/** What the same payment looks like depends on when, where and for whom it is printed. */
export type Scene = {
  readonly now: Date;
  readonly initialStatus: InitialWord;
  /** Origin of the payer's pages. */
  readonly checkout: string;
};

const USD_DECIMALS = 4;
const quote = JSON.stringify;

/** An amount as a JSON number: plain decimal notation without trailing zeros. */
export function numberText({ units, asset }: Amount): string {
  return trimDecimal(formatDecimal(units, decimalsOf(asset)));
}

/** The link object of create and patch; `secret` is printed as it is given. */
export function linkText(payment: Payment, secret: string | null, scene: Scene): string {
  const { reference, name, price, maxUses, uses, id, expiresAt } = payment;
  const seconds = isFinal(payment, scene.now) ? 0 : secondsUntil(expiresAt, scene.now);
  return (
    `{"payment_reference":"${reference}","name":${quote(name)},` +
    `"order_currency":"${price.asset}","order_amount":${numberText(price)},` +
    `"payment_status":"${wordOf(payment, scene.initialStatus)}",` +
    `"expiry_date":"${isoSeconds(expiresAt)}",` +
    `"hosted_url":${quote(`${scene.checkout}/link/${reference}`)},"token_type":"x-api-key",` +
    `"expires_in":${seconds},"is_active":${isActive(payment, scene.now)},` +
    `"max_uses":${maxUses},"current_uses":${uses},"notify_secret":${quote(secret)},"id":"${id}"}`
  );
}

/** One item of the list. */
export function itemText(payment: Payment, scene: Scene): string {
  const { id, name, price, createdAt, reference } = payment;
  return (
    `{"id":"${id}","name":${quote(name)},"amount":${numberText(price)},` +
    `"currency":"${price.asset}","status":"${wordOf(payment, scene.initialStatus)}",` +
    `"payment_link":${quote(`${scene.checkout}/link/${id}`)},` +
    `"expires_at":"${isoSeconds(payment.expiresAt)}","is_active":${isActive(payment, scene.now)},` +
    `"created_at":"${isoSeconds(createdAt)}","payment_reference":"${reference}"}`
  );
}

/**
 * The answer of read. `usd` is the rate of the price in dollars, when there is one; `facts` may be
 * null for a payment on which nothing was seen.
 */
export function detailsText(
  view: PaymentView,
  scene: Scene,
  usd: Rate | null,
  facts: Facts | null,
): string {
  const { payment } = view;
  const { id, name, price, reference, maxUses, uses } = payment;
  const active = isActive(payment, scene.now);
  const expired = isExpired(payment, scene.now);
  const available = active && !expired && uses < maxUses;
  return (
    `{"id":"${id}","name":${quote(name)},"amount":${numberText(price)},` +
    `"currency":"${price.asset}","payment_type":"direct",` +
    `"payment_status":"${wordOf(payment, scene.initialStatus)}",` +
    `"payment_link":${quote(`${scene.checkout}/payment_link?payment_id=${id}`)},` +
    `"expires_at":"${isoSeconds(payment.expiresAt)}","is_active":${active},` +
    `"max_uses":${maxUses},"current_uses":${uses},"is_expired":${expired},` +
    `"is_available":${available},"decimals":${decimalsOf(price.asset)},` +
    `"usd_price":${quote(usdText(price, usd))},${payerText(payment)},` +
    `"txs":[${facts === null ? '' : transfersText(view, facts)}],` +
    `"payment_reference":"${reference}"}`
  );
}

/** The dollar equivalent, rounded down: it is only shown, nobody pays it. */
function usdText(price: Amount, rate: Rate | null): string | null {
  if (price.asset === 'USD') {
    return formatDecimal(
      price.units * 10n ** BigInt(USD_DECIMALS - decimalsOf('USD')),
      USD_DECIMALS,
    );
  }
  if (rate === null) return null;
  const decimals = (asset: string) => (asset === 'USD' ? USD_DECIMALS : decimalsOf(asset));
  return formatDecimal(convert(price, rate, decimals, 'down').units, USD_DECIMALS);
}

function payerText({ id, payer }: Payment): string {
  const { id: customer = null, name = null, email = null, country = null } = payer;
  const one = { id: payerId(id), name, email, country };
  const merchantCustomer = { customer_id: customer, customer_name: name, email };
  return `"payers":${quote([one])},"merchant_customer":${quote(merchantCustomer)}`;
}

function transfersText(view: PaymentView, { requiredUnits, usesSeen }: Facts): string {
  const { price, maxUses, status } = view.payment;
  const settled = status === 'completed' || status === 'refunded' || usesSeen >= maxUses;
  const totals = new Map<string, bigint>();
  for (const sighting of view.sightings.filter(({ present }) => present)) {
    const { instructionId: id } = sighting;
    totals.set(id, (totals.get(id) ?? 0n) + valueOf(view, sighting));
  }
  // What was paid in parts counts together: parts are short until they make a whole use.
  const parts = [...totals].filter(([, total]) => total < requiredUnits);
  const pool = parts.reduce((sum, [, total]) => sum + total, 0n);
  const short = new Set(settled || pool >= requiredUnits ? [] : parts.map(([id]) => id));
  return view.sightings
    .map((sighting) => {
      const value = { units: valueOf(view, sighting), asset: price.asset };
      return transferText(sighting, value, short.has(sighting.instructionId));
    })
    .join(',');
}

function transferText(sighting: Sighting, value: Amount, short: boolean): string {
  const { rail, key, transactionId, present, final, changedAt, amount } = sighting;
  const at = isoSeconds(changedAt);
  const fiat = numberText(value);
  const status = present ? (final ? 'confirmed' : 'pending') : 'failed';
  const open = short ? 'short' : final ? 'good' : 'hold';
  return (
    `{"t3a_id":"${transferId(rail, key)}","txid":${quote(transactionId)},` +
    `"order_currency":"${value.asset}","receive_amount":${fiat},"status":"${status}",` +
    `"status_date":"${at}","payment_tier":"${present ? open : 'invalid'}",` +
    `"payment_tier_date":"${at}","payment_currency":"${value.asset}","payment_amount":${fiat},` +
    `"payment_crypto_amount":${numberText(amount)}}`
  );
}
