// POST, PUT and PATCH password/: wire/xpay.md section 3.3.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { User } from '../../merchants/users.ts';
import { type Fault, answer, fault, faults, refuse } from './errors.ts';
import type { XpayNeeds } from './needs.ts';
import { readMembers } from './request-body.ts';
import { absentMembers } from './required.ts';

const MIN_LENGTH = 8;
const MAX_LENGTH = 52;
/** Nobody's present password is longer, so none needs to be hashed to know. */
const MAX_OLD_LENGTH = 128;
const field = 'new_password';

const wrongOld = fault(400, 2002, 'old_password', 'The old password is not right.');
const differs = fault(
  400,
  2002,
  'new_password_confirmation',
  'The confirmation differs from the new password.',
);
const noText = fault(400, 2002, field, 'This field must be a text.');

/** What a new password must have; characters are Unicode code points. */
const rules: readonly { readonly fault: Fault; readonly kept: (text: string) => boolean }[] = [
  {
    fault: fault(400, 5003, field, 'The password must have at least 8 characters.'),
    kept: (text) => [...text].length >= MIN_LENGTH,
  },
  {
    fault: fault(400, 5004, field, 'The password must have at most 52 characters.'),
    kept: (text) => [...text].length <= MAX_LENGTH,
  },
  {
    fault: fault(400, 5020, field, 'The password must have a lower-case letter.'),
    kept: (text) => /\p{Ll}/u.test(text),
  },
  {
    fault: fault(400, 5021, field, 'The password must have an upper-case letter.'),
    kept: (text) => /\p{Lu}/u.test(text),
  },
  {
    fault: fault(400, 5022, field, 'The password must have a digit.'),
    kept: (text) => /[0-9]/.test(text),
  },
  {
    fault: fault(400, 5023, field, 'The password must have one of %&*#@!¡?¿+$_-'),
    kept: (text) => /[%&*#@!¡?¿+$_-]/.test(text),
  },
];

export function changesPassword(needs: XpayNeeds) {
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    user: User,
  ): Promise<FastifyReply> => {
    const body = await readMembers(request);
    if (body === null) return refuse(reply, faults.body);
    const names = ['old_password', 'new_password', 'new_password_confirmation'];
    const absent = absentMembers(body, names);
    if (absent !== null) return refuse(reply, absent);
    const { old_password: old, new_password: fresh, new_password_confirmation: again } = body;
    const wrong = faultsOf(fresh, again);
    const usable = isText(old) && old.length <= MAX_OLD_LENGTH;
    // All failing rules are told, so a new password that cannot be taken does not hide an old one
    // that is wrong.
    if (wrong.length > 0 || !usable || !isText(fresh)) {
      const isOld = usable && (await needs.users.hasPassword(user.id, old));
      const [first, ...more] = isOld ? wrong : [wrongOld, ...wrong];
      return refuse(reply, [first ?? wrongOld, ...more]);
    }
    const outcome = await needs.users.changePassword(user, old, fresh, request.ip);
    if (outcome === 'wrong') return refuse(reply, wrongOld);
    return answer(reply, 200, '{"message":"Password Changed"}');
  };
}

/** The rules that the new password and its confirmation break, in the documented order. */
export function faultsOf(fresh: unknown, again: unknown): Fault[] {
  const different = fresh === again ? [] : [differs];
  if (!isText(fresh)) return [...different, noText];
  const broken = rules.filter(({ kept }) => !kept(fresh)).map((rule) => rule.fault);
  return [...different, ...broken];
}

// Half a surrogate pair has no UTF-8: two such passwords would be the same one.
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0');
}
