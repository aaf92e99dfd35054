// A server that shows every sample as the real page, with the real headers, style and script.

import fastify from 'fastify';
import { assetRoutes, assets } from '../../src/checkout/assets.ts';
import { protect } from '../../src/checkout/headers.ts';
import { renderPage } from '../../src/checkout/page.ts';
import { unknownLink } from '../../src/checkout/replies.ts';
import { pageOf, samples } from './samples.ts';

export type Gallery = { readonly origin: string; close(): Promise<void> };

export async function startGallery(): Promise<Gallery> {
  const server = fastify();
  server.addHook('onRequest', (_request, reply, done) => {
    protect(reply);
    done();
  });
  assetRoutes(server);
  server.get<{ Params: { name: string } }>('/sample/:name', (request, reply) => {
    const sample = samples[request.params.name];
    if (!sample) return unknownLink(reply);
    const page = pageOf(sample);
    const frame = { assets, testButtons: true, notice: null };
    return reply.type('text/html; charset=utf-8').send(renderPage(page, frame));
  });
  // The samples stand still: a stream that says nothing more keeps the script content.
  server.get('/p/:id/events', (_request, reply) => reply.code(204).send());
  server.get('/p/:id/status', () => ({ status: 'awaiting', version: 'v1' }));
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });
  return { origin, close: () => server.close() };
}
