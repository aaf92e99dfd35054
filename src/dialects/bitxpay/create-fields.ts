// The fields of a create call: one table, in the order of wire/bitxpay.md section 3.1. Written by
// hand, because all failures are reported together, in this order and with these texts.

import { findAsset, isPayableFiat } from '../../money/assets.ts';
import { decimalOfJsonNumber, parseDecimal } from '../../money/decimal.ts';
import { type JsonObject, isObject, isRawNumber } from '../body.ts';
import type { Detail } from './errors.ts';

export type CreateFields = {
  readonly currency: string;
  readonly units: bigint;
  readonly name: string;
  readonly payer: {
    readonly id?: string;
    readonly name?: string;
    readonly email: string;
    readonly phone?: string;
    readonly ip?: string;
  };
  readonly successUrl: string;
  readonly cancelUrl: string;
  /** Compact JSON text, as it is echoed; null when none was given. */
  readonly webhookData: string | null;
  readonly webhookUrl: string | null;
  readonly maxUses: number;
};

/** What the check needs from outside the body. */
export type CreateRules = {
  readonly merchantKey: string | null;
  readonly acceptWebhookUrl: boolean;
};

type Rule = {
  readonly field: string;
  readonly required: boolean;
  readonly issue: (value: unknown, body: JsonObject, rules: CreateRules) => string | null;
};

