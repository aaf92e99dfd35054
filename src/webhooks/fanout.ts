// From events to deliveries: what each merchant's dialect says about them, in the same transaction.

import { type Tx, send } from '../db/database.ts';
import type { Merchant, MerchantSettings } from '../merchants/settings.ts';
import type { Vault } from '../merchants/vault.ts';
import type { EventOfPayment } from '../payments/nouns.ts';
import { maxUrlBytes } from './request.ts';
import { keepHeaders } from './sealed-headers.ts';
import type { RenderedWebhook } from './webhook.ts';

export type Renderer = {
  webhook(change: EventOfPayment, settings: MerchantSettings): RenderedWebhook | null;
};

/** Answers how many deliveries it wrote; more than none is a reason to wake the dispatcher. */
export type Fanout = (tx: Tx, changes: readonly EventOfPayment[]) => Promise<number>;

type FanoutDeps = {
  readonly merchants: { load(tx: Tx, merchantId: string): Promise<Merchant> };
  /** By dialect. */
  readonly renderers: ReadonlyMap<string, Renderer>;
  /** Seals the headers that hold a secret. */
  readonly vault: Pick<Vault, 'seal'>;
  readonly newId: () => string;
  readonly now?: () => Date;
  readonly log?: { error(details: object, message: string): void };
};

/** Stands for the URL of a delivery that could not be rendered. */
const nowhere = 'unknown:';

type NewDelivery = EventOfPayment & { readonly rendered: RenderedWebhook; readonly dead: boolean };

/**
 * One statement for all events of the call, and none when no dialect says anything, which is how
 * most payments begin. An event that cannot be rendered is written as a dead delivery that says
 * why: money that has arrived must not wait for the mending of a message.
 */
export function createFanout(deps: FanoutDeps): Fanout {
  function render(change: EventOfPayment, merchant: Merchant): NewDelivery | null {
    const { payment } = change;
    try {
      const settings = merchant.settings[payment.mode];
      const rendered = deps.renderers.get(payment.dialect)?.webhook(change, settings) ?? null;
      if (rendered === null) return null;
      checkStorable(rendered);
      return { ...change, rendered, dead: false };
    } catch (error) {
      const { paymentId, seq } = change.event;
      deps.log?.error({ err: error, paymentId, seq }, 'a webhook could not be rendered');
      const body = String(error).replaceAll('\0', '\ufffd');
      return { ...change, rendered: { url: nowhere, headers: {}, body }, dead: true };
    }
  }

  return async (tx, changes) => {
    const deliveries: NewDelivery[] = [];
    for (const change of changes) {
      // Kept in memory by the merchants module: a query only now and then.
      const merchant = await deps.merchants.load(tx, change.payment.merchantId);
      const delivery = render(change, merchant);
      if (delivery !== null) deliveries.push(delivery);
    }
    if (deliveries.length > 0) await insert(tx, deliveries, deps);
    return deliveries.length;
  };
}

/** Throws for what the table would refuse, and the payment's transaction with it. */
function checkStorable({ url, headers, secretHeaders, body }: RenderedWebhook): void {
  const all = { ...headers, ...secretHeaders };
  const texts = [url, body, ...Object.keys(all), ...Object.values(all)];
  if (texts.some((text) => text.includes('\0'))) throw new Error('the webhook holds a NUL');
  if (url === '' || Buffer.byteLength(url) > maxUrlBytes) {
    throw new Error(`the webhook's URL is empty or longer than ${maxUrlBytes} bytes`);
  }
}

async function insert(
  tx: Tx,
  deliveries: readonly NewDelivery[],
  { newId, vault, now = () => new Date() }: FanoutDeps,
): Promise<void> {
  const ids = deliveries.map(() => newId());
  const kept = deliveries.map(({ rendered }, at) => keepHeaders(vault, ids[at] ?? '', rendered));
  await send(tx, {
    text: `insert into deliveries (merchant_id, id, payment_id, event_seq, dialect, url, headers,
       body, status, next_at, created_at, finished_at)
     select merchant_id, id, payment_id, event_seq, dialect, url, headers::jsonb, body,
       status, $1::timestamptz, $1, case when status = 'dead' then $1 end
     from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::text[])
       as new (merchant_id, id, payment_id, event_seq, dialect, url, headers, body, status)`,
    values: [
      now(),
      deliveries.map((one) => one.event.merchantId),
      ids,
      deliveries.map((one) => one.event.paymentId),
      deliveries.map((one) => one.event.seq),
      deliveries.map((one) => one.payment.dialect),
      deliveries.map((one) => one.rendered.url),
      kept.map((headers) => JSON.stringify(headers)),
      deliveries.map((one) => one.rendered.body),
      deliveries.map((one) => (one.dead ? 'dead' : 'pending')),
    ],
    name: 'webhook_fanout',
  });
}
