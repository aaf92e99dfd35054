// xpay's API, complete and in both vintages: wire/xpay.md. What was decided here is in README.md.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { User } from '../../merchants/users.ts';
import type { Dialect } from '../dialect.ts';
import { describeOnly, keepBytes } from '../instance.ts';
import { acceptsJson } from './accept.ts';
import { showsAccount } from './account.ts';
import { isAnswer, userOf } from './authenticate.ts';
import { listsCountries } from './countries.ts';
import { createsTransactions } from './create.ts';
import { createCreators } from './creators.ts';
import { listsCurrencies } from './currencies.ts';
import {
  answer,
  faults,
  internal,
  malformed,
  methodNotAllowed,
  notFound,
  refusalErrors,
  refuse,
} from './errors.ts';
import { logsIn } from './login.ts';
import type { XpayNeeds } from './needs.ts';
import { changesPassword } from './password.ts';
import { schemas } from './schemas.ts';
import { cancelsTransactions, listsTransactions, readsTransactions } from './transactions.ts';
import { renderWebhook, schedule } from './webhook.ts';

const root = '/api/v1';

export function createXpay(needs: XpayNeeds): Dialect {
  return {
    name: 'xpay',
    title: 'xpay',
    docs: {
      description:
        'Price in fiat, be paid in crypto at a till or in a shop: list the coins, create a ' +
        'deposit, poll it or wait for the callback.',
      securitySchemes: {
        token: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: '`Token <token>`, from the login call or the dashboard',
        },
      },
    },
    prefixes: ['auth', 'users', 'password', 'transactions', 'countries'].map(
      (name) => `${root}/${name}`,
    ),
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

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
type ForUser = (request: FastifyRequest, reply: FastifyReply, user: User) => Promise<FastifyReply>;
type Endpoint = { readonly method: string; readonly schema: object; readonly handler: Handler };

function mount(instance: FastifyInstance, needs: XpayNeeds): void {
  // Bodies are kept as bytes: three formats are read, and only after the token was.
  keepBytes(instance);
  describeOnly(instance);
  const onRequest = refuseOtherTypes;
  for (const [path, endpoints] of Object.entries(endpointsOf(needs))) {
    const url = `${root}/${path}`;
    for (const endpoint of endpoints) instance.route({ ...endpoint, url, onRequest });
    mountOptions(instance, url, endpoints);
  }
}

function refuseOtherTypes(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (acceptsJson(request.headers.accept)) done();
  else void refuse(reply, faults.notAcceptable);
}

// Asked by browsers before they ask in earnest; needs no token and no acceptable type.
function mountOptions(
  instance: FastifyInstance,
  url: string,
  endpoints: readonly Endpoint[],
): void {
  const methods = endpoints.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : method));
  const allow = [...methods, 'OPTIONS'].join(', ');
  instance.route({
    method: 'OPTIONS',
    url,
    schema: { hide: true },
    onRequest: (_request, reply) => void answer(reply.header('allow', allow), 200, '{}'),
    handler: () => undefined,
  });
}

/** Every path below the root; the trailing slash comes and goes with the router. */
function endpointsOf(needs: XpayNeeds): Readonly<Record<string, readonly Endpoint[]>> {
  const forUser = (handle: ForUser): Handler => authenticated(needs, handle);
  const get = (schema: object, handler: Handler) => ({ method: 'GET', schema, handler });
  const post = (schema: object, handler: Handler) => ({ method: 'POST', schema, handler });
  const creators = createCreators(needs);
  const change = post(schemas.password, forUser(changesPassword(needs)));
  const create = (spelling: 'canceled' | 'cancelled') =>
    post(schemas.create, forUser(createsTransactions(needs, spelling)));
  return {
    'auth/login': [post(schemas.login, logsIn(needs))],
    users: [get(schemas.account, forUser(showsAccount(needs)))],
    password: [change, { ...change, method: 'PUT' }, { ...change, method: 'PATCH' }],
    transactions: [
      get(schemas.list, forUser(listsTransactions(needs, creators))),
      create('canceled'),
    ],
    'transactions/create': [create('cancelled')],
    'transactions/:id': [get(schemas.read, forUser(readsTransactions(needs, creators)))],
    'transactions/cancel/:id': [
      post(schemas.cancel, forUser(cancelsTransactions(needs, creators))),
    ],
    'transactions/available/currencies/:amount/:currency': [
      get(schemas.currencies, forUser(listsCurrencies(needs))),
    ],
    countries: [get(schemas.countries, listsCountries(needs))],
  };
}

// In the handler, because the size of the body is looked at before the token.
function authenticated(needs: XpayNeeds, handle: ForUser): Handler {
  return async (request, reply) => {
    const user = await userOf(needs, request, reply);
    return isAnswer(user) ? user : handle(request, reply, user);
  };
}