const MAX_TEXT = 255;
const MAX_EMAIL = 254;
const MAX_PHONE = 50;
const MAX_IP = 64;
const MAX_URL = 2_048;
const MAX_DATA_BYTES = 10 * 1024;
const MAX_DIGITS = 15;
const currencyCode = /^[A-Z]{3}$/;
const numericText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
// A name, an at sign, and at least two labels with dots between; nothing that quotes or separates.
const emailName = /^[^\s@<>()[\]\\,;:"\p{Cc}]{1,64}$/u;
const emailDomain = /^(?:[^\s@.<>()[\]\\,;:"\p{Cc}]+\.)+[^\s@.<>()[\]\\,;:"\p{Cc}]{2,}$/u;
const httpUrl = /^https?:\/\/[^\s\p{Cc}]+$/iu;

export const issues = {
  required: 'is required',
  merchantKey: 'does not belong to this API key',
  currency: 'must be a valid 3-letter ISO 4217 code (e.g. GBP, USD)',
  positive: 'must be greater than 0',
  number: 'must be a number',
  decimals: 'has too many decimal places',
  digits: 'must have at most 15 significant digits',
  name: 'must be between 1 and 255 characters',
  text: 'must be a string',
  unreadable: 'must not contain characters that cannot be stored',
  email: 'must be a valid email address',
  url: 'must be a valid HTTP/HTTPS URL',
  object: 'must be an object',
  data: 'must be at most 10 KiB',
  uses: 'must be a positive integer',
} as const;

const table: readonly Rule[] = [
  {
    field: 'merchant_key',
    required: true,
    issue: (value, _body, { merchantKey }) =>
      value === merchantKey && merchantKey !== null ? null : issues.merchantKey,
  },
  {
    field: 'order_currency',
    required: true,
    issue: (value) => (isCurrency(value) ? null : issues.currency),
  },
  { field: 'order_amount', required: true, issue: (value, body) => amountIssue(value, body) },
  {
    field: 'payment_name',
    required: true,
    issue: (value) => (isText(value, MAX_TEXT) ? unreadable(value) : issues.name),
  },
  { field: 'payer_id', required: false, issue: (value) => textIssue(value, MAX_TEXT) },
  { field: 'payer_name', required: false, issue: (value) => textIssue(value, MAX_TEXT) },
  {
    field: 'payer_email',
    required: true,
    issue: (value) => (isEmail(value) ? null : issues.email),
  },
  { field: 'payer_phone', required: false, issue: (value) => textIssue(value, MAX_PHONE) },
  { field: 'payer_ip', required: false, issue: (value) => textIssue(value, MAX_IP) },
  { field: 'success_url', required: true, issue: urlIssue },
  { field: 'cancel_url', required: true, issue: urlIssue },
  { field: 'webhook_data', required: false, issue: dataIssue },
  {
    field: 'webhook_url',
    required: false,
    issue: (value, _body, { acceptWebhookUrl }) => (acceptWebhookUrl ? urlIssue(value) : null),
  },
  {
    field: 'max_uses',
    required: false,
    issue: (value) => (Number.isInteger(value) && (value as number) >= 1 ? null : issues.uses),
  },
];

/** The fields, or everything that is wrong with them, in table order. */
export function readCreateFields(body: JsonObject, rules: CreateRules): CreateFields | Detail[] {
  let details: Detail[] | null = null;
  for (const { field, required, issue } of table) {
    const value = body[field];
    const missing = value === undefined || value === null || (required && value === '');
    if (missing && !required) continue;
    const found = missing ? issues.required : issue(value, body, rules);
    if (found !== null) (details ??= []).push({ field, issue: found });
  }
  return details ?? fieldsOf(body, rules);
}

function fieldsOf(body: JsonObject, rules: CreateRules): CreateFields {
  const checked = body as Record<string, string>;
  const currency = checked.order_currency as string;
  const { payer_id: id, payer_name: name, payer_phone: phone, payer_ip: ip } = checked;
  const data = body.webhook_data ?? null;
  const url = rules.acceptWebhookUrl ? (checked.webhook_url ?? null) : null;
  return {
    currency,
    units: unitsOf(body.order_amount, findAsset(currency)?.decimals ?? 0) as bigint,
    name: checked.payment_name as string,
    payer: {
      ...(id == null ? {} : { id }),
      ...(name == null ? {} : { name }),
      email: checked.payer_email as string,
      ...(phone == null ? {} : { phone }),
      ...(ip == null ? {} : { ip }),
    },
    successUrl: checked.success_url as string,
    cancelUrl: checked.cancel_url as string,
    webhookData: data === null ? null : JSON.stringify(data),
    webhookUrl: url,
    maxUses: (body.max_uses as number | null | undefined) ?? 1,
  };
}

function isCurrency(value: unknown): value is string {
  return typeof value === 'string' && currencyCode.test(value) && isPayableFiat(value);
}

// Decimals are counted only when the currency is known to have some.
function amountIssue(value: unknown, body: JsonObject): string | null {
  const currency = body.order_currency;
  const decimals = isCurrency(currency) ? (findAsset(currency)?.decimals ?? 0) : null;
  const units = unitsOf(value, decimals);
  if (typeof units === 'string') return units;
  return units > 0n ? null : issues.positive;
}

/** The amount in smallest units, or what is wrong with it. Null decimals: as many as it has. */
function unitsOf(value: unknown, decimals: number | null): bigint | string {
  if (isRawNumber(value)) return rawIssue(value, decimals);
  const text = typeof value === 'number' ? decimalOfJsonNumber(value) : value;
  if (text === null) return issues.digits;
  if (typeof text !== 'string' || !numericText.test(text)) return issues.number;
  if (text.startsWith('-')) return issues.positive;
  if (digitsOf(text) > MAX_DIGITS) return issues.digits;
  const units = parseDecimal(text, decimals ?? MAX_DIGITS);
  if (units === 'too_many_decimals') return issues.decimals;
  return units === 'not_a_number' ? issues.number : units;
}

// A number that no double holds: too long, too large or too small. Which of them decides the text.
function rawIssue(value: unknown, decimals: number | null): string {
  const text = JSON.stringify(value);
  if (text.startsWith('-')) return issues.positive;
  const [, whole = '', fraction = ''] = /^(\d+)\.?(\d*)$/.exec(text) ?? [];
  const fine = decimals !== null && fraction.length > decimals && whole.length <= MAX_DIGITS;
  return fine ? issues.decimals : issues.digits;
}

function digitsOf(text: string): number {
  const point = text.indexOf('.');
  let end = text.length;
  if (point >= 0) while (end > point && /[0.]/.test(text[end - 1] ?? '')) end -= 1;
  return text.slice(0, end).replace('.', '').replace(/^0+/, '').length;
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value !== '' && isWithin(value, longest);
}

// Characters as people count them; the quick count is enough for nearly every text.
function isWithin(value: string, longest: number): boolean {
  return value.length <= longest || (value.length <= 2 * longest && [...value].length <= longest);
}

function isEmail(value: unknown): value is string {
  if (!isText(value, MAX_EMAIL) || unreadable(value) !== null) return false;
  const at = value.lastIndexOf('@');
  return at > 0 && emailName.test(value.slice(0, at)) && emailDomain.test(value.slice(at + 1));
}

function textIssue(value: unknown, longest: number): string | null {
  if (typeof value !== 'string') return issues.text;
  return isWithin(value, longest) ? unreadable(value) : `must be at most ${longest} characters`;
}

// PostgreSQL's text holds no NUL, and half a surrogate pair has no UTF-8.
function unreadable(value: string): string | null {
  return value.includes('\0') || !value.isWellFormed() ? issues.unreadable : null;
}

function urlIssue(value: unknown): string | null {
  const good =
    typeof value === 'string' &&
    value.length <= MAX_URL &&
    value.isWellFormed() &&
    httpUrl.test(value) &&
    URL.canParse(value);
  return good ? null : issues.url;
}

function dataIssue(value: unknown): string | null {
  if (!isObject(value)) return issues.object;
  return Buffer.byteLength(JSON.stringify(value)) <= MAX_DATA_BYTES ? null : issues.data;
}
