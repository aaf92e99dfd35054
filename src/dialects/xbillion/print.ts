// Printing: the vendor's objects as JSON text. By hand, because amounts are printed from their
// exact decimal text (no exponent, no binary noise), which no serialiser of numbers can promise.

import { decimalsOf } from '../../money/assets.ts';
import { formatDecimal } from '../../money/decimal.ts';
import { transferCode } from '../../money/payment-qr/transfer-code.ts';
import type { Instruction, Payment } from '../../payments/nouns.ts';
import { textOfAmount } from './charge.ts';
import { type Marks, marksOf } from './marks.ts';
import type { XbillionSettings } from './settings.ts';
import { wordOf } from './words.ts';

export type Style = Pick<XbillionSettings, 'fees' | 'amountsAsText'>;

/** What is to be done next: go to a page, or do what an instruction says. */
export type Next =
  | { readonly action: 'redirect'; readonly url: string }
  | {
      readonly action: 'show_details';
      readonly instruction: Instruction;
      /** Of the instruction's way to pay, for a coin that is paid on several networks. */
      readonly network: string | null;
    };

const SECONDS_LENGTH = 19;
const quote = JSON.stringify;

/** The answer of create, with `next`, and of get information, without. */
export function paymentText(payment: Payment, style: Style, next: Next | null): string {
  const { id, price, createdAt, merchantReference } = payment;
  const marks = marksOf(payment);
  const amount = numberText(textOfAmount(price), style);
  return (
    `{"id":"${id}","amount":{"value":${amount},"currency":"${price.asset}"},` +
    `${feesText(marks, style)}${next === null ? '' : `"next":${nextText(payment, next)},`}` +
    `"status":"${wordOf(payment)}","created_at":"${isoSeconds(createdAt)}",` +
    `"order_id":${quote(merchantReference ?? id)},"service":${quote(marks?.service ?? '')}}`
  );
}

/** `{"fee":2,"currency":"USD","fee_payer":"customer"}` */
export function feeText({ fee, currency, feePayer }: Marks, style: Style): string {
  return `{"fee":${numberText(fee, style)},"currency":"${currency}","fee_payer":"${feePayer}"}`;
}

/** A decimal text as the merchant wants amounts: a JSON number, or a string. */
export function numberText(decimal: string, { amountsAsText }: Style): string {
  return amountsAsText ? `"${decimal}"` : decimal;
}

/** `2026-01-31T12:00:00Z`: cut, not rounded, so that nothing is shown as later than it was. */
export function isoSeconds(at: Date): string {
  return `${at.toISOString().slice(0, SECONDS_LENGTH)}Z`;
}

function feesText(marks: Marks | null, style: Style): string {
  if (marks === null || marks.fee === '0' || style.fees === 'omit') return '';
  const fee = feeText(marks, style);
  return `"fees":${style.fees === 'object' ? fee : `[${fee}]`},`;
}

function nextText(payment: Payment, next: Next): string {
  if (next.action === 'redirect') {
    return `{"action":"redirect","redirect_url":${quote(next.url)}}`;
  }
  const { instruction, network } = next;
  return quote({ action: 'show_details', details: detailsOf(payment, instruction, network) });
}

function detailsOf(
  payment: Payment,
  instruction: Instruction,
  network: string | null,
): Readonly<Record<string, string>> {
  const { expected, target, uri } = instruction;
  const { units, asset } = expected;
  const coin = { ...(network === null ? {} : { network }), asset, address: target };
  return {
    ...(asset === payment.price.asset ? accountOf(payment, instruction) : coin),
    ...(uri === null ? {} : { uri }),
    amount: formatDecimal(units, decimalsOf(asset)),
    currency: asset,
    expires_at: isoSeconds(payment.expiresAt),
  };
}

/**
 * What a rail says of an account, under the names of the page, with what the payer is to write and
 * the text of the QR code that a banking app reads, where there is one.
 */
function accountOf(
  { reference }: Payment,
  { details, target, expected }: Instruction,
): Readonly<Record<string, string>> {
  const { number = target, bankCode, ...rest } = details ?? {};
  const code = details === null ? null : transferCode({ details, amount: expected, reference });
  return {
    account: number,
    ...rest,
    ...(bankCode === undefined ? {} : { bank_code: bankCode }),
    reference,
    ...(code === null ? {} : { qr: code.text }),
  };
}
