// What `/docs` says about each route. Only for readers: bodies are checked and answers printed by
// the files beside this one, so nothing here costs a request anything.

import { type TProperties, type TSchema, Type } from 'typebox';

const text = (description: string, example?: string) =>
  Type.String({ description, ...(example === undefined ? {} : { examples: [example] }) });
const orNull = (schema: TSchema) => Type.Union([schema, Type.Null()]);
const members = (properties: TProperties) => Type.Object(properties);

const errorBody = members({
  code: Type.Integer({ description: 'The vendor’s code, or the HTTP status' }),
  field: Type.String(),
  message: Type.String(),
  error: Type.String(),
  detail: Type.String(),
  errors: Type.Array(
    members({ code: Type.Integer(), field: Type.String(), message: Type.String() }),
  ),
});

const person = members({
  id: Type.Integer(),
  username: Type.String(),
  first_name: Type.String(),
  last_name: Type.String(),
  email: Type.String(),
  is_active: Type.Boolean(),
  twofa: Type.Boolean(),
  manager: Type.Boolean(),
  groups: Type.Array(Type.String()),
});

const place = orNull(members({ id: Type.Integer(), commerce: Type.Integer() }));

const account = members({
  user_info: person,
  commerce: orNull(
    members({
      id: Type.Integer(),
      email: orNull(Type.String()),
      name: Type.String(),
      dni: orNull(Type.String()),
      active: Type.Boolean(),
      status: Type.Enum(['verifying', 'approved', 'rejected']),
      fiat_withdraw: Type.Boolean(),
      document_type: orNull(members({ name: Type.String(), country: Type.String() })),
    }),
  ),
  user: person,
  profile: Type.Object({}),
  manager: place,
  commercemanager: place,
  commerceuser: place,
  groups: Type.Array(Type.String()),
});

const transaction = members({
  id: Type.Integer({ minimum: 1 }),
  amount_to_change: text('What the commerce receives', '100000.00'),
  currency_to_change: text('Fiat code', 'COP'),
  string_amount_to_change: text('', '100000.00 COP'),
  amount_to_paid: text('What the payer pays, frozen at creation', '0.00400000'),
  currency_to_paid: text('Crypto code', 'BTC'),
  string_amount_to_paid: text('', '0.00400000 BTC'),
  commission: text('The gateway’s fee in the paid currency', '0.00000000'),
  string_commission: text('', '0.00000000 BTC'),
  fiat_withdraw: text('Percent taken in fiat', '100'),
  string_fiat_withdraw: text('', '100 %'),
  status: text('Status word', 'sending'),
  transaction_status_code: Type.Integer({ examples: [3] }),
  date: text('Creation', '2018-09-29T19:16:41.705604Z'),
  wallet: text('Deposit address'),
  waiting_time: text('Time to pay, counted from `date`', '1200.00'),
  waiting_time_unit: text('', 'seconds'),
  string_waiting_time: text('', '1200.00 seconds'),
  callback: orNull(Type.String()),
  url: text('Page for the payer'),
  qr: text('Text for the QR picture'),
  string_fiat_amount_to_commerce: text('', '100000.00 COP'),
  string_crypto_amount_to_commerce: text('', '0.00000000 BTC'),
  user: Type.Optional(Type.Object({}, { description: 'Who created it; shown to managers only' })),
});

const currency = members({
  exchange: Type.Integer(),
  currency: members({ code: Type.String(), name: Type.String(), symbol: Type.String() }),
  exchange_amount: Type.String(),
  amount: text('The same as exchange_amount'),
});

const numeric = (description: string, example: number) =>
  Type.Union([Type.Number({ description, examples: [example] }), Type.String()]);

const answers = (status: number, ok: TSchema, ...errors: number[]) => ({
  [status]: ok,
  ...Object.fromEntries(errors.map((one) => [one, errorBody])),
});

const id = members({ id: Type.Integer({ minimum: 1 }) });

export const schemas = {
  login: {
    summary: 'Sign in',
    security: [],
    body: members({
      email: Type.String({ maxLength: 254 }),
      password: Type.String({ maxLength: 128 }),
      otp: Type.Optional(text('Code of the second factor, for users who have one')),
    }),
    response: answers(200, members({ key: Type.String(), token: Type.String() }), 400, 429),
  },
  account: { summary: 'The user of the token', response: answers(200, account, 401, 403) },
  password: {
    summary: 'Change the password',
    body: members({
      old_password: Type.String(),
      new_password: Type.String({ minLength: 8, maxLength: 52 }),
      new_password_confirmation: Type.String(),
    }),
    response: answers(200, members({ message: Type.String() }), 400, 401, 403),
  },
  list: {
    summary: 'List transactions',
    querystring: members({
      status: Type.Optional(text('Comma-separated', 'sending,approved')),
      from: Type.Optional(text('First day', '2018-09-29+05:00')),
      to: Type.Optional(text('Last day', '2018-09-29')),
      user: Type.Optional(text('Number of a user; managers only')),
    }),
    response: answers(200, Type.Array(transaction), 400, 401, 403, 429),
  },
  create: {
    summary: 'Create a transaction',
    headers: members({ 'Idempotency-Key': Type.Optional(Type.String({ maxLength: 255 })) }),
    body: members({
      src_currency: text('What the payer pays with', 'BTC'),
      tgt_currency: text('What the commerce prices in', 'COP'),
      amount: numeric('In `tgt_currency`, rounded half up to 2 decimals', 100_000),
      exchange_id: numeric('An `exchange` of the available currencies', 1),
      callback: Type.Optional(orNull(Type.String({ format: 'uri', maxLength: 2048 }))),
      fiat_withdraw: Type.Optional(numeric('Percent taken in fiat, 0 to 100', 100)),
    }),
    response: answers(201, transaction, 400, 401, 403, 413, 429),
  },
  read: {
    summary: 'Read a transaction',
    params: id,
    response: answers(200, transaction, 401, 403, 404, 429),
  },
  cancel: {
    summary: 'Cancel a transaction that awaits its payment',
    params: id,
    response: answers(200, transaction, 400, 401, 403, 429),
  },
  currencies: {
    summary: 'What an amount can be paid with',
    params: members({ amount: text('', '100000.00'), currency: text('', 'COP') }),
    response: answers(
      200,
      members({ available_currencies: Type.Array(currency), amount: Type.Number() }),
      400,
      401,
      403,
      429,
    ),
  },
  countries: {
    summary: 'Countries whose currency can be priced in',
    security: [],
    response: answers(200, Type.Array(members({ code: Type.String(), name: Type.String() })), 429),
  },
};
