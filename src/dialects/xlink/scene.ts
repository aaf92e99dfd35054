// What printing needs to know of a request: under which origin, for whose shop.

import type { FastifyRequest } from 'fastify';
import type { PaymentView } from '../../payments/nouns.ts';
import { externalOrigin } from '../origin.ts';
import type { Session } from './authenticate.ts';
import type { XlinkNeeds } from './needs.ts';
import { type Scene, operationText, sessionText } from './print.ts';

export function sceneOf(
  { payments, vault, config }: XlinkNeeds,
  request: FastifyRequest,
  { merchant, settings }: Session,
): Scene {
  return {
    checkout: config.checkoutOrigin ?? externalOrigin(request),
    shopId: merchant.shopId,
    settings,
    vault,
    networkOf: ({ mode, price }, { method }) =>
      payments.offered(mode, price.asset).find(({ id }) => id === method)?.network ?? null,
  };
}

/** The session as it stands: what the payer was told last is what counts. */
export function viewText({ payment, instructions }: PaymentView, scene: Scene): string {
  return sessionText(payment, instructions.at(-1) ?? null, scene);
}

/** The operation as it stands, with what has really arrived. */
export async function operationViewText(
  { payments }: Pick<XlinkNeeds, 'payments'>,
  view: PaymentView,
  scene: Scene,
): Promise<string> {
  const { payment, instructions, sightings } = view;
  const facts = sightings.length === 0 ? null : await payments.facts(view);
  return operationText(payment, instructions.at(-1) ?? null, facts, scene);
}
