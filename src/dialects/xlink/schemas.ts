// What `/docs` says about each route. Only for readers: bodies are checked by create-fields.ts,
// and answers are printed by print.ts, so nothing here costs a request anything.

import { type TSchema, Type } from 'typebox';
import { operationTypes, operationWords } from './words.ts';

const text = (description: string, example: string, maxLength = 255) =>
  Type.String({ maxLength, description, examples: [example] });
const uuid = (description: string) => Type.String({ format: 'uuid', description });
const time = Type.String({ format: 'date-time' });
const map = (description: string) => Type.Record(Type.String(), Type.String(), { description });
const nullable = (schema: TSchema) => Type.Union([schema, Type.Null()]);

const errorBody = Type.Object({ detail: Type.String() });
const fieldErrors = Type.Object({
  detail: Type.Array(
    Type.Object({
      loc: Type.Array(Type.Union([Type.String(), Type.Integer()])),
      msg: Type.String(),
      type: Type.String({ examples: ['missing'] }),
    }),
  ),
});

const operationType = Type.Enum([...operationTypes]);
const word = Type.Enum([...operationWords]);
const metadata = Type.Object(
  {
    bank_code: Type.Optional(text('The bank', 'ALLVA.ID')),
    customer_name: Type.Optional(text('First name', 'Example')),
    customer_lastname: Type.Optional(text('Last name', 'Holder')),
    account_name: Type.Optional(text('The account’s holder', 'EXAMPLE HOLDER')),
    account_number: Type.Optional(text('Of a PAYOUT: the recipient’s account', '1234567890')),
    bank_province: Type.Optional(text('Of a PAYOUT', 'Seoul')),
    bank_city: Type.Optional(text('Of a PAYOUT', 'Seoul')),
    bank_branch: Type.Optional(text('Of a PAYOUT', 'Main')),
  },
  { description: 'Kept and echoed; a PAYOUT by bank needs the recipient’s five members' },
);

const create = Type.Object({
  shop_id: Type.Integer({ examples: [1] }),
  payment_method_type_id: uuid('From payment-method-types'),
  operation_type: operationType,
  operation_number: text('The merchant’s reference: the same one never makes two', 'ORDER-12345'),
  payer_id: Type.Optional(text('The merchant’s id of its customer', 'customer-123')),
  amount: Type.Union([Type.String(), Type.Number()], { examples: ['100.00'] }),
  currency: text('ISO 4217', 'USD', 3),
  callback_url: Type.Optional(text('Webhooks', 'https://shop.example.com/callback', 2_048)),
  return_url: Type.Optional(text('After the page', 'https://shop.example.com/#/done', 2_048)),
  metadata: Type.Optional(metadata),
});

const session = Type.Object({
  session_id: uuid('Also the id of its operation'),
  status: Type.Enum(['active', 'used', 'expired']),
  expired_at: time,
  expires_at: time,
  payer_requisites: map('What is known of the payer, masked'),
  payment_method_requisites: map('PAYIN: where to pay. PAYOUT: the recipient, masked'),
  payment_url: Type.String({ format: 'uri' }),
  operation_id: uuid('The same id'),
  operation_status: word,
  shop_id: Type.Integer(),
  payment_method_type_id: nullable(uuid('Null when another API made it')),
  operation_type: operationType,
  operation_number: Type.String(),
  payer_id: nullable(Type.String()),
  amount: Type.String(),
  currency: Type.String(),
  metadata: Type.Object({}),
});

const operation = Type.Object({
  operation_id: uuid('Also the id of its session'),
  session_id: uuid('The same id'),
  operation_number: Type.String(),
  shop_id: Type.Integer(),
  operation_type: operationType,
  status: word,
  payment_method_type_id: nullable(uuid('Null when another API made it')),
  payer_id: nullable(Type.String()),
  initiated_amount: Type.String(),
  amount: Type.String({ description: 'As requested, whatever came' }),
  received_amount: nullable(Type.String({ description: 'What really arrived' })),
  currency: Type.String(),
  payer_requisites: map('What is known of the payer, masked'),
  payment_method_requisites: map('PAYIN: where to pay. PAYOUT: the recipient, masked'),
  metadata: Type.Object({}),
  created_at: time,
  updated_at: time,
});

const methodType = Type.Object({
  id: uuid('For payment_method_type_id'),
  name: Type.String(),
  instrument_type: Type.Enum(['BANK_TRANSFER', 'CARD', 'CRYPTO']),
  country: nullable(Type.String()),
  currency: Type.String(),
  min_amount: nullable(Type.String()),
  max_amount: nullable(Type.String()),
  operation_type: operationType,
});

const paging = {
  page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
  size: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
};

const page = (item: TSchema) =>
  Type.Object({
    data: Type.Array(item),
    page: Type.Integer(),
    size: Type.Integer(),
    total: Type.Integer(),
    pages: Type.Integer(),
  });

const answers = (ok: TSchema, ...errors: number[]) => ({
  200: ok,
  ...Object.fromEntries([401, 403, ...errors, 429].map((status) => [status, errorBody])),
  422: fieldErrors,
});

export const schemas = {
  create: {
    summary: 'Create a session and its operation',
    body: create,
    response: answers(session, 400, 413),
  },
  link: {
    summary: 'Create a hosted payment link: a session, for its payment_url',
    body: create,
    response: answers(session, 400, 413),
  },
  readSession: {
    summary: 'Read a session',
    params: Type.Object({ session_id: Type.String() }),
    response: answers(session, 404),
  },
  attach: {
    summary: 'Say who pays a session; its operation is there already',
    body: Type.Object({
      session_id: uuid('Of the session'),
      payer_requisites: Type.Optional(
        Type.Union([
          map('Names and values'),
          Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
        ]),
      ),
    }),
    response: answers(operation, 400, 404, 413),
  },
  readOperation: {
    summary: 'Read an operation by the merchant’s number',
    params: Type.Object({ shop_id: Type.Integer(), operation_number: Type.String() }),
    response: answers(operation, 404),
  },
  list: {
    summary: 'List operations',
    querystring: Type.Object({
      shop_id: Type.Optional(Type.Integer()),
      operation_type: Type.Optional(operationType),
      status: Type.Optional(Type.String({ description: 'Repeated, or separated by commas' })),
      currency: Type.Optional(Type.String()),
      sort_by: Type.Optional(
        Type.Enum(['created_at', 'updated_at', 'amount', 'status', 'operation_number']),
      ),
      sort_type: Type.Optional(Type.Enum(['asc', 'desc'])),
      ...paging,
    }),
    response: answers(page(operation), 400),
  },
  methods: {
    summary: 'List what a shop can be paid by, and pay by',
    querystring: Type.Object({
      shop_id: Type.Integer(),
      operation_type: Type.Optional(operationType),
      amount: Type.Optional(Type.String()),
      currency: Type.Optional(Type.String()),
      ...paging,
    }),
    response: answers(page(methodType), 400),
  },
};
