// Reads a forwarded message: which template it is, and what it says about the money.

import { RE2JS } from 're2js';
import type { Amount } from '../../money/amount.ts';
import { readPrinted } from '../printed-amount.ts';
import { instantOf, nearestTo } from '../wall-time.ts';
import { isTimeZone } from '../zone.ts';
import type { MessageTemplate } from './template.ts';

export type ForwardedMessage = {
  readonly sender: string;
  readonly text: string;
  /** When the phone or mailbox got it: the day of times that stand alone. */
  readonly receivedAt: Date;
};

export type MessageFields = {
  readonly amount: Amount;
  readonly balance: Amount | null;
  /** Of the account that received. */
  readonly lastDigits: string | null;
  readonly counterpartyName: string | null;
  readonly counterpartyAccount: string | null;
  readonly reference: string | null;
  /** What the message says; when it was received, where it says no day or time. */
  readonly at: Date;
};

export type ReadMessage = { readonly template: string; readonly fields: MessageFields };

export type MessageMatcher = (message: ForwardedMessage) => ReadMessage | null;

/** A message of a bank has a few hundred characters; what is longer is none. */
export const maxMessageCharacters = 10_240;
const MAX_SENDER_CHARACTERS = 320;
const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

type Compiled = {
  readonly template: MessageTemplate;
  readonly senders: RE2JS;
  readonly form: RE2JS;
};

/**
 * Compiles templates; the first that fits answers. Null for everything else: another sender, other
 * words, an amount that its currency cannot have, a text above the limit. RE2 takes time in
 * proportion to the text, whatever text and template are. A template that does not compile, does
 * not begin with `^` or names no amount is a mistake of whoever wrote it, and throws.
 */
export function createMessageMatcher(templates: readonly MessageTemplate[]): MessageMatcher {
  const compiled = templates.map(compile);
  return (message) => {
    if (message.text.length > maxMessageCharacters) return null;
    if (message.sender.length > MAX_SENDER_CHARACTERS) return null;
    const sender = message.sender.trim();
    const text = evenOut(message.text);
    for (const { template, senders, form } of compiled) {
      if (!senders.matcher(sender).matches()) continue;
      const matcher = form.matcher(text);
      if (!matcher.find()) continue;
      const fields = fieldsOf(template, (name) => groupOf(matcher, form, name), message.receivedAt);
      if (fields !== null) return { template: template.id, fields };
    }
    return null;
  };
}

function compile(template: MessageTemplate): Compiled {
  const form = RE2JS.compile(template.pattern, RE2JS.DOTALL);
  const fault =
    (!template.pattern.startsWith('^') && 'does not begin with ^') ||
    (form.namedGroups()['amount'] === undefined && 'has no group for the amount') ||
    (!isTimeZone(template.zone) && 'has an unknown time zone');
  if (fault) throw new Error(`message template ${template.id} ${fault}`);
  return { template, senders: RE2JS.compile(template.senders, RE2JS.CASE_INSENSITIVE), form };
}

// Arabic and Persian digits are digits; every run of white space, line ends too, is one space.
function evenOut(text: string): string {
  return text
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => (digit.charCodeAt(0) & 0xf).toString())
    .replace(/[\u200b-\u200f\u2066-\u2069\ufeff]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

type Group = (name: string) => string | null;

function groupOf(matcher: ReturnType<RE2JS['matcher']>, form: RE2JS, name: string): string | null {
  if (form.namedGroups()[name] === undefined) return null;
  return matcher.group(name)?.trim() || null;
}

function fieldsOf(template: MessageTemplate, group: Group, receivedAt: Date): MessageFields | null {
  const word = group('currency') ?? template.currency;
  const asset = template.currencies?.[word] ?? word;
  const money = (name: string): Amount | null => {
    const text = group(name);
    const amount = text === null ? null : readPrinted(text, asset, template);
    return typeof amount === 'string' ? null : amount;
  };
  const amount = money('amount');
  if (amount === null || amount.units <= 0n) return null;
  return {
    amount,
    balance: money('balance'),
    lastDigits: group('digits'),
    counterpartyName: group('name'),
    counterpartyAccount: group('account'),
    reference: group('reference'),
    at: timeOf(group, template.zone, receivedAt) ?? receivedAt,
  };
}

function timeOf(group: Group, zone: string, receivedAt: Date): Date | null {
  const number = (name: string): number | null => {
    const text = group(name);
    return text === null ? null : parseInt(text, 10);
  };
  const hour = hourOf(number('hour'), group('half'));
  if (hour === null) return null;
  const minute = number('minute') ?? 0;
  const [day, month] = [number('day'), monthOf(group('month'))];
  if (day === null || month === null) return nearestTo(receivedAt, hour, minute, zone);
  const year = number('year') ?? receivedAt.getUTCFullYear();
  const wall = { year: year < 100 ? 2000 + year : year, month, day, hour, minute, second: 0 };
  return instantOf(wall, zone);
}

function hourOf(hour: number | null, half: string | null): number | null {
  if (hour === null || half === null) return hour;
  return (hour % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
}

function monthOf(text: string | null): number | null {
  if (text === null) return null;
  const named = months.indexOf(text.slice(0, 3).toLowerCase());
  return named >= 0 ? named + 1 : parseInt(text, 10);
}
