// The vendor's callback: wire/xlink.md section 8.

import { createHmac } from 'node:crypto';
import { decimalsOf } from '../../money/assets.ts';
import { formatDecimal } from '../../money/decimal.ts';
import type { MerchantSettings } from '../../merchants/settings.ts';
import type { EventOfPayment } from '../../payments/nouns.ts';
import { houseSchedule } from '../../webhooks/schedules.ts';
import type { RenderedWebhook, Schedule } from '../../webhooks/webhook.ts';
import type { XlinkNeeds } from './needs.ts';
import { amountText, isoSeconds, receivedUnits } from './print.ts';
import { webhookSecretContext, xlinkSettings } from './settings.ts';
import { type OperationWord, operationType, operationWord } from './words.ts';

export const schedule: Schedule = houseSchedule;

/** Renders one event, or null when there is nobody to tell or the word is the same as before. */
export function renderWebhook(
  { vault }: Pick<XlinkNeeds, 'vault'>,
  change: EventOfPayment,
  merchant: MerchantSettings,
): RenderedWebhook | null {
  const { payment } = change;
  const { callbackUrl, reportExpired, webhookSecret } = xlinkSettings(merchant, payment.mode);
  const url = payment.callbackUrl ?? callbackUrl;
  const word = url === null ? null : wordToTell(change, reportExpired);
  if (url === null || word === null) return null;
  // The delivery is then kept as one that failed, for the operator to see why.
  if (webhookSecret === null) throw new Error('the shop has no webhook secret to sign with');
  const body = bodyOf(change, word);
  const secret = vault.open(webhookSecret, webhookSecretContext(payment.merchantId));
  return {
    url,
    headers: { 'Content-Type': 'application/json', 'X-Webhook-Signature': digest(secret, body) },
    body,
  };
}

// Each change of the word, also where the status stays: a part of the money makes it PROCESSING.
function wordToTell(change: EventOfPayment, reportExpired: boolean): OperationWord | null {
  const { event, payment, moment } = change;
  if (event.kind !== 'status' && event.kind !== 'money') return null;
  const word = operationWord(payment, reportExpired);
  const before = {
    ...payment,
    status: event.previousStatus ?? event.status,
    touched: payment.direction === 'in' && (moment?.before.seenUnits ?? 0n) > 0n,
  };
  return word === operationWord(before, reportExpired) ? null : word;
}

function bodyOf({ event, payment, moment }: EventOfPayment, word: OperationWord): string {
  const { id, merchantReference, price, createdAt } = payment;
  const amount = amountText(payment);
  const units = receivedUnits(payment, moment?.facts ?? null);
  const received = units && formatDecimal(units, decimalsOf(price.asset));
  const data = {
    operation_id: id,
    operation_number: merchantReference ?? id,
    status: word,
    operation_type: operationType(payment),
    currency: price.asset,
    // Receivers refuse an amount that is not the one they asked for: the truth stands beside it.
    initiated_amount: amount,
    amount,
    ...(received === null || received === amount ? {} : { received_amount: received }),
    created_at: isoSeconds(createdAt),
    updated_at: isoSeconds(event.at),
  };
  return JSON.stringify({ event: 'transaction.status.updated', data });
}

/** HMAC-SHA256 over the body's bytes, as 64 lower-case hexadecimal digits. */
function digest(secret: string, body: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}
