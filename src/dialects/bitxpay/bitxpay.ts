// BitXPay's Payment Links API, complete: wire/bitxpay.md. What was decided here is in README.md.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dialect } from '../dialect.ts';
import { describeOnly, keepBytes } from '../instance.ts';
import { type Session, authenticates, isSignatureGood, showLimit } from './authenticate.ts';
import { createsLinks } from './create.ts';
import {
  internal,
  malformed,
  methodNotAllowed,
  notFound,
  refusalErrors,
  refuse,
  texts,
} from './errors.ts';
import { closesLinks, listsLinks, readsLinks } from './links.ts';
import type { BitxpayNeeds } from './needs.ts';
import { schemas } from './schemas.ts';
import { renderWebhook, schedule } from './webhook.ts';

const basePath = '/api/v1/payments/links';
const shortPath = '/v1/payments/links';
const healthPath = '/api/v1/health';

export function createBitxpay(needs: BitxpayNeeds): Dialect {
  const paths = needs.config.shortPrefix ? [basePath, shortPath] : [basePath];
  return {
    name: 'bitxpay',
    title: 'BitXPay Payment Links',
    docs: {
      description:
        'Create a payment link, send the payer to its page, learn by webhook how it ended.',
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
    prefixes: [...paths, healthPath],
    routes: (instance) => mount(instance, needs, paths),
    refusals: refusalErrors,
    notFound: () => notFound,
    methodNotAllowed,
    malformed,
    internal: () => internal,
    decorate: (request, reply) => showLimit(needs, request, reply),
    webhook: (change, settings) => renderWebhook(change, settings, needs.openSecret),
    schedule,
  };
}

type Handler = (
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
) => Promise<FastifyReply>;

function mount(instance: FastifyInstance, needs: BitxpayNeeds, paths: readonly string[]): void {
  // Bodies are kept as the bytes that came: signatures and idempotency are about bytes, and the
  // order of checking puts reading them after the key.
  keepBytes(instance);
  describeOnly(instance);
  instance.decorateRequest('bitxpay', null);
  for (const path of paths) {
    const one = `${path}/:id`;
    endpoint('POST', path, schemas.create, texts.accessToken, createsLinks(needs));
    endpoint('GET', path, schemas.list, texts.token, listsLinks(needs));
    endpoint('GET', one, schemas.read, texts.accessTokenExpired, readsLinks(needs));
    endpoint('PATCH', one, schemas.close, texts.accessToken, closesLinks(needs));
  }
  instance.get(healthPath, { schema: schemas.health }, (request, reply) => {
    showLimit(needs, request, reply);
    return reply.send({ status: 'ok' });
  });

  function endpoint(
    method: string,
    url: string,
    schema: object,
    unauthorized: string,
    handle: Handler,
  ): void {
    const onRequest = authenticates(needs, unauthorized);
    const handler = (request: FastifyRequest, reply: FastifyReply) => {
      const session = request.bitxpay as Session;
      const good = isSignatureGood(request, session);
      return good ? handle(request, reply, session) : refuse(reply, 401, texts.signature);
    };
    instance.route({ method, url, schema, onRequest, handler });
  }
}
