// The vendor's callback: wire/bitxpay.md section 8.

import { createHmac } from 'node:crypto';
import type { MerchantSettings } from '../../merchants/settings.ts';
import type { EventOfPayment, Payment } from '../../payments/nouns.ts';
import type { RenderedWebhook, Schedule } from '../../webhooks/webhook.ts';
import { eventId } from './identifiers.ts';
import { numberText } from './print.ts';
import { type BitxpaySettings, bitxpaySettings } from './settings.ts';
import { isoSeconds } from './times.ts';
import { wordOf } from './words.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const schedule: Schedule = {
  retryAfterMs: [5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 24 * HOUR_MS],
  timeoutMs: 30_000,
  delivered: (status) => status >= 200 && status < 300,
};

type OpenSecret = (payment: Pick<Payment, 'id' | 'callbackSecret'>) => string | null;

/** Renders one event, or null when there is nobody to tell or nothing that this vendor says. */
export function renderWebhook(
  change: EventOfPayment,
  settings: MerchantSettings,
  openSecret: OpenSecret,
): RenderedWebhook | null {
  const own = bitxpaySettings(settings);
  const url = change.payment.callbackUrl ?? own.webhookUrl;
  const told = url === null ? null : whatToTell(change, own);
  if (url === null || told === null) return null;
  const secret = openSecret(change.payment);
  return secret === null ? null : signed(url, bodyWithoutSignature(change, told, own), secret);
}

type Told = { readonly type: string; readonly word: string };
const processing: Told = { type: 'processing', word: 'processing' };

function isOpen({ status }: Payment): boolean {
  return status === 'awaiting' || status === 'confirming';
}

// Each change of the word, and money first seen although the word may stay; no word `inactive`.
function whatToTell({ event, payment }: EventOfPayment, own: BitxpaySettings): Told | null {
  const word = wordOf(payment, own.initialStatus);
  switch (event.kind) {
    case 'created':
      return own.createdEvent ? { type: 'created', word } : null;
    case 'used':
      return { type: 'completed', word: 'completed' };
    case 'money':
      // Money that is held on a closed payment is not being processed: nothing would follow.
      return event.data.firstMoney && isOpen(payment) ? processing : null;
    case 'status': {
      const { paused } = payment;
      const previous = event.previousStatus ?? event.status;
      const before = wordOf({ status: previous, paused }, own.initialStatus);
      // `inactive` says nothing, but a merchant who was told "completed" hears that it is not.
      if (word === 'inactive') return previous === 'completed' ? processing : null;
      return word === before && !event.data.firstMoney ? null : { type: word, word };
    }
    case 'changed':
      return null;
  }
}

/** The compact body up to its last member, which is the signature over all before it. */
function bodyWithoutSignature(change: EventOfPayment, told: Told, own: BitxpaySettings): string {
  const { event, payment } = change;
  const { id, reference, price, metadata } = payment;
  const amount = numberText(price);
  const generic = own.genericForm
    ? `,"id":"${eventId(id, event.seq)}","type":"payment.${told.type}",` +
      `"data":{"payment_id":"${id}","payment_reference":"${reference}",` +
      `"status":"${told.word}","amount":${amount},"currency":"${price.asset}"}`
    : '';
  return (
    `{"event_type":"payment.${told.type}","payment_id":"${id}",` +
    `"payment_reference":"${reference}","status":"${told.word}","amount":${amount},` +
    `"currency":"${price.asset}","webhook_data":${metadata ?? '{}'},` +
    `"timestamp":"${isoSeconds(event.at)}"${generic}}`
  );
}

function signed(url: string, unsigned: string, secret: string): RenderedWebhook {
  const body = `${unsigned.slice(0, -1)},"signature":"${digest(secret, unsigned)}"}`;
  return {
    url,
    headers: { 'Content-Type': 'application/json', 'X-BitXPay-Signature': digest(secret, body) },
    body,
  };
}

function digest(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}
