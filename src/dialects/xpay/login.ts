// POST auth/login/: wire/xpay.md section 3.1.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { addressKey } from '../limiter.ts';
import { limitStranger } from './authenticate.ts';
import { answer, fault, faults, refuse } from './errors.ts';
import type { XpayNeeds } from './needs.ts';
import { readMembers } from './request-body.ts';
import { absentMembers, besideMembers } from './required.ts';

const MAX_EMAIL = 254;
const MAX_PASSWORD = 128;
const MAX_CODE = 64;
const wrongPair = fault(
  400,
  2002,
  'non_field_errors',
  'Unable to log in with provided credentials.',
);

export function logsIn(needs: XpayNeeds) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const limited = limitStranger(needs, request, reply);
    if (limited !== null) return limited;
    const body = await readMembers(request);
    if (body === null) return refuse(reply, faults.body);
    const absent = absentMembers(body, ['email', 'password']);
    if (absent !== null) return refuse(reply, absent, besideMembers(absent));
    const { email, password, otp } = body;
    // Nobody's e-mail or password looks like this: there is nothing to compare.
    if (!isStorable(email, MAX_EMAIL) || !isStorable(password, MAX_PASSWORD)) return wrong(reply);
    const code = isStorable(otp, MAX_CODE) ? { otp } : {};
    const address = addressKey(request.ip);
    const found = await needs.signIn({ email, password, ...code, address });
    switch (found.kind) {
      case 'ok': {
        const token = JSON.stringify(found.token);
        return answer(reply, 200, `{"key":${token},"token":${token}}`);
      }
      case 'refused':
        return wrong(reply);
      case 'limited':
        return refuse(reply.header('retry-after', found.retryAfterSeconds), faults.tooMany);
    }
  };
}

function wrong(reply: FastifyReply): FastifyReply {
  return refuse(reply, wrongPair, besideMembers([wrongPair]));
}

/** A text of so many characters that a database can hold and a hash can tell from all others. */
function isStorable(value: unknown, longest: number): value is string {
  if (typeof value !== 'string' || value === '' || value.length > 2 * longest) return false;
  return [...value].length <= longest && value.isWellFormed() && !value.includes('\0');
}
