// The hosted page for payers: its routes, as a Fastify plugin with its own parsers and errors.

import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { createActing } from './acting.ts';
import { assetRoutes } from './assets.ts';
import { protect } from './headers.ts';
import { createLive, defaultLiveLimits } from './live.ts';
import type { CheckoutDeps } from './needs.ts';
import { mishap, sameSite, unreadable } from './replies.ts';
import { createSnapshots } from './snapshots.ts';
import { createViewing } from './viewing.ts';
import { textOf } from './wish.ts';

/** A form here holds a method or an event; more is no form of ours. */
const FORM_BYTES = 2_048;

/** Mounts the payer's pages: `/link/…`, `/payment_link`, `/p/…` and `/checkout/…`. */
export function createCheckout(deps: CheckoutDeps): FastifyPluginAsync {
  return async (instance) => {
    const onError = (error: unknown) => instance.log.error(error, 'checkout snapshot');
    const snapshots = createSnapshots({ ...deps, ...deps.payments, onError });
    const live = createLive(snapshots, { ...defaultLiveLimits, ...deps.limits });
    const viewing = createViewing(deps, snapshots, live);
    const acting = createActing(deps, snapshots);
    instance.addHook('preClose', (closed) => {
      live.close();
      snapshots.close();
      closed();
    });
    guard(instance);
    assetRoutes(instance);
    instance.get('/link/:name', (request, reply) =>
      viewing.show(textOf(request.params, 'name'), request, reply),
    );
    instance.get('/payment_link', (request, reply) =>
      viewing.show(textOf(request.query, 'payment_id'), request, reply),
    );
    instance.get('/p/:id/status', viewing.status);
    instance.get('/p/:id/events', { exposeHeadRoute: false }, viewing.events);
    const form = { bodyLimit: FORM_BYTES, preHandler: sameSite };
    instance.post('/p/:id/choose', form, acting.choose);
    instance.post('/p/:id/sandbox', form, acting.play);
  };
}

function guard(instance: FastifyInstance): void {
  instance.addHook('onRequest', (_request, reply, next) => {
    protect(reply);
    next();
  });
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, parsed) => parsed(null, Object.fromEntries(new URLSearchParams(`${body}`))),
  );
  instance.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const code = error.statusCode ?? 500;
    if (code >= 400 && code < 500) return unreadable(reply, code);
    request.log.error(error, 'checkout');
    return mishap(reply);
  });
}
