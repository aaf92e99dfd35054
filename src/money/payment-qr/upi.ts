// UPI deep link: NPCI, “UPI Linking Specifications” version 1.6, India.

import type { Amount } from '../amount.ts';
import { formatDecimal } from '../decimal.ts';
import { type QrText, firstOf, textFault } from './qr-text.ts';

export type UpiPayment = {
  /** Virtual payment address: `name@bank`. */
  readonly address: string;
  readonly name: string;
  /** Null: the payer types it. */
  readonly amount: Amount | null;
  readonly categoryCode: string | null;
  /** The PSP's own id of the transaction, and the merchant's order. */
  readonly transactionId: string | null;
  readonly reference: string | null;
  readonly note: string | null;
  readonly url: string | null;
};

const addressForm = /^[A-Za-z0-9._-]{1,255}@[A-Za-z][A-Za-z0-9.-]{1,63}$/;

/** The link `upi://pay?…`, which is also the QR code's text. Refuses other currencies than INR. */
export function upiLink(payment: UpiPayment): QrText {
  const refused = faultOf(payment);
  if (refused !== null) return { refused };
  const { amount } = payment;
  const members: readonly (readonly [string, string | null])[] = [
    ['pa', payment.address],
    ['pn', payment.name],
    ['mc', payment.categoryCode],
    ['tid', payment.transactionId],
    ['tr', payment.reference],
    ['tn', payment.note],
    ['am', amount === null ? null : formatDecimal(amount.units, 2)],
    ['cu', 'INR'],
    ['url', payment.url],
  ];
  const query = members.flatMap(([name, value]) => (value ? [`${name}=${escape(value)}`] : []));
  return { text: `upi://pay?${query.join('&')}` };
}

// Paying apps read the address as it is: they expect its @, which a query may hold (RFC 3986, 3.4).
function escape(value: string): string {
  return encodeURIComponent(value).replaceAll('%40', '@');
}

function faultOf(payment: UpiPayment): string | null {
  const { amount, categoryCode, url } = payment;
  return firstOf([
    addressForm.test(payment.address) ? null : 'the address is not of the form name@bank',
    textFault('the name', payment.name, { max: 99 }),
    amount === null ? null : amountFault(amount),
    categoryCode === null || /^\d{4}$/.test(categoryCode)
      ? null
      : 'the category code is not four digits',
    idFault('the transaction id', payment.transactionId),
    idFault('the reference', payment.reference),
    textFault('the note', payment.note, { max: 50, optional: true }),
    url === null || /^https?:\/\/[^\s]{1,240}$/.test(url) ? null : 'the URL is not one of the web',
  ]);
}

function amountFault({ units, asset }: Amount): string | null {
  if (asset !== 'INR') return `the link can ask for INR only, not ${asset}`;
  return units < 1n || units > 10n ** 17n ? 'the amount is not within 0.01 and 10^15' : null;
}

function idFault(name: string, value: string | null): string | null {
  return textFault(name, value, { max: 35, optional: true, allowed: /[A-Za-z0-9._/-]/ });
}
