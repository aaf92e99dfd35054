// GET /api/v1/payments/{id}: wire/xbillion.md section 3.2.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { uuidPattern } from '../../merchants/ids.ts';
import { pathParameter } from '../path.ts';
import type { Session } from './authenticate.ts';
import { answer, forbidden, invalidFields, refuse, unknownId } from './errors.ts';
import type { XbillionNeeds } from './needs.ts';
import { paymentText } from './print.ts';

const badId = invalidFields([{ field: 'id', message: 'must be a UUID' }]);

/** Also of a payment that another dialect made, as far as this vendor's words can say it. */
export function readsPayments({ payments }: Pick<XbillionNeeds, 'payments'>) {
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    { caller, settings }: Session,
  ): Promise<FastifyReply> => {
    const id = pathParameter(request, 'id');
    if (id === null || !uuidPattern.test(id)) return refuse(reply, badId);
    const view = await payments.find(caller, id);
    // A stranger's payment and none at all look alike, so that nobody learns which ids exist.
    if (view === null)
      return refuse(reply, settings.unknownIdStatus === 404 ? unknownId : forbidden);
    return answer(reply, 200, paymentText(view.payment, settings, null));
  };
}

/** The vendor's sample asks for `/api/v1/payments/`: an empty id. */
export async function refusesEmptyId(
  _request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return refuse(reply, badId);
}
