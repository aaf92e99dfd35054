// Role "api": one Fastify instance; dialects, checkout and sandbox are plugins of it.

import { randomBytes } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type LogLevel,
} from 'fastify';
import type { Registry } from 'prom-client';
import { Overloaded } from './db/batch.ts';
import { CommitInDoubt, isConnectionTrouble } from './db/database.ts';
import { servesDocs } from './docs.ts';
import type { Api } from './dialects/dialect.ts';
import { answerFor, mountDialects, unownedBody } from './dialects/mount.ts';
import { hasEmptySegment, hideEscapes, pathOf } from './dialects/path.ts';
import { type ReadinessCheck, measures, servesOperations } from './operations.ts';

export type ServerOptions = {
  readonly dialects: readonly Api[];
  /** Whatever else is served here: the hosted page, the sandbox's controls. */
  readonly plugins: readonly FastifyPluginAsync[];
  readonly checks: readonly ReadinessCheck[];
  readonly metrics: Registry;
  readonly log: FastifyBaseLogger;
  /** Whose `X-Forwarded-*` headers count: addresses or networks; false for nobody's. */
  readonly trustProxy: boolean | string[];
};

const BODY_LIMIT_BYTES = 1024 * 1024;
/** Longer than any request line that Node accepts: a long id is an unknown id, not an error. */
const MAX_PARAMETER_LENGTH = 20_000;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** A socket on which nothing moves; live pages send a heartbeat more often than that. */
const IDLE_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
const TIMEOUT_CHECKS_MS = 2_000;
const goodRequestId = /^[\w.:-]{1,64}$/;

/** Builds the server; it listens nowhere yet and answers `inject()` once it is ready. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { dialects } = options;
  const answers = answerFor(dialects);
  const app = Fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(),
    childLoggerFactory: childWhenNeeded,
    trustProxy: options.trustProxy,
    bodyLimit: BODY_LIMIT_BYTES,
    connectionTimeout: IDLE_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    // Whoever still gets through while we stop is answered, and told to close the connection.
    return503OnClosing: false,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECKS_MS,
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAMETER_LENGTH },
    rewriteUrl: ({ url = '/' }) => hideEscapes(url),
    frameworkErrors: (error, request, reply) => {
      answers.failure(error, request as FastifyRequest, reply as FastifyReply);
    },
    clientErrorHandler: refuseConnection,
  });
  app.setErrorHandler((error, request, reply) => {
    // Nothing is wrong with the request, nor for long with us, and nothing was done: the caller may
    // come back. Of what is in doubt that cannot be said.
    const away = isConnectionTrouble(error) && !(error instanceof CommitInDoubt);
    if (away) request.log.error({ err: error }, 'the database is away');
    answers.failure(away ? new Overloaded('the database is away') : error, request, reply);
  });
  app.setNotFoundHandler((request, reply) => answers.unknownRoute(request, reply));
  app.addHook('onRequest', greet(answers.unknownRoute));
  closesWhenStopping(app);
  app.addHook('onResponse', report);
  app.addHook('onResponse', measures(options.metrics));
  const documents = mountDialects(app, dialects);
  servesOperations(app, options);
  servesDocs(app, dialects, documents);
  for (const plugin of options.plugins) app.register(plugin);
  return app;
}

// Few requests log anything, and a logger of their own costs each of them 5 µs, because what is
// masked is looked for in its id: it is made with the first line.
function childWhenNeeded(parent: FastifyBaseLogger, bindings: object): FastifyBaseLogger {
  let made: FastifyBaseLogger | null = null;
  const child = (): FastifyBaseLogger => (made ??= parent.child(bindings));
  const say =
    (level: Exclude<LogLevel, 'silent'>) =>
    (...line: unknown[]): void =>
      (child()[level] as (...line: unknown[]) => void)(...line);
  return {
    level: parent.level,
    child: (more, options) => child().child(more, options),
    trace: say('trace'),
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    fatal: say('fatal'),
    silent: () => undefined,
  };
}

// A caller's own id is taken only when it is harmless in a log line and in a header.
function requestIds(): (request: IncomingMessage) => string {
  const process = randomBytes(6).toString('hex');
  let count = 0;
  return ({ headers }) => {
    const given = headers['x-request-id'];
    if (typeof given === 'string' && goodRequestId.test(given)) return given;
    count += 1;
    return `${process}-${count.toString(36)}`;
  };
}

// An unknown path is answered here, before its body is read: a broken body is not its fault.
function greet(unknownRoute: (request: FastifyRequest, reply: FastifyReply) => void) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
    if (request.originalUrl.startsWith('/api/')) reply.header('cache-control', 'no-store');
    const unknown = request.is404 || hasEmptySegment(request.originalUrl);
    if (unknown) unknownRoute(request, reply);
    else done();
  };
}

// A kept-alive connection with a request under way is idle only after the idle ones were dropped:
// it would hold up the stop, so its answer closes it.
function closesWhenStopping(app: FastifyInstance): void {
  let stopping = false;
  app.addHook('preClose', (done) => {
    stopping = true;
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (stopping) reply.header('connection', 'close');
    done();
  });
}

// One line per request, at a level that keeps a busy, healthy server quiet. No header is logged.
function report(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { statusCode: status } = reply;
  const level = status >= 500 ? 'error' : status >= 400 ? 'info' : 'debug';
  if (request.log.level === 'debug' || level !== 'debug') {
    const { method, ip } = request;
    const milliseconds = Math.round(reply.elapsedTime);
    const path = pathOf(request.originalUrl);
    request.log[level]({ method, path, status, ip, milliseconds }, 'request');
  }
  done();
}

const connectionErrors: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

// No request could be read, so no dialect can be asked.
function refuseConnection(error: Error & { code: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = connectionErrors[error.code] ?? 400;
  const message = STATUS_CODES[code] ?? '';
  const body = JSON.stringify({
    ...unownedBody,
    error: 'bad_request',
    message,
    detail: message,
    code,
  });
  socket.end(
    `HTTP/1.1 ${code} ${message}\r\nContent-Type: application/json\r\nConnection: close\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
