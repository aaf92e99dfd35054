// Errors of the desk's API: problem details (RFC 9457) for everything that goes wrong.

import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { DeskRefused } from '../../../desk/refused.ts';
import { StatementFault } from '../../../desk/statements/statement.ts';
import { Refusal, type RefusalCode, refusals } from '../../../payments/refusals.ts';
import type { WireError } from '../../dialect.ts';

/** Thrown by a route for what the caller did wrong; `detail` is a sentence for people. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

const mediaType = 'application/problem+json';

/** The body of every answer from 400 on, for `/docs`. */
export const problemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'For programs: one of a closed list.' }),
  },
  { description: 'Problem details (RFC 9457).' },
);

export function problem(status: number, code: string, detail: string): WireError {
  const title = STATUS_CODES[status] ?? 'Error';
  return { status, type: mediaType, body: { type: 'about:blank', title, status, detail, code } };
}

export const internal = problem(500, 'internal_error', 'Something of ours broke.');
export const notFound = problem(404, 'not_found', 'There is nothing here.');
/** Says neither whether it exists nor whose it is. */
export const unknown = (what: string): Problem =>
  new Problem(404, 'not_found', `There is no such ${what}.`);

export function methodNotAllowed(allow: readonly string[]): WireError {
  const error = problem(405, 'method_not_allowed', `This path knows ${allow.join(', ')}.`);
  return { ...error, headers: { allow: allow.join(', ') } };
}

const codes: Readonly<Record<number, string>> = {
  404: 'not_found',
  408: 'request_timeout',
  413: 'too_large',
  415: 'unsupported_media_type',
};

/** What the framework refuses, by its status. */
export function malformed(status: number): WireError {
  const title = STATUS_CODES[status] ?? 'Bad Request';
  return problem(status, codes[status] ?? 'invalid_request', `${title}.`);
}

const statuses: Readonly<Record<RefusalCode, number>> = {
  payment_not_found: 404,
  merchant_inactive: 403,
  asset_not_supported: 422,
  rate_not_available: 422,
  method_not_available: 422,
  payment_not_open: 409,
  status_conflict: 409,
  idempotency_mismatch: 409,
  insufficient_balance: 409,
  no_requisites: 409,
  no_address_available: 503,
  not_a_test_payment: 409,
  overloaded: 503,
};

/** What each refusal of the core is here. */
export const refusalErrors = Object.fromEntries(
  (Object.keys(statuses) as RefusalCode[]).map((code) => [
    code,
    problem(statuses[code], code, refusals[code]),
  ]),
) as Readonly<Record<RefusalCode, WireError>>;

/** Answers whatever a route, a schema or a parser threw. */
export function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const known = knownError(error);
  if (known === null) request.log.error({ err: error }, 'desk');
  return sendError(reply, known ?? internal);
}

export function sendError(reply: FastifyReply, error: WireError): FastifyReply {
  if (error.headers) reply.headers(error.headers);
  if (error.status === 503) reply.header('retry-after', '1');
  return reply.code(error.status).type(mediaType).serializer(JSON.stringify).send(error.body);
}

function knownError(error: unknown): WireError | null {
  if (error instanceof Problem) return problem(error.status, error.code, error.message);
  if (error instanceof Refusal) return refusalErrors[error.code];
  if (error instanceof DeskRefused) return refusedProblem(error);
  if (error instanceof StatementFault) return problem(422, 'unreadable_file', error.message);
  if (error instanceof Error && error.name === 'Overloaded') return refusalErrors.overloaded;
  const { statusCode: status, validation, code, message } = error as Partial<FrameworkError>;
  if (validation !== undefined) return problem(400, 'invalid_request', message ?? '');
  // JSON.parse itself throws without a code of the framework's.
  const framework = code?.startsWith('FST_') === true || error instanceof SyntaxError;
  if (!framework || status === undefined || status < 400 || status >= 500) return null;
  return { ...malformed(status), ...(message ? bodyWith(status, message) : {}) };
}

/** What some of the desk's refusals say beside their sentence; the others are all `refused`. */
const deskStatuses: ReadonlyMap<unknown, number> = new Map([
  ['not_found', 404],
  ['forbidden', 403],
  ['conflict', 409],
  ['limit', 409],
  ['deposit', 409],
]);

function refusedProblem(error: DeskRefused & { readonly code?: unknown }): WireError {
  const status = deskStatuses.get(error.code);
  const code = status === undefined ? 'refused' : String(error.code);
  return problem(status ?? 422, code, `${error.message}.`);
}

type FrameworkError = {
  readonly statusCode: number;
  readonly validation: unknown;
  readonly code: string;
  readonly message: string;
};

function bodyWith(status: number, detail: string): Pick<WireError, 'body'> {
  return { body: problem(status, codes[status] ?? 'invalid_request', detail).body };
}
