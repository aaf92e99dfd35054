// The callback: wire/xpay.md section 8. The whole transaction, on every change of its word.

import { createHmac } from 'node:crypto';
import type { MerchantSettings } from '../../merchants/settings.ts';
import type { EventOfPayment } from '../../payments/nouns.ts';
import { houseSchedule } from '../../webhooks/schedules.ts';
import type { RenderedWebhook, Schedule } from '../../webhooks/webhook.ts';
import type { XpayNeeds } from './needs.ts';
import { transactionText } from './print.ts';
import { type XpaySettings, callbackSecretContext, xpaySettings } from './settings.ts';
import { type Word, wordOf } from './words.ts';

export const schedule: Schedule = houseSchedule;

/** Renders one event, or null when there is nobody to tell or the word is the same as before. */
export function renderWebhook(
  needs: Pick<XpayNeeds, 'open' | 'config'>,
  change: EventOfPayment,
  merchantSettings: MerchantSettings,
): RenderedWebhook | null {
  const { payment, moment } = change;
  const word = newWord(change);
  if (payment.callbackUrl === null || moment === null || word === null) return null;
  const settings = xpaySettings(merchantSettings);
  const scene = { settings, origin: needs.config.checkoutOrigin ?? '' };
  const { instructions } = moment;
  const body = transactionText({ payment, instructions }, word, scene);
  const signature = signatureOf(needs, settings, payment.merchantId, body);
  const headers = { 'Content-Type': 'application/json', ...signature };
  return { url: payment.callbackUrl, headers, body };
}

// One change can have several events; only these two kinds can change the word, and no change has
// both.
function newWord({ event, payment, moment }: EventOfPayment): Word | null {
  if (moment === null || (event.kind !== 'status' && event.kind !== 'money')) return null;
  const word = wordOf(payment.status, moment.facts);
  return word === wordOf(event.previousStatus ?? event.status, moment.before) ? null : word;
}

function signatureOf(
  needs: Pick<XpayNeeds, 'open'>,
  { callbackSecret }: XpaySettings,
  merchantId: string,
  body: string,
): Readonly<Record<string, string>> {
  if (callbackSecret === null) return {};
  const secret = needs.open(callbackSecret, callbackSecretContext(merchantId));
  const digest = createHmac('sha256', secret).update(body).digest('hex');
  return { 'X-Dragoman-Signature': `sha256=${digest}` };
}
