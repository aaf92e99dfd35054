// X-Link's P2P API, complete: wire/xlink.md. What was decided here is in README.md.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dialect } from '../dialect.ts';
import { describeOnly, keepBytes } from '../instance.ts';
import { type Session, authenticates, showLimit } from './authenticate.ts';
import { createsSessions } from './create.ts';
import { internal, malformed, methodNotAllowed, notFound, refusalErrors } from './errors.ts';
import { listsMethodTypes } from './method-list.ts';
import type { XlinkNeeds } from './needs.ts';
import { attachesOperations, listsOperations, readsOperations } from './operations.ts';
import { schemas } from './schemas.ts';
import { readsSessions } from './sessions.ts';
import { renderWebhook, schedule } from './webhook.ts';

const base = '/api/v1/p2p';
const publicBase = '/api/v1/public';
/** The vendor's endpoint table repeats the end of the base. */
const bases = [base, `${base}/p2p`];
const MAX_BODY_BYTES = 1024 * 1024;

export function createXlink(needs: XlinkNeeds): Dialect {
  return {
    name: 'xlink',
    title: 'X-Link P2P',
    docs: {
      description:
        'Bank and card transfers, in and out: a session says where the money goes and until ' +
        'when, its operation says how it ended, a signed webhook tells each change.',
      securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'X-API-KEY' } },
    },
    prefixes: [base, publicBase],
    routes: (instance) => mount(instance, needs),
    refusals: refusalErrors,
    notFound: () => notFound,
    methodNotAllowed,
    malformed,
    internal: () => internal,
    decorate: (request, reply) => showLimit(needs, request, reply),
    webhook: (change, settings) => renderWebhook(needs, change, settings),
    schedule,
  };
}

type Handler<S> = (
  request: FastifyRequest,
  reply: FastifyReply,
  session: S,
) => Promise<FastifyReply>;

function mount(instance: FastifyInstance, needs: XlinkNeeds): void {
  // Bodies are kept as bytes: they are read after the key was, and only then said to be no JSON.
  keepBytes(instance);
  describeOnly(instance);
  instance.decorateRequest('xlink', null);
  const keyed = authenticates(needs, { keyless: false });
  const perhaps = authenticates(needs, { keyless: true });
  const creates = createsSessions(needs);
  for (const path of bases) {
    open('POST', `${path}/sessions`, schemas.create, creates);
    open('GET', `${path}/sessions/:session_id`, schemas.readSession, readsSessions(needs));
    closed('POST', `${path}/operations`, schemas.attach, attachesOperations(needs));
    closed('GET', `${path}/operations`, schemas.list, listsOperations(needs));
    const one = `${path}/operations/:shop_id/:operation_number`;
    closed('GET', one, schemas.readOperation, readsOperations(needs));
    closed('GET', `${path}/payment-method-types`, schemas.methods, listsMethodTypes);
  }
  closed('POST', `${publicBase}/payment-links`, schemas.link, creates);

  function open(method: string, url: string, schema: object, handle: Handler<Session | null>) {
    const handler = (request: FastifyRequest, reply: FastifyReply) =>
      handle(request, reply, request.xlink);
    route(method, url, schema, perhaps, handler);
  }

  function closed(method: string, url: string, schema: object, handle: Handler<Session>): void {
    const handler = (request: FastifyRequest, reply: FastifyReply) =>
      handle(request, reply, request.xlink as Session);
    route(method, url, schema, keyed, handler);
  }

  function route(
    method: string,
    url: string,
    schema: object,
    onRequest: ReturnType<typeof authenticates>,
    handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>,
  ): void {
    instance.route({ method, url, schema, bodyLimit: MAX_BODY_BYTES, onRequest, handler });
  }
}
