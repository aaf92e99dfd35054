// The hosted page for payers: its routes, as a Fastify plugin with its own parsers and errors.

import type { FastifyInstance, FastifyPluginCallback } from 'fastify';
import type { PaymentView, Sighting } from '../payments/nouns.ts';
import type { Payments } from '../payments/payments.ts';
import { createActing } from './acting.ts';
import { assetRoutes } from './assets.ts';
import { protect } from './headers.ts';
import { createLive, defaultLiveLimits, type LiveLimits } from './live.ts';
import { mishap, sameSite, unreadable } from './replies.ts';
import { createSnapshots } from './snapshots.ts';
import { createViewing } from './viewing.ts';
import { textOf } from './wish.ts';

export type CheckoutDeps = {
  readonly payments: Pick<Payments, 'findForPayer' | 'methods' | 'choose' | 'play' | 'facts'>;
  /** Calls the listener whenever a payment changed, in this process or another, until told to stop. */
  readonly onChange: (paymentId: string, listener: () => void) => () => void;
  readonly merchantName: (merchantId: string) => Promise<string>;
  /** For "1 of 3 confirmations"; null when unknown. */
  readonly confirmationsNeeded: (view: PaymentView, sighting: Sighting) => number | null;
  readonly now: () => Date;
  /** Whether test-mode pages carry the sandbox's buttons. */
  readonly testButtons: boolean;
  readonly limits?: Partial<LiveLimits>;
};

/** A form here holds a method or an event; more is no form of ours. */
const FORM_BYTES = 2_048;

/** Mounts the payer's pages: `/link/…`, `/payment_link`, `/p/…` and `/checkout/…`. */
export function createCheckout(deps: CheckoutDeps): FastifyPluginCallback {
  return (instance, _options, done) => {
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
    done();
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
