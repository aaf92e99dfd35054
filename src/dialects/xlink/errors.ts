// Error bodies: wire/xlink.md section 2.1. One member, `detail`: a text, or a list for fields.

import type { FastifyReply } from 'fastify';
import type { RefusalCode } from '../../payments/refusals.ts';
import type { WireError } from '../dialect.ts';

/** What is wrong with a value. */
export type Fault = { readonly type: string; readonly msg: string };

/** One value that is wrong, and where it stood: `body`, `query` or `path` and its name. */
export type FieldError = Fault & { readonly loc: readonly (string | number)[] };

const RETRY_AFTER_SECONDS = '1';
const jsonType = 'application/json; charset=utf-8';

export function wireError(
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): WireError {
  return { status, body: { detail }, headers };
}

export const notAuthenticated = wireError(403, 'Not authenticated');
export const invalidKey = wireError(403, 'Invalid API key');
export const deadKey = wireError(401, 'API key expired or revoked');
export const tooMany = wireError(429, 'Rate limit exceeded');
export const notFound = wireError(404, 'Not Found');
export const internal = wireError(500, 'Internal Server Error');
export const sessionNotFound = wireError(404, 'Session not found');
export const operationNotFound = wireError(404, 'Operation not found');

export const business = {
  shop: wireError(400, 'Shop not found'),
  method: wireError(400, 'Payment method type not found'),
  currency: wireError(400, 'Currency is not supported by this payment method'),
  metadata: wireError(400, 'metadata is required for PAYOUT'),
  balance: wireError(400, 'Insufficient balance'),
  requisites: wireError(400, 'No payment requisites are available'),
  sessionExpired: wireError(400, 'Session expired'),
} as const;

const unavailable = wireError(400, 'Payment method type is not available');
const conflict = wireError(400, 'The operation is in a status in which this cannot be done');
const busy = wireError(503, 'Service is busy, try again in a moment', {
  'retry-after': RETRY_AFTER_SECONDS,
});

/** What each refusal of the core is here. */
export const refusalErrors: Readonly<Record<RefusalCode, WireError>> = {
  payment_not_found: operationNotFound,
  merchant_inactive: business.shop,
  asset_not_supported: business.currency,
  rate_not_available: business.requisites,
  method_not_available: unavailable,
  payment_not_open: conflict,
  status_conflict: conflict,
  idempotency_mismatch: conflict,
  no_address_available: business.requisites,
  no_requisites: business.requisites,
  insufficient_balance: business.balance,
  not_a_test_payment: conflict,
  overloaded: busy,
};

export function methodNotAllowed(allow: readonly string[]): WireError {
  return wireError(405, 'Method Not Allowed', { allow: allow.join(', ') });
}

/** A request that could not be read: too large, or not HTTP as it should be. */
export function malformed(status: number): WireError {
  if (status === 413) return wireError(413, 'Request body too large');
  return unreadable;
}

const unreadableBody: FieldError = {
  loc: ['body'],
  msg: 'JSON decode error',
  type: 'json_invalid',
};

/** Values that are wrong, in the order of the page's tables. */
export function invalidFields(errors: readonly FieldError[]): WireError {
  const detail = errors.map(({ loc, msg, type }) => ({ loc, msg, type }));
  return { status: 422, body: { detail } };
}

export const unreadable = invalidFields([unreadableBody]);

export function refuse(reply: FastifyReply, { status, body, headers = {} }: WireError) {
  return answer(reply.headers(headers), JSON.stringify(body), status);
}

/** Answers with JSON text that is ready to go. */
export function answer(reply: FastifyReply, text: string, status = 200): FastifyReply {
  return reply.code(status).header('content-type', jsonType).send(text);
}
