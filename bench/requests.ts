// The requests that are sent, as they stand on the wire.

/** Twelve characters that the load replaces by a number, different in every request. */
export const counterMark = '############';

/** Who is calling: a merchant's BitXPay credentials. */
export type Shop = { readonly apiKey: string; readonly merchantKey: string };

type CreateOptions = {
  /** The idempotency key, or its beginning: `counterMark` in it makes every request a new one. */
  readonly key: string;
  readonly webhookUrl?: string;
};

/** The vendor's own example, with an idempotency key, an order of its own and no magic amount. */
export function createRequest(shop: Shop, { key, webhookUrl }: CreateOptions): string {
  const body = JSON.stringify({
    merchant_key: shop.merchantKey,
    order_currency: 'USD',
    order_amount: 12.5,
    payment_name: 'Premium Subscription',
    payer_id: 'TRE1787238200',
    payer_name: 'Example Payer',
    payer_email: 'payer@example.com',
    payer_phone: '+15550100',
    payer_ip: '203.0.113.50',
    success_url: 'https://shop.example.com/success.html',
    cancel_url: 'https://shop.example.com/cancel.html',
    webhook_data: { order_id: 'ABC12345-12' },
    ...(webhookUrl === undefined ? {} : { webhook_url: webhookUrl }),
  });
  return post('/api/v1/payments/links', body, [
    `X-API-Key: ${shop.apiKey}`,
    `Idempotency-Key: ${key}`,
  ]);
}

export function readRequest(shop: Shop, id: string): string {
  return get(`/api/v1/payments/links/${id}`, [`X-API-Key: ${shop.apiKey}`]);
}

/** The sandbox is told that the payer paid. */
export function payRequest(shop: Shop, id: string): string {
  return post(`/sandbox/payments/${id}`, '{"event":"pay"}', [`X-API-Key: ${shop.apiKey}`]);
}

export function get(path: string, headers: readonly string[] = []): string {
  return [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '', ''].join('\r\n');
}

export function post(path: string, body: string, headers: readonly string[] = []): string {
  const own = ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`];
  return [`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...own, ...headers, '', body].join('\r\n');
}

/** An idempotency key that nobody used before. */
export function freshKey(): string {
  return `bench-${counterMark}`;
}
