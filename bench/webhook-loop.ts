// The bare limit of webhooks: sign and send with the real client, and write nothing down.

import { createGuard } from '../src/webhooks/addresses.ts';
import { createWebhookClient } from '../src/webhooks/request.ts';
import { renderWebhook } from '../src/dialects/bitxpay/webhook.ts';
import type { EventOfPayment, Payment } from '../src/payments/nouns.ts';
import { serveParent } from './child.ts';

export type WebhookLoop = {
  readonly urls: readonly string[];
  readonly atOnce: number;
  readonly seconds: number;
};

const TIMEOUT_MS = 30_000;
const settings = { dialects: { bitxpay: { createdEvent: true } } };

/** Answers how many messages a second were answered with 2xx. */
serveParent(async ({ urls, atOnce, seconds }: WebhookLoop): Promise<number> => {
  const guard = createGuard(['127.0.0.0/8']);
  const client = createWebhookClient({ guard, version: '0' });
  const begin = performance.now();
  const until = begin + seconds * 1_000;
  let sent = 0;
  let delivered = 0;

  async function keepSending(): Promise<void> {
    while (performance.now() < until) {
      sent += 1;
      const message = messageTo(urls[sent % urls.length] ?? '');
      const result = await client.request(message, TIMEOUT_MS);
      if (result.kind !== 'answered' || result.status !== 200) throw new Error(result.kind);
      delivered += 1;
    }
  }

  await Promise.all(Array.from({ length: atOnce }, keepSending));
  const perSecond = delivered / ((performance.now() - begin) / 1_000);
  await client.close();
  return perSecond;
});

function messageTo(callbackUrl: string) {
  const message = renderWebhook(changeFor(callbackUrl), settings, () => 'a'.repeat(24));
  if (message === null) throw new Error('nothing to send');
  return message;
}

function changeFor(callbackUrl: string): EventOfPayment {
  const at = new Date();
  const payment = {
    merchantId: '01990000-0000-7000-8000-000000000001',
    id: '01990000-0000-7000-8000-000000000002',
    mode: 'test',
    reference: 'SDF-453672-PMT',
    price: { units: 1250n, asset: 'USD' },
    status: 'awaiting',
    paused: false,
    metadata: '{"order_id":"ABC12345-12"}',
    callbackUrl,
    callbackSecret: null,
  } as unknown as Payment;
  const { merchantId, id: paymentId, status } = payment;
  const event = { merchantId, paymentId, seq: 1, kind: 'created', status, at } as const;
  return { payment, event: { ...event, previousStatus: null, data: {} }, moment: null };
}
