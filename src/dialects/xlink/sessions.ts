// GET sessions/{session_id}: wire/xlink.md section 3.2.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { uuidPattern } from '../../merchants/ids.ts';
import { pathParameter } from '../path.ts';
import type { Session } from './authenticate.ts';
import { answer, invalidFields, notAuthenticated, refuse, sessionNotFound } from './errors.ts';
import * as read from './faults.ts';
import { viewOfAnybody } from './keyless.ts';
import type { XlinkNeeds } from './needs.ts';
import { sceneOf, viewText } from './scene.ts';

/** Also of a payment that another dialect made, as far as this vendor's words can say it. */
export function readsSessions(needs: XlinkNeeds) {
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    session: Session | null,
  ): Promise<FastifyReply> => {
    const id = pathParameter(request, 'session_id');
    if (session === null) {
      const found = id !== null && uuidPattern.test(id) ? await viewOfAnybody(needs, id) : null;
      // Nobody learns without a key which sessions exist.
      if (found === null) return refuse(reply, notAuthenticated);
      return answer(reply, viewText(found.view, sceneOf(needs, request, found.session)));
    }
    if (id === null) return refuse(reply, badEscape('session_id'));
    const view = uuidPattern.test(id)
      ? await needs.payments.findOperation(session.scope, id.toLowerCase())
      : null;
    if (view === null) return refuse(reply, sessionNotFound);
    return answer(reply, viewText(view, sceneOf(needs, request, session)));
  };
}

/** What is said of a path in which an escape is broken. */
export function badEscape(name: string) {
  return invalidFields([{ loc: ['path', name], ...read.notEncoded }]);
}
