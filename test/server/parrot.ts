// A dialect for tests: it repeats what it is told, and fails on demand in a style of its own.

import { pino } from 'pino';
import { Registry } from 'prom-client';
import { CommitInDoubt } from '../../src/db/database.ts';
import type { Dialect, WireError } from '../../src/dialects/dialect.ts';
import { pathParameter } from '../../src/dialects/path.ts';
import { maskedLogPaths } from '../../src/log.ts';
import { Refusal, refusals } from '../../src/payments/refusals.ts';
import { createServer, type ServerOptions } from '../../src/server.ts';

class Overloaded extends Error {
  override name = 'Overloaded';
}

function said(status: number, headers: Record<string, string> = {}): WireError {
  return { status, body: { parrot: status }, headers };
}

function createParrot(prefix: string, name = 'parrot'): Dialect {
  const busy = said(503, { 'retry-after': '1' });
  const codes = Object.keys(refusals) as (keyof typeof refusals)[];
  const all = codes.map((code) => [code, code === 'overloaded' ? busy : said(422)] as const);
  return {
    name,
    title: name,
    docs: { description: 'Repeats.', securitySchemes: {} },
    prefixes: [prefix],
    routes: (instance) => {
      instance.post(prefix, async (request) => ({ body: request.body }));
      instance.get(`${prefix}/:word`, async (request, reply) => {
        const word = pathParameter(request, 'word');
        if (word === null) return reply.code(400).send({ parrot: 400 });
        if (word === 'bug') throw new Error('secret detail');
        if (word === 'teapot') throw Object.assign(new Error('secret'), { statusCode: 418 });
        if (word === 'refusal') throw new Refusal('status_conflict');
        if (word === 'busy') throw new Refusal('overloaded');
        if (word === 'full') throw new Overloaded('secret');
        if (word === 'away') throw Object.assign(new Error('secret'), { code: 'ECONNREFUSED' });
        if (word === 'doubt') throw new CommitInDoubt('secret');
        return { word };
      });
    },
    refusals: Object.fromEntries(all) as Dialect['refusals'],
    notFound: () => said(404),
    methodNotAllowed: (allow) => said(405, { allow: allow.join(', ') }),
    malformed: (status) => said(status),
    internal: () => said(500),
    decorate: (_request, reply) => void reply.header('x-parrot', name),
    webhook: () => null,
    schedule: { retryAfterMs: [], timeoutMs: 1, delivered: () => true },
  };
}

/** A server with parrots, and everything that it logged. */
export function serve(change: Partial<ServerOptions> = {}) {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = pino({ level: 'debug', redact: [...maskedLogPaths] }, destination);
  const app = createServer({
    dialects: [createParrot('/api/v1/parrot'), createParrot('/api/v1/parrot/small', 'small')],
    plugins: [],
    checks: [],
    metrics: new Registry(),
    log,
    trustProxy: false,
    ...change,
  });
  return { app, lines, log };
}
