// Who is calling and may they: token, state of the user, rate limit, in this order.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { User } from '../../merchants/users.ts';
import { type Allowance, addressKey } from '../limiter.ts';
import { type Fault, challenge, faults, refuse } from './errors.ts';
import type { XpayNeeds } from './needs.ts';

const LIMIT_PER_MINUTE = 600;
const LIMIT_WITHOUT_TOKEN_PER_MINUTE = 100;
const SECOND_MS = 1_000;
const scheme = /^token(?: |$)/i;
const token = /^token ([\x21-\x7e]+)$/i;

/** The user whose token came, or the answer that was given because there is none. */
export async function userOf(
  needs: XpayNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<User | FastifyReply> {
  const header = request.headers.authorization ?? '';
  const presented = token.exec(header)?.[1];
  const user = presented === undefined ? null : await needs.users.byToken(presented);
  if (user === null) {
    const wrong = scheme.test(header) ? faults.badToken : faults.noToken;
    return refuseStranger(needs, request, reply, wrong);
  }
  if (!user.active) return refuse(reply, faults.inactive);
  const allowance = needs.limiter.take(`xpay:${user.id}`, LIMIT_PER_MINUTE);
  return allowance.allowed ? user : tooMany(needs, reply, allowance);
}

/** Null when a caller without a token may go on, or the answer that was given. */
export function limitStranger(
  needs: XpayNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | null {
  const allowance = needs.limiter.take(addressKey(request.ip), LIMIT_WITHOUT_TOKEN_PER_MINUTE);
  return allowance.allowed ? null : tooMany(needs, reply, allowance);
}

export function isAnswer(found: User | FastifyReply): found is FastifyReply {
  return 'statusCode' in found;
}

// A guess costs its address one of a hundred a minute; after that not even a guess is answered.
function refuseStranger(
  needs: XpayNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
  wrong: Fault,
): FastifyReply {
  return limitStranger(needs, request, reply) ?? refuse(reply.headers(challenge), wrong);
}

function tooMany(needs: XpayNeeds, reply: FastifyReply, { resetSeconds }: Allowance): FastifyReply {
  const seconds = Math.max(1, Math.ceil(resetSeconds - needs.now().getTime() / SECOND_MS));
  return refuse(reply.header('retry-after', seconds), faults.tooMany);
}
