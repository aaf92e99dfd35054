// Mounting: each dialect in its own encapsulated plugin, with its own documentation, and with an
// answer in its own words for what it does not serve.

import { METHODS } from 'node:http';
import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { Refusal } from '../payments/refusals.ts';
import type { Api, WireError } from './dialect.ts';
import { isUnder, ownerOf, pathOf } from './path.ts';

/** Nobody's path: readable in all four vendors' error styles, silent about who could sign in. */
export const unownedBody = {
  detail: 'Not Found',
  error: 'not_found',
  message: 'Not found',
  code: 404,
};

/** Answers a dialect's OpenAPI document once the server is ready. */
export type Documents = ReadonlyMap<string, () => unknown>;

/** Adds the rest of HTTP's methods, so that each of them can be answered with a 405. */
export function mountDialects(app: FastifyInstance, dialects: readonly Api[]): Documents {
  const documents = new Map<string, () => unknown>();
  for (const method of METHODS) {
    if (method !== 'CONNECT' && !app.supportedMethods.includes(method)) app.addHttpMethod(method);
  }
  for (const dialect of dialects) {
    app.register(async (instance) => {
      await instance.register(swagger, { openapi: documentHead(dialect) });
      documents.set(dialect.name, () => instance.swagger());
      await mountOne(instance, dialect);
    });
  }
  return documents;
}

/** Writes what no route answered: an unknown path, or an error on the way to or in a handler. */
export function answerFor(dialects: readonly Api[]) {
  function unknownRoute(request: FastifyRequest, reply: FastifyReply): void {
    const owner = ownerOf(dialects, pathOf(request.originalUrl));
    if (owner === undefined) void reply.code(404).send(unownedBody);
    else sendFrom(owner, owner.notFound(request), request, reply);
  }

  function failure(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const owner = ownerOf(dialects, pathOf(request.originalUrl));
    const status = clientStatus(error);
    if (status === null && !isExpected(error)) request.log.error({ err: error }, 'request failed');
    if (owner !== undefined) sendFrom(owner, errorOf(owner, error, status), request, reply);
    else void reply.code(status ?? 500).send(plainBody(status ?? 500));
  }

  return { unknownRoute, failure };
}

function errorOf(owner: Api, error: unknown, status: number | null): WireError {
  if (error instanceof Refusal) return owner.refusals[error.code];
  if (isOverloaded(error)) return owner.refusals.overloaded;
  return status === null ? owner.internal() : owner.malformed(status);
}

function isExpected(error: unknown): boolean {
  return error instanceof Refusal || isOverloaded(error);
}

// Known by its name: its class belongs to the database, of which a dialect knows nothing.
function isOverloaded(error: unknown): boolean {
  return error instanceof Error && error.name === 'Overloaded';
}

// Only what Fastify itself refuses carries such a code; a bug of ours that happens to have a
// status must not pass for the client's fault.
function clientStatus(error: unknown): number | null {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  const framework = typeof code === 'string' && code.startsWith('FST_');
  if (!framework || typeof statusCode !== 'number') return null;
  return statusCode >= 400 && statusCode < 500 ? statusCode : null;
}

function plainBody(status: number): typeof unownedBody {
  const [error, message] =
    status >= 500 ? ['internal_error', 'Internal server error'] : ['bad_request', 'Bad request'];
  return { detail: message, error, message, code: status };
}

async function mountOne(instance: FastifyInstance, dialect: Api): Promise<void> {
  const mounted = new Map<string, Set<string>>();
  instance.addHook('onRoute', (route) => collect(dialect, mounted, route));
  await instance.register(async (own) => dialect.routes(own));
  for (const [url, methods] of mounted) refuseOthers(instance, dialect, url, [...methods]);
}

function collect(
  dialect: Api,
  mounted: Map<string, Set<string>>,
  route: RouteOptions & { url: string },
): void {
  if (!dialect.prefixes.some((prefix) => isUnder(route.url, prefix))) {
    throw new Error(`${dialect.name} serves ${route.url} outside its own prefixes`);
  }
  const methods = mounted.get(route.url) ?? new Set();
  for (const method of [route.method].flat()) methods.add(method);
  mounted.set(route.url, methods);
}

// Answered in `onRequest`: before any credential is read and before the body is.
function refuseOthers(
  instance: FastifyInstance,
  dialect: Api,
  url: string,
  allow: readonly string[],
): void {
  const others = METHODS.filter((method) => method !== 'CONNECT' && !allow.includes(method));
  const error = dialect.methodNotAllowed(allow);
  instance.route({
    url,
    method: others,
    exposeHeadRoute: false,
    schema: { hide: true },
    onRequest: (request, reply) => sendFrom(dialect, error, request, reply),
    handler: () => undefined,
  });
}

function sendFrom(
  dialect: Api,
  error: WireError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  dialect.decorate?.(request, reply);
  if (error.headers) reply.headers(error.headers);
  const type = error.type ?? 'application/json';
  void reply.code(error.status).type(`${type}; charset=utf-8`).send(error.body);
}

function documentHead({ title, docs }: Api) {
  const { description, securitySchemes } = docs;
  return {
    openapi: '3.1.0',
    info: { title, description, version: '1.0.0' },
    components: { securitySchemes: securitySchemes as Record<string, never> },
    security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
  };
}
