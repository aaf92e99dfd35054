// Required text members: which are missing, which are empty.

import type { JsonObject } from '../body.ts';
import { type Fault, fault } from './errors.ts';

const missingText = 'This field is required.';
const emptyText = 'This field may not be blank.';

/** The faults of codes 5002 and 5001, in this order; null when every member is there. */
export function absentMembers(
  body: JsonObject,
  names: readonly string[],
): readonly [Fault, ...Fault[]] | null {
  const missing = names.filter((name) => body[name] === undefined || body[name] === null);
  const empty = names.filter((name) => body[name] === '');
  const [first, ...more] = [
    ...(missing.length > 0 ? [fault(400, 5002, missing.join(', '), missingText)] : []),
    ...(empty.length > 0 ? [fault(400, 5001, empty.join(', '), emptyText)] : []),
  ];
  return first ? [first, ...more] : null;
}

/** The same as members of their own, each a list of texts, as the vendor's framework says it. */
export function besideMembers(faults: readonly Fault[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    faults.flatMap(({ fields, message }) => fields.map((field) => [field, [message]])),
  );
}
