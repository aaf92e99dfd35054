// Request bodies: JSON read strictly, and numbers kept that a JavaScript number cannot hold.

import { isUtf8 } from 'node:buffer';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Deeper than any real request, shallow enough for every recursion that follows. */
const MAX_DEPTH = 64;
const BYTE_ORDER_MARK = 0xfeff;
// Only texts with such a run can hold a number that changes on its way through a double.
const suspicious = /[0-9.]{16}|[0-9][eE][+-]?[0-9]{3}/;
const numberParts = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** ECMAScript's JSON.parse with source text: in Node, not yet in the compiler's library. */
const json = JSON as unknown as {
  parse(text: string, reviver?: Reviver): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
};

/**
 * The object that the body's bytes say; null when they are no UTF-8, no JSON, no object, or nested
 * more than 64 deep. No bytes at all are the empty object. A byte order mark is skipped (RFC 8259
 * section 8.1 lets a parser do so), of repeated members the last one counts.
 *
 * A number that a double cannot hold (`12345678901234567890`, `1e400`) becomes a raw number: see
 * `isRawNumber`. `JSON.stringify` prints it as it came.
 */
export function readJsonObject(bytes: Buffer | undefined): JsonObject | null {
  if (bytes === undefined || bytes.length === 0) return {};
  if (!isUtf8(bytes)) return null;
  const text = bytes.toString('utf8');
  try {
    const found = parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text);
    return isObject(found) ? found : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !json.isRawJSON(value)
  );
}

/** True for a number of the body which no JavaScript number can hold. */
export function isRawNumber(value: unknown): boolean {
  return json.isRawJSON(value);
}

function parse(text: string): unknown {
  const found = json.parse(text);
  if (isDeeperThan(found, MAX_DEPTH)) return null;
  return suspicious.test(text) ? json.parse(text, keepExact) : found;
}

const keepExact: Reviver = (_key, value, { source }) => {
  if (typeof value !== 'number' || source === undefined) return value;
  return canonical(source) === canonical(String(value)) ? value : json.rawJSON(source);
};

// Digits without outer zeros, and the power of ten they stand at: equal for equal decimals.
function canonical(text: string): string {
  const match = numberParts.exec(text);
  if (match === null) return text;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  if (end === 0) return '0';
  return `${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  for (const member of Object.values(value)) {
    if (isDeeperThan(member, depth - 1)) return true;
  }
  return false;
}
