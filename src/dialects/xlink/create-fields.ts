// The fields of a session or a link: one table, in the order of wire/xlink.md section 3.1, because
// all failures are reported together and in this order.

import type { JsonObject } from '../body.ts';
import type { FieldError } from './errors.ts';
import * as read from './faults.ts';
import { type OperationType, operationTypes } from './words.ts';

export type CreateFields = {
  readonly shopId: number;
  readonly methodId: string;
  readonly operationType: OperationType;
  readonly operationNumber: string;
  readonly payerId: string | null;
  /** In the smallest units of the currency. */
  readonly units: bigint;
  readonly currency: string;
  readonly callbackUrl: string | null;
  readonly returnUrl: string | null;
  readonly metadata: JsonObject | null;
};

type Rule = {
  readonly field: string;
  readonly required: boolean;
  readonly read: (value: unknown, body: JsonObject) => read.Read<unknown>;
};

const MAX_TEXT = 255;
export const MAX_DETAILS_BYTES = 10 * 1024;

const table = [
  { field: 'shop_id', required: true, read: read.positive },
  { field: 'payment_method_type_id', required: true, read: read.uuid },
  { field: 'operation_type', required: true, read: read.word(operationTypes) },
  { field: 'operation_number', required: true, read: read.name(MAX_TEXT) },
  { field: 'payer_id', required: false, read: read.text(MAX_TEXT) },
  { field: 'amount', required: true, read: (value, body) => read.units(value, codeOf(body)) },
  { field: 'currency', required: true, read: read.currency },
  { field: 'callback_url', required: false, read: read.url },
  { field: 'return_url', required: false, read: read.url },
  { field: 'metadata', required: false, read: read.object(MAX_DETAILS_BYTES) },
] as const satisfies readonly Rule[];

/** The fields, or everything that is wrong with them, in table order. A null is no value. */
export function readCreateFields(body: JsonObject): CreateFields | FieldError[] {
  const values = new Map<string, unknown>();
  const errors: FieldError[] = [];
  for (const rule of table as readonly Rule[]) {
    const value = valueAt(body, rule.field);
    const found = value === null ? absent(rule) : rule.read(value, body);
    if ('fault' in found) errors.push({ loc: ['body', rule.field], ...found.fault });
    else values.set(rule.field, found.value);
  }
  return errors.length > 0 ? errors : fieldsOf(values);
}

function absent({ required }: Rule): read.Read<null> {
  return required ? { fault: read.missing } : { value: null };
}

function valueAt(body: JsonObject, field: string): unknown {
  return (Object.hasOwn(body, field) ? body[field] : null) ?? null;
}

function codeOf(body: JsonObject): string | null {
  const found = read.currency(valueAt(body, 'currency'));
  return 'value' in found ? found.value : null;
}

function fieldsOf(values: ReadonlyMap<string, unknown>): CreateFields {
  return {
    shopId: values.get('shop_id') as number,
    methodId: values.get('payment_method_type_id') as string,
    operationType: values.get('operation_type') as OperationType,
    operationNumber: values.get('operation_number') as string,
    payerId: values.get('payer_id') as string | null,
    units: values.get('amount') as bigint,
    currency: values.get('currency') as string,
    callbackUrl: values.get('callback_url') as string | null,
    returnUrl: values.get('return_url') as string | null,
    metadata: values.get('metadata') as JsonObject | null,
  };
}
