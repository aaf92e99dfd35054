// What `/docs` says about each route. Only for readers: bodies are checked by create-fields.ts,
// and answers are printed by print.ts, so nothing here costs a request anything.

import { type TSchema, Type } from 'typebox';
import { currencies } from './services.ts';

const text = (maxLength: number, description: string, example: string) =>
  Type.String({ maxLength, description, examples: [example] });

const errorBody = Type.Object({
  message: Type.String(),
  code: Type.String(),
  errors: Type.Array(Type.Object({ field: Type.String(), message: Type.String() })),
});

const fee = Type.Object({
  fee: Type.Number(),
  currency: Type.String(),
  fee_payer: Type.Enum(['merchant', 'customer']),
});

const information = {
  id: Type.String({ format: 'uuid' }),
  amount: Type.Object(
    { value: Type.Number(), currency: Type.String() },
    { description: 'What is processed: as requested, unless the payer bears the fee' },
  ),
  fees: Type.Optional(Type.Array(fee)),
  status: Type.Enum(['pending', 'completed', 'rejected']),
  created_at: Type.String({ format: 'date-time' }),
  order_id: Type.String(),
  service: Type.String(),
};

const next = Type.Union([
  Type.Object({ action: Type.Literal('redirect'), redirect_url: Type.String({ format: 'uri' }) }),
  Type.Object({
    action: Type.Literal('show_details'),
    details: Type.Record(Type.String(), Type.String()),
  }),
]);

const create = Type.Object({
  amount: Type.Number({ minimum: 0.01, examples: [100], description: 'At most 2 decimals' }),
  currency: Type.Enum([...currencies]),
  order_id: text(255, 'The merchant’s own id: the same one never makes two payments', 'A-1001'),
  service: text(255, 'Which service carries the payment', 'crypto'),
  customer: Type.Object({
    name: Type.Optional(text(255, 'The payer', 'Example Payer')),
    email: Type.Optional(text(255, 'Needed without a phone', 'payer@example.com')),
    phone: Type.Optional(text(30, 'Needed without an e-mail', '+11234567890')),
    ip: text(45, 'IPv4 or IPv6', '203.0.113.7'),
  }),
  return_urls: Type.Optional(
    Type.Object({
      success: Type.Optional(text(255, 'After a payment', 'https://shop.example.com/thanks')),
      fail: Type.Optional(text(255, 'Without one', 'https://shop.example.com/cart')),
    }),
  ),
  webhook_url: Type.Optional(text(255, 'Called once, at the end', 'https://shop.example.com/hook')),
});

const answers = (ok: TSchema, ...errors: number[]) => ({
  200: ok,
  ...Object.fromEntries(errors.map((status) => [status, errorBody])),
});

export const schemas = {
  create: {
    summary: 'Create a payment',
    body: create,
    response: answers(
      Type.Object({ ...information, next: Type.Optional(next) }),
      400,
      401,
      413,
      422,
      429,
    ),
  },
  read: {
    summary: 'Get information about a payment',
    params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
    response: answers(Type.Object(information), 400, 401, 403, 429),
  },
  empty: { hide: true },
};
