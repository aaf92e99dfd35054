// Error bodies: wire/xbillion.md section 2.1. The vendor documents statuses only.

import type { FastifyReply } from 'fastify';
import type { RefusalCode } from '../../payments/refusals.ts';
import type { WireError } from '../dialect.ts';

/** One field that is wrong, by its dotted name. */
export type FieldError = { readonly field: string; readonly message: string };

/** Why a creation is rejected, in the order in which the reasons are looked for. */
export type BusinessCode =
  | 'duplicate_order'
  | 'unknown_service'
  | 'service_disabled'
  | 'currency_not_supported'
  | 'limit_exceeded'
  | 'service_refused';

const RETRY_AFTER_SECONDS = '1';
const jsonType = 'application/json; charset=utf-8';

function wireError(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): WireError {
  return { status, body: { message, code, errors: [] }, headers };
}

export const unauthorized = wireError(401, 'unauthorized', 'Merchant is unauthorized.', {
  'www-authenticate': 'Basic realm="xBillion"',
});
export const tooMany = wireError(429, 'rate_limited', 'Too many requests.');
export const unreadable = wireError(400, 'malformed_request', 'The body must be a JSON object.');
export const forbidden = wireError(403, 'forbidden', 'There is no access to this payment.');
export const unknownId = wireError(404, 'not_found', 'There is no such payment.');
export const notFound = wireError(404, 'not_found', 'There is nothing here.');
export const internal = wireError(500, 'internal_error', 'Internal error.');

export const business: Readonly<Record<BusinessCode, WireError>> = {
  duplicate_order: wireError(422, 'duplicate_order', 'The order was created with other fields.'),
  unknown_service: wireError(422, 'unknown_service', 'There is no such service.'),
  service_disabled: wireError(422, 'service_disabled', 'The service is disabled.'),
  currency_not_supported: wireError(
    422,
    'currency_not_supported',
    'The service does not support this currency.',
  ),
  limit_exceeded: wireError(422, 'limit_exceeded', 'The amount is outside the limits.'),
  service_refused: wireError(422, 'service_refused', 'The service cannot take this payment now.'),
};

const busy = wireError(503, 'service_unavailable', 'The service is busy, try again in a moment.', {
  'retry-after': RETRY_AFTER_SECONDS,
});
const refused = business.service_refused;

/** What each refusal of the core is here. */
export const refusalErrors: Readonly<Record<RefusalCode, WireError>> = {
  payment_not_found: forbidden,
  merchant_inactive: unauthorized,
  asset_not_supported: refused,
  rate_not_available: refused,
  method_not_available: refused,
  payment_not_open: refused,
  status_conflict: refused,
  idempotency_mismatch: business.duplicate_order,
  insufficient_balance: refused,
  no_requisites: refused,
  no_address_available: refused,
  not_a_test_payment: refused,
  overloaded: busy,
};

export function methodNotAllowed(allow: readonly string[]): WireError {
  const list = allow.join(', ');
  return wireError(405, 'method_not_allowed', `Use one of: ${list}.`, { allow: list });
}

/** A request that could not be read: too large, or not HTTP as it should be. */
export function malformed(status: number): WireError {
  if (status !== 413) return unreadable;
  return wireError(413, 'payload_too_large', 'The body must not exceed 64 KiB.');
}

/** All fields that are wrong, in the order of the page. */
export function invalidFields(errors: readonly FieldError[]): WireError {
  const message = 'The request has invalid fields.';
  return { status: 400, body: { message, code: 'validation_error', errors } };
}

export function refuse(reply: FastifyReply, { status, body, headers = {} }: WireError) {
  return answer(reply.headers(headers), status, JSON.stringify(body));
}

/** Answers with JSON text that is ready to go. */
export function answer(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).header('content-type', jsonType).send(text);
}
