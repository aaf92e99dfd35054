// xBillion's API, complete: wire/xbillion.md. What was decided here is in README.md.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dialect } from '../dialect.ts';
import { describeOnly, keepBytes } from '../instance.ts';
import { type Session, authenticates } from './authenticate.ts';
import { createsPayments } from './create.ts';
import { internal, malformed, methodNotAllowed, notFound, refusalErrors } from './errors.ts';
import { readsPayments, refusesEmptyId } from './information.ts';
import type { XbillionNeeds } from './needs.ts';
import { schemas } from './schemas.ts';
import { renderWebhook, schedule } from './webhook.ts';

const root = '/api/v1/payments';
const MAX_BODY_BYTES = 64 * 1024;

export function createXbillion(needs: XbillionNeeds): Dialect {
  return {
    name: 'xbillion',
    title: 'xBillion',
    docs: {
      description:
        'One call creates a payment through a service and says what to do next; a webhook says ' +
        'how it ended.',
      securitySchemes: { basic: { type: 'http', scheme: 'basic' } },
    },
    prefixes: [root],
    routes: (instance) => mount(instance, needs),
    refusals: refusalErrors,
    notFound: () => notFound,
    methodNotAllowed,
    malformed,
    internal: () => internal,
    webhook: (change, settings) => renderWebhook(needs, change, settings),
    schedule,
  };
}

type Handler = (
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
) => Promise<FastifyReply>;

function mount(instance: FastifyInstance, needs: XbillionNeeds): void {
  // Bodies are kept as bytes: they are read after the pair was, and only then said to be no JSON.
  keepBytes(instance);
  describeOnly(instance);
  instance.decorateRequest('xbillion', null);
  const onRequest = authenticates(needs);
  endpoint('POST', root, schemas.create, createsPayments(needs));
  endpoint('GET', root, schemas.empty, refusesEmptyId);
  endpoint('GET', `${root}/:id`, schemas.read, readsPayments(needs));

  function endpoint(method: string, url: string, schema: object, handle: Handler): void {
    const handler = (request: FastifyRequest, reply: FastifyReply) =>
      handle(request, reply, request.xbillion as Session);
    instance.route({ method, url, schema, bodyLimit: MAX_BODY_BYTES, onRequest, handler });
  }
}
