// EPC069-12 version 002: the QR code that starts a SEPA credit transfer (Girocode).

import { isSEPACountry, isValidBIC, isValidIBAN } from 'ibantools';
import type { Amount } from '../amount.ts';
import { formatDecimal, trimDecimal } from '../decimal.ts';
import { type QrText, firstOf, isCreditorReference, textFault } from './qr-text.ts';

/** `reference` is structured (ISO 11649 when it begins with RF), `text` is not: one of them. */
export type EpcPayment = {
  readonly name: string;
  readonly iban: string;
  readonly bic: string | null;
  readonly amount: Amount | null;
  readonly purpose: string | null;
  readonly reference: string | null;
  readonly text: string | null;
  /** Shown to the payer, not transferred: “beneficiary to originator information”. */
  readonly note: string | null;
};

const MAX_UNITS = 99_999_999_999n;
/** QR version 13 at error correction M, the largest that the guideline allows. */
const MAX_BYTES = 331;
// Version 002 lets the BIC be left out inside the European Economic Area only.
const economicArea = new Set(
  `AT BE BG HR CY CZ DK EE FI FR DE GR HU IS IE IT LV LI LT LU MT NL NO PL PT RO SK SI ES SE`.split(
    ' ',
  ),
);

/**
 * The text of an EPC QR code: UTF-8, lines ended by LF, trailing empty elements left out. Without
 * an amount the payer types it. Refuses other currencies than EUR, accounts outside SEPA, and what
 * does not fit; EPC069-12 chapter 3.
 */
export function epcText(payment: EpcPayment): QrText {
  const refused = faultOf(payment);
  if (refused !== null) return { refused };
  const { amount } = payment;
  const elements = [
    'BCD',
    '002',
    '1',
    'SCT',
    payment.bic ?? '',
    payment.name,
    payment.iban,
    amount === null ? '' : `EUR${trimDecimal(formatDecimal(amount.units, 2))}`,
    payment.purpose ?? '',
    payment.reference ?? '',
    payment.text ?? '',
    payment.note ?? '',
  ];
  while (elements.at(-1) === '') elements.pop();
  const text = elements.join('\n');
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES)
    return { refused: `the code has ${bytes} bytes, at most ${MAX_BYTES} fit` };
  return { text };
}

function faultOf(payment: EpcPayment): string | null {
  const { bic, reference, text } = payment;
  return firstOf([
    textFault('the name', payment.name, { max: 70 }),
    accountFault(payment.iban, bic),
    bic === null || isValidBIC(bic) ? null : 'the BIC is not valid',
    payment.amount === null ? null : amountFault(payment.amount),
    purposeFault(payment.purpose),
    textFault('the reference', reference, { max: 35, optional: true, allowed: /[A-Za-z0-9+/-]/ }),
    reference?.startsWith('RF') && !isCreditorReference(reference)
      ? 'the reference has wrong check digits (ISO 11649)'
      : null,
    textFault('the text', text, { max: 140, optional: true }),
    reference && text ? 'a transfer has a reference or a text, not both' : null,
    textFault('the note', payment.note, { max: 70, optional: true }),
  ]);
}

function accountFault(iban: string, bic: string | null): string | null {
  if (!isValidIBAN(iban)) return 'the IBAN is not valid (no spaces, right check digits)';
  const country = iban.slice(0, 2);
  if (!isSEPACountry(country)) return `an account in ${country} is outside SEPA`;
  if (bic === null && !economicArea.has(country)) {
    return `an account in ${country} is outside the European Economic Area and needs a BIC`;
  }
  return null;
}

function amountFault({ units, asset }: Amount): string | null {
  if (asset !== 'EUR') return `the code can ask for EUR only, not ${asset}`;
  return units < 1n || units > MAX_UNITS ? 'the amount is not within 0.01 and 999999999.99' : null;
}

function purposeFault(purpose: string | null): string | null {
  return purpose === null || /^[A-Z0-9]{1,4}$/.test(purpose)
    ? null
    : 'the purpose is not a code of ISO 20022 (up to four capital letters)';
}
