// Pix BR Code: Banco Central do Brasil, “Manual de Padrões para Iniciação do Pix” version 2.9.

import type { Amount } from '../amount.ts';
import { type EmvField, emvText } from './emv.ts';
import { type QrText, firstOf, textFault } from './qr-text.ts';

export type PixPayment = {
  /** A key of the receiver with a text for the payer, or a location that a PSP serves. */
  readonly account:
    { readonly key: string; readonly description: string | null } | { readonly location: string };
  /** Null: the payer types it, or the location says it. */
  readonly amount: Amount | null;
  readonly name: string;
  readonly city: string;
  /** Comes back in the receiver's statement; null is written as `***`. */
  readonly transactionId: string | null;
};

const keys: readonly RegExp[] = [
  /^\d{11}$/, // CPF
  /^[0-9A-Z]{12}\d{2}$/, // CNPJ, with letters since July 2026
  /^\+[1-9]\d{1,14}$/, // telephone, E.164
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, // random key
  /^(?=.{3,77}$)[a-z0-9.!#$&'*+/=?^_`{|}~-]+@[a-z0-9.-]+$/, // e-mail
];
const ascii = /[\u0020-\u007e]/;

/**
 * The text of a BR Code (“Pix copia e cola”). Letters with marks lose them, because the manual
 * knows ASCII only: `São Paulo` is written `Sao Paulo`. Refuses other currencies than BRL.
 */
export function pixText(payment: PixPayment): QrText {
  const refused = faultOf(payment);
  if (refused !== null) return { refused };
  const { account, amount, transactionId } = payment;
  return emvText({
    accounts: [['26', [['00', 'br.gov.bcb.pix'], ...objectsOf(account)]]],
    once: 'location' in account ? true : null,
    categoryCode: '0000',
    currency: 'BRL',
    amount,
    country: 'BR',
    name: plain(payment.name),
    city: plain(payment.city),
    postalCode: null,
    additional: [['05', transactionId ?? '***']],
  });
}

function objectsOf(account: PixPayment['account']): EmvField[] {
  if ('location' in account) return [['25', account.location]];
  const { key, description } = account;
  return [['01', key], ...(description ? [['02', plain(description)] as const] : [])];
}

function faultOf({ account, amount, transactionId }: PixPayment): string | null {
  return firstOf([
    amount !== null && amount.asset !== 'BRL'
      ? `the code can ask for BRL only, not ${amount.asset}`
      : null,
    accountFault(account),
    transactionId === null || /^[A-Za-z0-9]{1,25}$/.test(transactionId)
      ? null
      : 'the transaction id is not 1 to 25 letters and digits',
  ]);
}

function accountFault(account: PixPayment['account']): string | null {
  if ('location' in account) {
    if (/^https?:/.test(account.location)) return 'the location is written without its scheme';
    return textFault('the location', account.location, { max: 77, allowed: /[\u0021-\u007e]/ });
  }
  if (!keys.some((form) => form.test(account.key))) {
    return 'the key is no CPF, CNPJ, telephone (+55…), e-mail or random key';
  }
  const description = account.description === null ? null : plain(account.description);
  return textFault('the description', description, { max: 72, optional: true, allowed: ascii });
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '');
}
