// The fields of a create call: one table, in the order of wire/xbillion.md section 3.1. Written by
// hand, because all failures are reported together, in this order and under these names.

import { isIP } from 'node:net';
import { decimalOfJsonNumber, parseDecimal } from '../../money/decimal.ts';
import { type JsonObject, isObject } from '../body.ts';
import type { FieldError } from './errors.ts';
import { currencies } from './services.ts';

export type CreateFields = {
  /** Of one unit of the currency, whatever its own smallest unit is. */
  readonly hundredths: bigint;
  readonly currency: string;
  readonly orderId: string;
  readonly service: string;
  readonly customer: {
    readonly name: string | null;
    readonly email: string | null;
    readonly phone: string | null;
    readonly ip: string | null;
  };
  readonly successUrl: string | null;
  readonly failUrl: string | null;
  readonly webhookUrl: string | null;
};

/** What the check needs from outside the body. */
export type CreateRules = {
  readonly strictEmail: boolean;
  readonly lenientIp: boolean;
  /** Whether the webhook may travel over plain http. */
  readonly insecureWebhook: boolean;
  /** Whether this service takes the vendor's example: any text as address or URL. */
  isLenient(service: string): boolean;
};

type Scene = CreateRules & { readonly body: JsonObject; readonly lenient: boolean };

type Rule = {
  readonly field: string;
  /** What is said when it is missing; null when it may be. */
  readonly missing: (scene: Scene) => string | null;
  readonly issue: (value: unknown, scene: Scene) => string | null;
};

