// /docs: each dialect's OpenAPI document and a reader for them, served from here alone.

import Fastify, { type FastifyInstance } from 'fastify';
import type { Api } from './dialects/dialect.ts';
import type { Documents } from './dialects/mount.ts';

// The reader brings its own script and styles; nothing is fetched from anywhere else.
const contentPolicy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "frame-ancestors 'none'",
].join('; ');

/** Serves `/docs` and `/docs/<dialect>.json`. The documents are made when first asked for. */
export function servesDocs(
  app: FastifyInstance,
  dialects: readonly Api[],
  documents: Documents,
): void {
  const hidden = { schema: { hide: true } };
  for (const { name } of dialects) {
    app.get(`/docs/${name}.json`, hidden, async () => documents.get(name)?.());
  }
  const reader = onFirstUse(() => buildReader(dialects));
  for (const url of ['/docs', '/docs/js/scalar.js']) {
    app.get(url, hidden, async (request, reply) => {
      const path = url === '/docs' ? '/docs/' : url;
      const page = await (await reader()).inject({ method: 'GET', url: path });
      reply.header('content-security-policy', contentPolicy);
      reply.header('content-type', page.headers['content-type']);
      request.log.debug({ path }, 'docs');
      return reply.code(page.statusCode).send(page.rawPayload);
    });
  }
}

// The reader's script is four megabytes of text in memory, read only on servers where somebody
// reads the documents: hence an instance of its own, built late, which listens nowhere.
async function buildReader(dialects: readonly Api[]): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const reader = Fastify({ logger: false });
  await reader.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      pageTitle: 'Dragoman: merchant APIs',
      cdn: '/docs/js/scalar.js',
      sources: dialects.map(({ name, title }) => ({
        title,
        slug: name,
        url: `/docs/${name}.json`,
      })),
      withDefaultFonts: false,
      telemetry: false,
      // These lead to the reader's maker, not to this server.
      agent: { disabled: true },
      mcp: { disabled: true },
      showDeveloperTools: 'never',
    },
  });
  return reader;
}

function onFirstUse<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
