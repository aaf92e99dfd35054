// What `/docs` says about each route. Only for readers: bodies are checked by create-fields.ts,
// and answers are printed by print.ts, so nothing here costs a request anything.

import { type TProperties, type TSchema, Type } from 'typebox';

const text = (description: string, example?: string) =>
  Type.String({ description, ...(example === undefined ? {} : { examples: [example] }) });
const closed = (properties: TProperties) => Type.Object(properties);

const errorBody = Type.Object({
  error: Type.String(),
  message: Type.String(),
  code: Type.Integer(),
  details: Type.Optional(Type.Array(Type.Object({ field: Type.String(), issue: Type.String() }))),
});

const link = closed({
  payment_reference: text('Unique reference', 'SDF-453672-PMT'),
  name: Type.String(),
  order_currency: text('ISO 4217', 'USD'),
  order_amount: Type.Number(),
  payment_status: Type.String(),
  expiry_date: Type.String({ format: 'date-time' }),
  hosted_url: text('Page for the payer'),
  token_type: Type.Literal('x-api-key'),
  expires_in: Type.Integer({ description: 'Seconds' }),
  is_active: Type.Boolean(),
  max_uses: Type.Integer(),
  current_uses: Type.Integer(),
  notify_secret: text('Key of this link’s webhooks'),
  id: Type.String({ format: 'uuid' }),
});

const transfer = closed({
  t3a_id: Type.String(),
  txid: text('Transaction id on the chain'),
  order_currency: Type.String(),
  receive_amount: Type.Number(),
  status: Type.Enum(['confirmed', 'pending', 'failed']),
  status_date: Type.String({ format: 'date-time' }),
  payment_tier: Type.Enum(['good', 'hold', 'short', 'invalid']),
  payment_tier_date: Type.String({ format: 'date-time' }),
  payment_currency: Type.String(),
  payment_amount: Type.Number(),
  payment_crypto_amount: Type.Number(),
});

const details = closed({
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  amount: Type.Number(),
  currency: Type.String(),
  payment_type: Type.String(),
  payment_status: Type.String(),
  payment_link: Type.String(),
  expires_at: Type.String({ format: 'date-time' }),
  is_active: Type.Boolean(),
  max_uses: Type.Integer(),
  current_uses: Type.Integer(),
  is_expired: Type.Boolean(),
  is_available: Type.Boolean(),
  decimals: Type.Integer(),
  usd_price: Type.Union([Type.String(), Type.Null()]),
  payers: Type.Array(Type.Object({})),
  merchant_customer: Type.Object({}),
  txs: Type.Array(transfer),
  payment_reference: Type.String(),
});

const list = closed({
  page: Type.Integer(),
  page_size: Type.Integer(),
  total_items: Type.Integer(),
  total_pages: Type.Integer(),
  has_more: Type.Boolean(),
  payment_links: Type.Array(Type.Object({})),
});

const create = closed({
  merchant_key: text('Belongs to the API key', 'mkey-exampleexampleexample0000'),
  order_currency: text('ISO 4217, upper case', 'USD'),
  order_amount: Type.Number({ exclusiveMinimum: 0, examples: [12.5] }),
  payment_name: Type.String({ minLength: 1, maxLength: 255, examples: ['Premium Subscription'] }),
  payer_id: Type.Optional(Type.String({ maxLength: 255 })),
  payer_name: Type.Optional(Type.String({ maxLength: 255 })),
  payer_email: Type.String({ format: 'email', maxLength: 254, examples: ['payer@example.com'] }),
  payer_phone: Type.Optional(Type.String({ maxLength: 50 })),
  payer_ip: Type.Optional(Type.String({ maxLength: 64 })),
  success_url: Type.String({ format: 'uri', examples: ['https://shop.example.com/success.html'] }),
  cancel_url: Type.String({ format: 'uri', examples: ['https://shop.example.com/cancel.html'] }),
  webhook_data: Type.Optional(
    Type.Object({}, { description: 'Echoed in webhooks; at most 10 KiB' }),
  ),
  max_uses: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 1 })),
});

const path = Type.Object({ id: text('UUID or payment_reference') });

const answers = (ok: TSchema, ...errors: number[]) => ({
  200: ok,
  ...Object.fromEntries(errors.map((status) => [status, errorBody])),
});

export const schemas = {
  create: {
    summary: 'Create a payment link',
    body: create,
    headers: Type.Object({
      'Idempotency-Key': Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    }),
    response: answers(link, 400, 401, 413, 422, 429),
  },
  list: {
    summary: 'List payment links',
    querystring: Type.Object({
      page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
      page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
      statuses: Type.Optional(text('Comma-separated', 'active,processing')),
      currency: Type.Optional(text('ISO 4217')),
      from_date: Type.Optional(text('ISO 8601, inclusive')),
      to_date: Type.Optional(text('ISO 8601, inclusive')),
    }),
    response: answers(list, 400, 401, 429),
  },
  read: {
    summary: 'Read a payment link',
    params: path,
    response: answers(details, 400, 401, 404, 429),
  },
  close: {
    summary: 'Update the status of a payment link',
    params: path,
    body: Type.Object({ status: Type.Enum(['expired', 'inactive', 'cancelled']) }),
    response: answers(link, 400, 401, 404, 422, 429),
  },
  health: {
    summary: 'Reachability check, no key needed',
    security: [],
    response: { 200: Type.Object({ status: Type.String() }) },
  },
};