const MAX_TEXT = 255;
const MAX_PHONE = 30;
const MAX_IP = 45;
const MAX_LENIENT_IP = 20;
const MAX_DIGITS = 15;
const DECIMALS = 2;
const knownCurrencies: ReadonlySet<unknown> = new Set(currencies);
const numericText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const phoneNumber = /^\+\d[\d -]*$/;
// A name, an at sign, and at least two labels with dots between; nothing that quotes or separates.
const emailName = /^[^\s@<>()[\]\\,;:"\p{Cc}]{1,64}$/u;
const emailDomain = /^(?:[^\s@.<>()[\]\\,;:"\p{Cc}]+\.)+[^\s@.<>()[\]\\,;:"\p{Cc}]{2,}$/u;
const httpUrl = /^https?:\/\/[^\s\p{Cc}]+$/iu;

const required = (): string => 'is required';
const optional = (): null => null;
const limited = (longest: number) => (value: unknown) => textIssue(value, longest);

const table: readonly Rule[] = [
  { field: 'amount', missing: required, issue: amountIssue },
  {
    field: 'currency',
    missing: required,
    issue: (value) =>
      knownCurrencies.has(value) ? null : `must be one of ${currencies.join(', ')}`,
  },
  { field: 'order_id', missing: required, issue: limited(MAX_TEXT) },
  { field: 'service', missing: required, issue: limited(MAX_TEXT) },
  { field: 'customer', missing: required, issue: objectIssue },
  { field: 'customer.name', missing: optional, issue: limited(MAX_TEXT) },
  {
    field: 'customer.email',
    missing: ({ body, strictEmail }) => {
      if (strictEmail) return 'is required';
      return valueAt(body, 'customer.phone') === undefined ? 'is required without a phone' : null;
    },
    issue: (value, { lenient }) =>
      textIssue(value, MAX_TEXT) ??
      (lenient || isEmail(value as string) ? null : 'must be an e-mail address'),
  },
  {
    field: 'customer.phone',
    missing: optional,
    issue: (value) =>
      textIssue(value, MAX_PHONE) ??
      (phoneNumber.test(value as string) ? null : 'must be in international format'),
  },
  { field: 'customer.ip', missing: required, issue: ipIssue },
  { field: 'return_urls', missing: optional, issue: objectIssue },
  { field: 'return_urls.success', missing: optional, issue: urlIssue },
  { field: 'return_urls.fail', missing: optional, issue: urlIssue },
  { field: 'webhook_url', missing: optional, issue: webhookIssue },
];

/** The fields, or everything that is wrong with them, in table order. */
export function readCreateFields(
  body: JsonObject,
  rules: CreateRules,
): CreateFields | FieldError[] {
  const { service } = body;
  const lenient = typeof service === 'string' && rules.isLenient(service);
  const scene = { ...rules, body, lenient };
  const errors: FieldError[] = [];
  for (const { field, missing, issue } of table) {
    const parent = parentOf(body, field);
    if (parent === null) continue;
    const value = valueAt(body, field);
    const message = value === undefined ? missing(scene) : issue(value, scene);
    if (message !== null) errors.push({ field, message });
  }
  return errors.length > 0 ? errors : fieldsOf(scene);
}

/** The object that a dotted name stands in; null when there is none to look into. */
function parentOf(body: JsonObject, field: string): JsonObject | null {
  const [outer = '', inner] = field.split('.', 2);
  if (inner === undefined) return body;
  const found = body[outer];
  return isObject(found) ? found : null;
}

/** A null and an empty text are as good as nothing. */
function valueAt(body: JsonObject, field: string): unknown {
  const found = parentOf(body, field)?.[field.slice(field.indexOf('.') + 1)];
  return found === null || found === '' ? undefined : found;
}

function fieldsOf(scene: Scene): CreateFields {
  const { body, lenient } = scene;
  const text = (field: string) => (valueAt(body, field) as string | undefined) ?? null;
  // The example's texts are taken, but nobody is called or sent there.
  const usable = (field: string, issue: Rule['issue']): string | null => {
    const value = text(field);
    const strict = { ...scene, lenient: false };
    return value === null || (lenient && issue(value, strict) !== null) ? null : value;
  };
  return {
    hundredths: hundredthsOf(body.amount) as bigint,
    currency: body.currency as string,
    orderId: body.order_id as string,
    service: body.service as string,
    customer: {
      name: text('customer.name'),
      email: text('customer.email'),
      phone: text('customer.phone'),
      ip: text('customer.ip'),
    },
    successUrl: usable('return_urls.success', urlIssue),
    failUrl: usable('return_urls.fail', urlIssue),
    webhookUrl: usable('webhook_url', webhookIssue),
  };
}

function amountIssue(value: unknown): string | null {
  const found = hundredthsOf(value);
  return typeof found === 'bigint' ? null : found;
}

/** The amount, or what is wrong with it. */
function hundredthsOf(value: unknown): bigint | string {
  const text = typeof value === 'number' ? decimalOfJsonNumber(value) : value;
  if (text === null) return `must have at most ${MAX_DIGITS} significant digits`;
  if (typeof text !== 'string' || !numericText.test(text)) return 'must be a number';
  if (text.startsWith('-')) return 'must be at least 0.01';
  const found = parseDecimal(text, DECIMALS);
  if (found === 'too_many_decimals') return `must have at most ${DECIMALS} decimals`;
  if (found === 'not_a_number') return 'must be a number';
  if (found.toString().length > MAX_DIGITS) {
    return `must have at most ${MAX_DIGITS} significant digits`;
  }
  return found > 0n ? found : 'must be at least 0.01';
}

function objectIssue(value: unknown): string | null {
  return isObject(value) ? null : 'must be an object';
}

function textIssue(value: unknown, longest: number): string | null {
  if (typeof value !== 'string') return 'must be a string';
  if (!isWithin(value, longest)) return `must be at most ${longest} characters`;
  // PostgreSQL's text holds no NUL, and half a surrogate pair has no UTF-8.
  const storable = !value.includes('\0') && value.isWellFormed();
  return storable ? null : 'must not contain characters that cannot be stored';
}

// Characters as people count them; the quick count is enough for nearly every text.
function isWithin(value: string, longest: number): boolean {
  return value.length <= longest || (value.length <= 2 * longest && [...value].length <= longest);
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  return emailName.test(text.slice(0, Math.max(at, 0))) && emailDomain.test(text.slice(at + 1));
}

function ipIssue(value: unknown, { lenient, lenientIp }: Scene): string | null {
  const fault = textIssue(value, MAX_IP);
  if (fault !== null) return fault;
  const text = value as string;
  if (lenient || (lenientIp && isWithin(text, MAX_LENIENT_IP))) return null;
  // A zone (`fe80::1%eth0`) means something on one machine only.
  return isIP(text) !== 0 && !text.includes('%') ? null : 'must be an IP address';
}

function urlIssue(value: unknown, { lenient }: Scene): string | null {
  const fault = textIssue(value, MAX_TEXT);
  if (fault !== null || lenient) return fault;
  const text = value as string;
  return httpUrl.test(text) && URL.canParse(text) ? null : 'must be an http or https URL';
}

function webhookIssue(value: unknown, scene: Scene): string | null {
  const fault = urlIssue(value, scene);
  if (fault !== null || scene.lenient) return fault;
  const { protocol, username, password } = new URL(value as string);
  if (username !== '' || password !== '') return 'must not hold a user name or password';
  return protocol === 'https:' || scene.insecureWebhook ? null : 'must be an https URL';
}
