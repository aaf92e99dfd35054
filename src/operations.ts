// What the people who run this server ask it: is it alive, is it ready, how is it doing.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Histogram, type Registry } from 'prom-client';

/** `check` answers null when healthy, else one sentence that says what is wrong. */
export type ReadinessCheck = {
  readonly name: string;
  check(): Promise<string | null>;
};

const CHECK_TIMEOUT_MS = 3_000;
const DURATION_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];
const MILLISECONDS_PER_SECOND = 1_000;

export function servesOperations(
  app: FastifyInstance,
  options: { readonly checks: readonly ReadinessCheck[]; readonly metrics: Registry },
): void {
  const hidden = { schema: { hide: true } };
  app.get('/healthz', hidden, async () => ({ status: 'ok' }));
  app.get('/readyz', hidden, async (_request, reply) => {
    const found = await Promise.all(options.checks.map(examined));
    const ready = found.every(({ problem }) => problem === null);
    const checks = Object.fromEntries(found.map(({ name, problem }) => [name, problem ?? 'ok']));
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', checks });
  });
  app.get('/metrics', hidden, async (_request, reply) => {
    return reply.type(options.metrics.contentType).send(await options.metrics.metrics());
  });
}

/** An `onResponse` hook that counts and times requests by route and status. */
export function measures(registry: Registry) {
  const histogram = new Histogram({
    name: 'dragoman_http_request_seconds',
    help: 'How long requests took, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers: [registry],
  });
  // Looking labels up costs more than observing: each combination is looked up once.
  const children = new Map<string, Histogram.Internal<string>>();
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'unknown';
    const status = String(reply.statusCode);
    const key = `${method} ${status} ${route}`;
    let child = children.get(key);
    if (child === undefined) {
      child = histogram.labels({ method, route, status });
      children.set(key, child);
    }
    child.observe(reply.elapsedTime / MILLISECONDS_PER_SECOND);
    done();
  };
}

async function examined({ name, check }: ReadinessCheck) {
  return { name, problem: await Promise.race([settled(check), late()]) };
}

async function settled(check: () => Promise<string | null>): Promise<string | null> {
  try {
    return await check();
  } catch {
    return 'the check itself failed; the log says why';
  }
}

function late(): Promise<string> {
  return new Promise((resolve) => {
    setTimeout(() => resolve('no answer in time'), CHECK_TIMEOUT_MS).unref();
  });
}
