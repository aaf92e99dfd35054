// Every route of every dialect on one origin: no two owners may answer the same request.

import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { type DialectNeeds, createDialects } from '../../src/dialects/index.ts';
import { ownerOf } from '../../src/dialects/path.ts';

type Route = {
  readonly owner: string;
  readonly method: string;
  readonly segments: readonly string[];
};

// Routes are only listed here, never called: nothing of what they need is touched.
const untouched = { config: { shortPrefix: true } } as DialectNeeds['bitxpay'];
const dialects = createDialects({
  xlink: {} as DialectNeeds['xlink'],
  bitxpay: untouched,
  xpay: {} as DialectNeeds['xpay'],
  xbillion: {} as DialectNeeds['xbillion'],
});

/** wire/README.md section 2: `links` is no UUID, so the literal is matched first. */
const proven = new Set(
  ['GET', 'HEAD'].map(
    (method) =>
      `bitxpay ${method} /api/v1/payments/links ~ xbillion ${method} /api/v1/payments/:id`,
  ),
);

async function routesOf(dialect: Dialect): Promise<Route[]> {
  const found: Route[] = [];
  const app = Fastify();
  app.addHook('onRoute', ({ method, url }) => {
    const segments = url.split('/').slice(1);
    for (const one of [method].flat()) found.push({ owner: dialect.name, method: one, segments });
  });
  app.register(async (instance) => dialect.routes(instance));
  await app.ready();
  await app.close();
  return found;
}

function isSame(left: Route, right: Route): boolean {
  if (left.method !== right.method || left.segments.length !== right.segments.length) return false;
  return left.segments.every((segment, index) => {
    const other = right.segments[index] ?? '';
    return segment === other || segment.startsWith(':') || other.startsWith(':');
  });
}

function written({ owner, method, segments }: Route): string {
  return `${owner} ${method} /${segments.join('/')}`;
}

describe('routes', () => {
  it('overlap between dialects only where it is proven harmless', async () => {
    const routes = (await Promise.all(dialects.map(routesOf))).flat();
    const clashes = routes.flatMap((left, index) =>
      routes
        .slice(index + 1)
        .filter((right) => left.owner !== right.owner && isSame(left, right))
        .map((right) => `${written(left)} ~ ${written(right)}`),
    );
    expect(clashes.filter((clash) => !proven.has(clash))).toEqual([]);
  });

  it('stand under a prefix of their own dialect', async () => {
    for (const dialect of dialects) {
      for (const route of await routesOf(dialect)) {
        const path = `/${route.segments.join('/')}`;
        expect(ownerOf(dialects, path)?.name).toBe(dialect.name);
      }
    }
  });

  it('are the documented ones', async () => {
    const found = (await Promise.all(dialects.map(routesOf))).flat().map(written);
    const links = ['/api/v1/payments/links', '/v1/payments/links'].flatMap((path) => [
      `bitxpay POST ${path}`,
      `bitxpay GET ${path}`,
      `bitxpay HEAD ${path}`,
      `bitxpay GET ${path}/:id`,
      `bitxpay HEAD ${path}/:id`,
      `bitxpay PATCH ${path}/:id`,
    ]);
    const health = ['bitxpay GET /api/v1/health', 'bitxpay HEAD /api/v1/health'];
    const till = [
      'POST auth/login',
      'GET users',
      'POST password',
      'PUT password',
      'PATCH password',
      'GET transactions',
      'POST transactions',
      'POST transactions/create',
      'GET transactions/:id',
      'POST transactions/cancel/:id',
      'GET transactions/available/currencies/:amount/:currency',
      'GET countries',
    ].flatMap((route) => {
      const [method = '', path = ''] = route.split(' ');
      const methods = method === 'GET' ? ['GET', 'HEAD'] : [method];
      return [...methods, 'OPTIONS'].map((one) => `xpay ${one} /api/v1/${path}`);
    });
    const service = ['POST', 'GET', 'HEAD']
      .map((method) => `xbillion ${method} /api/v1/payments`)
      .concat(['GET', 'HEAD'].map((method) => `xbillion ${method} /api/v1/payments/:id`));
    const transfers = ['/api/v1/p2p', '/api/v1/p2p/p2p']
      .flatMap((path) => [
        `POST ${path}/sessions`,
        `GET ${path}/sessions/:session_id`,
        `POST ${path}/operations`,
        `GET ${path}/operations`,
        `GET ${path}/operations/:shop_id/:operation_number`,
        `GET ${path}/payment-method-types`,
      ])
      .concat('POST /api/v1/public/payment-links')
      .flatMap((route) =>
        route.startsWith('GET') ? [route, route.replace('GET', 'HEAD')] : [route],
      )
      .map((route) => `xlink ${route}`);
    const expected = new Set([...transfers, ...links, ...health, ...till, ...service]);
    expect(found.toSorted()).toEqual([...expected].toSorted());
  });
});
