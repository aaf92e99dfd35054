// The vendor's callback: wire/xbillion.md section 8.

import type { MerchantSettings } from '../../merchants/settings.ts';
import type { EventOfPayment, Payment } from '../../payments/nouns.ts';
import type { RenderedWebhook, Schedule } from '../../webhooks/webhook.ts';
import { textOfAmount } from './charge.ts';
import { type Marks, marksOf } from './marks.ts';
import type { XbillionNeeds } from './needs.ts';
import { feeText, isoSeconds, numberText } from './print.ts';
import { type XbillionSettings, webhookSecretContext, xbillionSettings } from './settings.ts';
import { type Word, reasonOf, wordOf } from './words.ts';

const RETRY_MS = 180_000;
/** Every three minutes for ten hours. */
const RETRIES = 200;

export const schedule: Schedule = {
  retryAfterMs: Array.from({ length: RETRIES }, () => RETRY_MS),
  timeoutMs: 10_000,
  delivered: (status) => status === 200,
};

type Needs = Pick<XbillionNeeds, 'openSecret' | 'vault'>;

/** Renders one event, or null when there is nobody to tell or the word is not final. */
export function renderWebhook(
  needs: Needs,
  change: EventOfPayment,
  merchant: MerchantSettings,
): RenderedWebhook | null {
  const { payment } = change;
  const settings = xbillionSettings(merchant, payment.mode);
  const url = payment.callbackUrl ?? settings.webhookUrl;
  const word = url === null ? null : wordToTell(change, settings);
  const marks = marksOf(payment);
  if (url === null || word === null || marks === null) return null;
  assertPrivate(url, payment, settings);
  const pair = pairOf(needs, payment, settings);
  return {
    url,
    headers: { 'Content-Type': 'application/json' },
    secretHeaders: { Authorization: `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` },
    body: bodyOf(change, word, marks, settings),
  };
}

// A word that is final is told once; it is told again when the payment has had another in between.
function wordToTell({ event, payment }: EventOfPayment, settings: XbillionSettings): Word | null {
  if (event.kind !== 'status') return null;
  const word = wordOf(payment);
  if (settings.webhookOn === 'change') return word;
  const before = wordOf({ ...payment, status: event.previousStatus ?? event.status });
  return word === 'pending' || word === before ? null : word;
}

/** Throws: the delivery is then kept as one that failed, for the operator to see why. */
function assertPrivate(url: string, { mode }: Payment, settings: XbillionSettings): void {
  if (mode === 'test' || settings.allowInsecureWebhook || /^https:/i.test(url)) return;
  throw new Error('the webhook shows a secret and its URL is not https: see allowInsecureWebhook');
}

/** The pair that made the payment, with the merchant's webhook secret instead if it has one. */
function pairOf(
  { openSecret, vault }: Needs,
  payment: Payment,
  settings: XbillionSettings,
): string {
  const pair = openSecret(payment);
  if (pair === null) throw new Error('the payment has no pair to show to its webhook');
  if (settings.webhookSecret === null) return pair;
  const context = webhookSecretContext(payment.merchantId);
  const name = pair.slice(0, pair.indexOf(':'));
  return `${name}:${vault.open(settings.webhookSecret, context)}`;
}

function bodyOf(
  { event, payment, moment }: EventOfPayment,
  word: Word,
  marks: Marks,
  settings: XbillionSettings,
): string {
  const { id, price, createdAt, merchantReference } = payment;
  const amount = (decimal: string, currency: string): string =>
    `{"amount":${numberText(decimal, settings)},"currency":"${currency}"}`;
  const rejected = word === 'rejected' && moment !== null;
  const reason = rejected ? `"reject_reason":"${reasonOf(payment.status, moment.facts)}",` : '';
  return (
    `{"id":"${id}","external_id":${JSON.stringify(merchantReference ?? id)},"type":"payin",` +
    `"in_amount":${amount(marks.amount, marks.currency)},` +
    `"out_amount":${amount(textOfAmount(price), price.asset)},` +
    `"settlement_amount":${amount(marks.settlement, marks.settlementCurrency)},` +
    `"fee":${feeText(marks, settings)},"service":${JSON.stringify(marks.service)},` +
    `"status":"${word}",${reason}` +
    `"created_at":"${isoSeconds(createdAt)}","updated_at":"${isoSeconds(event.at)}"}`
  );
}
