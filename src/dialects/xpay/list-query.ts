// The list's query: wire/xpay.md section 3.6. The first thing wrong with it, in documented order.

import type { User } from '../../merchants/users.ts';
import { type Member, isMember, seesAll } from './access.ts';
import { readDay } from './dates.ts';
import { type Fault, fault, isFault } from './errors.ts';
import type { XpayNeeds } from './needs.ts';
import { type WordFilter, readWords } from './words.ts';

export type ListQuery = {
  readonly words: WordFilter;
  /** A user's id; null: of the whole commerce. */
  readonly createdBy: string | null;
  /** By creation, both inclusive. */
  readonly from: Date | null;
  readonly to: Date | null;
};

/** Which part of the answer is wanted; honoured only where the commerce asked for paging. */
export type Page = { readonly limit: number; readonly offset: number };

type Query = Readonly<Record<string, unknown>>;

const smallInteger = /^\d{1,9}$/;

const faults = {
  noMember: fault(401, 3003, 'all', 'The user is neither a manager nor a terminal.'),
  managersOnly: fault(401, 3002, 'user', 'Only managers may filter by user.'),
  noUser: fault(400, 3005, 'user', 'The user does not exist.'),
  foreignUser: fault(401, 3004, 'user', 'The user belongs to another commerce.'),
  status: fault(400, 3006, 'status', 'The status does not exist.'),
  from: fault(400, 3007, 'from', 'The date must look like 2018-09-29 or 2018-09-29+00:00.'),
  to: fault(400, 3008, 'to', 'The date must look like 2018-09-29 or 2018-09-29+00:00.'),
  order: fault(400, 3009, 'from, to', 'The first date is later than the second.'),
} as const;

export async function readListQuery(
  needs: Pick<XpayNeeds, 'users'>,
  user: User,
  query: Query,
): Promise<(ListQuery & { readonly member: Member }) | Fault> {
  if (!isMember(user)) return faults.noMember;
  const createdBy = await creatorOf(needs, user, query);
  if (createdBy !== null && typeof createdBy !== 'string') return createdBy;
  const words = readWords(textOf(query.status) ?? '');
  if (words === 'unknown') return faults.status;
  const range = rangeOf(query);
  if (isFault(range)) return range;
  return { member: user, createdBy, words, ...range };
}

/** What cannot be read as a number counts as left out. */
export function readPage(query: Query): Page {
  const limit = integerOf(textOf(query.limit));
  return { limit: limit ?? Infinity, offset: integerOf(textOf(query.offset)) ?? 0 };
}

async function creatorOf(
  needs: Pick<XpayNeeds, 'users'>,
  user: Member,
  query: Query,
): Promise<string | null | Fault> {
  const asked = textOf(query.user);
  if (!seesAll(user)) return asked === null ? user.id : faults.managersOnly;
  if (asked === null || asked === '') return null;
  const number = integerOf(asked);
  const found = number === null ? null : await needs.users.byNumber(number);
  if (found === null) return faults.noUser;
  return found.merchantId === user.merchantId ? found.id : faults.foreignUser;
}

function rangeOf(query: Query): Pick<ListQuery, 'from' | 'to'> | Fault {
  const [fromText, toText] = [textOf(query.from) ?? '', textOf(query.to) ?? ''];
  const first = fromText === '' ? null : readDay(fromText);
  const last = toText === '' ? null : readDay(toText);
  if (first === null && fromText !== '') return faults.from;
  if (last === null && toText !== '') return faults.to;
  const [from, to] = [first?.first ?? null, last?.last ?? null];
  return from !== null && to !== null && from > to ? faults.order : { from, to };
}

function integerOf(text: string | null): number | null {
  return text !== null && smallInteger.test(text) ? parseInt(text, 10) : null;
}

/** The last of repeated parameters. */
function textOf(value: unknown): string | null {
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' ? last : null;
}
