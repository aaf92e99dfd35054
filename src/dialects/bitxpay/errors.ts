// Error bodies: wire/bitxpay.md section 2.2. Texts that are printed there are printed here.

import type { FastifyReply } from 'fastify';
import type { RefusalCode } from '../../payments/refusals.ts';
import type { WireError } from '../dialect.ts';

export type Detail = { readonly field: string; readonly issue: string };

export const texts = {
  validation: 'Validation failed',
  json: 'Request body must be valid JSON',
  accessToken: 'Missing or invalid access token',
  accessTokenExpired: 'Invalid or expired access token',
  token: 'Invalid or expired token',
  timestamp: 'Request timestamp is too old or invalid',
  signature: 'Invalid signature',
  paymentNotFound: 'Payment not found',
  linkNotFound: 'Payment link not found',
  maxUses: 'Maximum uses cannot exceed 100 for this account tier',
  currency: 'Currency is not supported by this account',
  idempotency: 'Idempotency key was used with a different request',
  tooMany: 'Too many requests',
} as const;

const slugs: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  422: 'unprocessable_entity',
  429: 'rate_limit_exceeded',
  500: 'internal_error',
  503: 'service_unavailable',
};

const RETRY_AFTER_SECONDS = '1';
const jsonType = 'application/json; charset=utf-8';

function wireError(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): WireError {
  return { status, body: { error: slugs[status], message, code: status }, headers };
}

/** Answers with an error; `details` is printed only when there are any. */
export function refuse(
  reply: FastifyReply,
  status: number,
  message: string,
  details?: readonly Detail[],
): FastifyReply {
  return answer(
    reply,
    status,
    JSON.stringify({ error: slugs[status], message, code: status, details }),
  );
}

/** Answers with JSON text that is ready to go. */
export function answer(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).header('content-type', jsonType).send(text);
}

const busy = wireError(503, 'Service is busy, try again in a moment', {
  'retry-after': RETRY_AFTER_SECONDS,
});

/** What each refusal is when an endpoint has no closer words for it. */
export const refusalErrors: Readonly<Record<RefusalCode, WireError>> = {
  payment_not_found: wireError(404, texts.paymentNotFound),
  merchant_inactive: wireError(422, 'This account may not take payments at present'),
  asset_not_supported: wireError(422, texts.currency),
  rate_not_available: busy,
  method_not_available: wireError(422, 'Payment method is not available'),
  payment_not_open: wireError(422, 'Payment link is not active'),
  status_conflict: wireError(422, 'Cannot update status of this payment'),
  idempotency_mismatch: wireError(422, texts.idempotency),
  insufficient_balance: wireError(422, 'Insufficient balance'),
  no_requisites: busy,
  no_address_available: busy,
  not_a_test_payment: wireError(422, 'Only test payments can be simulated'),
  overloaded: busy,
};

export const notFound = wireError(404, 'Not found');
export const internal = wireError(500, 'Internal server error');

export function methodNotAllowed(allow: readonly string[]): WireError {
  const list = allow.join(', ');
  return wireError(405, `Method not allowed, use one of: ${list}`, { allow: list });
}

/** A request that could not be read: too large, or not JSON in some way. */
export function malformed(status: number): WireError {
  if (status === 413) return wireError(413, 'Request body must not exceed 1 MiB');
  return wireError(400, texts.json);
}
