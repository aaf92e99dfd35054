// Error bodies: wire/xpay.md section 2.1. One form that every known reader of this vendor finds its
// member in; the codes belong to the endpoints, which is why none is listed twice by number.

import type { FastifyReply } from 'fastify';
import type { RefusalCode } from '../../payments/refusals.ts';
import type { WireError } from '../dialect.ts';

/** One failing rule. `each` is what is said of each field where that differs from the whole. */
export type Fault = {
  readonly status: number;
  readonly code: number;
  readonly fields: readonly string[];
  readonly message: string;
  readonly each?: string;
};

const jsonType = 'application/json; charset=utf-8';
const RETRY_AFTER_SECONDS = '1';

/** `field` names one field, or several separated by `, `. */
export function fault(
  status: number,
  code: number,
  field: string,
  message: string,
  each?: string,
): Fault {
  const fields = field.split(', ');
  return { status, code, fields, message, ...(each === undefined ? {} : { each }) };
}

export function isFault(found: object): found is Fault {
  return 'fields' in found;
}

/** Answers with an error: the first fault gives status, code, field and texts of the whole. */
export function refuse(
  reply: FastifyReply,
  faults: Fault | readonly [Fault, ...Fault[]],
  beside: Readonly<Record<string, readonly string[]>> = {},
): FastifyReply {
  const all = isFault(faults) ? ([faults] as const) : faults;
  return answer(reply, all[0].status, JSON.stringify({ ...bodyOf(all), ...beside }));
}

/** Answers with JSON text that is ready to go. */
export function answer(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).header('content-type', jsonType).send(text);
}

/** Never with a member `id`, `user_info` or `available_currencies`: clients test for those. */
function bodyOf(faults: readonly [Fault, ...Fault[]]) {
  const [{ code, fields, message }] = faults;
  return {
    code,
    field: fields.join(', '),
    message,
    error: message,
    detail: message,
    errors: faults.flatMap((one) =>
      one.fields.map((field) => ({ code: one.code, field, message: one.each ?? one.message })),
    ),
  };
}

function wireError(found: Fault, headers: Readonly<Record<string, string>> = {}): WireError {
  return { status: found.status, body: bodyOf([found]), headers };
}

/** An error of HTTP's own, for which the vendor has no code. */
export function plain(status: number, message: string): Fault {
  return fault(status, status, 'all', message);
}

/** The challenge that belongs to every 401 about the token itself. */
export const challenge = { 'www-authenticate': 'Token' } as const;

export const faults = {
  noToken: fault(401, 3003, 'all', 'Authentication credentials were not provided.'),
  badToken: fault(401, 3003, 'all', 'Invalid token.'),
  inactive: fault(403, 3003, 'all', 'User inactive or deleted.'),
  notAcceptable: plain(406, 'Answers are application/json, which Accept excludes.'),
  tooMany: plain(429, 'Request was throttled.'),
  body: fault(400, 2002, 'all', 'The request body could not be read.'),
  notFound: plain(404, 'Not found.'),
} as const;

const busy = wireError(plain(503, 'Service is busy, try again in a moment.'), {
  'retry-after': RETRY_AFTER_SECONDS,
});
const openOnly = fault(400, 3027, 'id', 'The transaction is not waiting for its payment.');
const noMarket = fault(
  400,
  3024,
  'src_currency, tgt_currency, amount',
  'There is no market for this amount.',
);

/** What each refusal is when an endpoint has no closer words for it. */
export const refusalErrors: Readonly<Record<RefusalCode, WireError>> = {
  payment_not_found: wireError(faults.notFound),
  merchant_inactive: wireError(fault(401, 3010, 'commerce', 'The commerce is not active.')),
  asset_not_supported: wireError(noMarket),
  rate_not_available: wireError(
    fault(400, 3023, 'amount_to_paid', 'The amount to be paid cannot be computed now.'),
  ),
  method_not_available: wireError(noMarket),
  payment_not_open: wireError(openOnly),
  status_conflict: wireError(openOnly),
  idempotency_mismatch: wireError(
    plain(422, 'The idempotency key was used with a different request.'),
  ),
  insufficient_balance: wireError(plain(422, 'The available balance is not sufficient.')),
  no_requisites: wireError(fault(400, 3025, 'wallet', 'No account for deposits is available now.')),
  no_address_available: wireError(
    fault(400, 3025, 'wallet', 'No deposit address is available now.'),
  ),
  not_a_test_payment: wireError(fault(400, 2002, 'all', 'Only test payments can be simulated.')),
  overloaded: busy,
};

export const notFound = wireError(faults.notFound);
export const internal = wireError(fault(500, 3004, 'all', 'An unknown error occurred.'));

export function methodNotAllowed(allow: readonly string[]): WireError {
  const list = allow.join(', ');
  return wireError(plain(405, `Method not allowed, use one of: ${list}`), { allow: list });
}

/** A request that could not be read: too large, or broken in some way. */
export function malformed(status: number): WireError {
  if (status === 413) return wireError(plain(413, 'The request body must not exceed 1 MiB.'));
  return wireError(faults.body);
}
