// The fields of an operation call: wire/xlink.md section 3.3.

import { type JsonObject, isObject } from '../body.ts';
import { MAX_DETAILS_BYTES } from './create-fields.ts';
import type { FieldError } from './errors.ts';
import * as read from './faults.ts';
import type { Requisites } from './requisites.ts';

type OperationFields = {
  readonly sessionId: string;
  /** In full, as they came. */
  readonly payerRequisites: Requisites;
};

type Entry = readonly [name: string, value: string];

const tooLarge = read.refused(
  `Input should have at most ${MAX_DETAILS_BYTES} bytes when serialised`,
);
const notPlain = read.refused('Input should be a string, a number or a boolean');
const requisites = 'payer_requisites';

/** The fields, or everything that is wrong with them, in table order. */
export function readOperationFields(body: JsonObject): OperationFields | FieldError[] {
  const errors: FieldError[] = [];
  const id = body.session_id ?? null;
  const sessionId = id === null ? { fault: read.missing } : read.uuid(id);
  if ('fault' in sessionId) errors.push({ loc: ['body', 'session_id'], ...sessionId.fault });
  const entries = entriesOf(body[requisites] ?? {}, errors);
  if ('fault' in sessionId || errors.length > 0) return errors;
  return { sessionId: sessionId.value, payerRequisites: Object.fromEntries(entries) };
}

/** A map of names and values, or a list of objects with both; all else in them is ignored. */
function entriesOf(value: unknown, errors: FieldError[]): readonly Entry[] {
  const found = pairsOf(value);
  if (found === null) {
    errors.push({ loc: ['body', requisites], ...read.notObject });
    return [];
  }
  if (Buffer.byteLength(JSON.stringify(value)) > MAX_DETAILS_BYTES) {
    errors.push({ loc: ['body', requisites], ...tooLarge });
    return [];
  }
  return found.flatMap(({ at, name, value: one }): Entry[] => {
    if (one === undefined || one === null) return [];
    const isPlain = ['string', 'number', 'boolean'].includes(typeof one);
    if (!isPlain) errors.push({ loc: ['body', requisites, at], ...notPlain });
    return [[name, String(one).toWellFormed()]];
  });
}

type Pair = { readonly at: string | number; readonly name: string; readonly value: unknown };

function pairsOf(value: unknown): readonly Pair[] | null {
  if (isObject(value)) {
    return Object.entries(value).map(([name, one]) => ({ at: name, name, value: one }));
  }
  if (!Array.isArray(value)) return null;
  const pairs: Pair[] = [];
  for (const [at, one] of value.entries()) {
    if (!isObject(one) || typeof one.name !== 'string') return null;
    pairs.push({ at, name: one.name, value: one.value });
  }
  return pairs;
}
