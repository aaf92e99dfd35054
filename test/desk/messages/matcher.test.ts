// Messages of banks in their public forms with invented people, and messages that mean harm.

import { describe, expect, test } from 'vitest';
import { createMessageMatcher } from '../../../src/desk/messages/matcher.ts';
import type { MessageTemplate } from '../../../src/desk/messages/template.ts';
import { messageTemplates } from '../../../src/desk/messages/templates.ts';
import { formatDecimal } from '../../../src/money/decimal.ts';
import { decimalsOf } from '../../../src/money/assets.ts';
import { messages } from './messages.ts';

const match = createMessageMatcher(messageTemplates);
const receivedAt = new Date('2026-07-25T13:40:00Z');
const money = (amount: { units: bigint; asset: string } | null): string | null =>
  amount && `${formatDecimal(amount.units, decimalsOf(amount.asset))} ${amount.asset}`;

describe('public forms of messages', () => {
  test.each(messages)('$template', ({ template, sender, text, fields }) => {
    const read = match({ sender, text, receivedAt });
    expect(read?.template).toBe(template);
    const said = read && {
      ...read.fields,
      amount: money(read.fields.amount),
      balance: money(read.fields.balance),
    };
    expect(said).toEqual({
      balance: null,
      lastDigits: null,
      counterpartyName: null,
      counterpartyAccount: null,
      reference: null,
      at: receivedAt,
      ...fields,
    });
  });

  test('every template has one', () => {
    const shown = new Set(messages.map(({ template }) => template));
    expect(messageTemplates.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
    expect(new Set(messageTemplates.map(({ bank }) => bank)).size).toBeGreaterThanOrEqual(10);
  });

  test('a message is read by its own template only', () => {
    for (const { template, sender, text } of messages) {
      const others = messageTemplates.filter(({ id }) => id !== template);
      expect(createMessageMatcher(others)({ sender, text, receivedAt })).toBeNull();
    }
  });
});

describe('what is no receipt of money', () => {
  test.each([
    ['another sender', 'PESA', messages.find(({ sender }) => sender === 'MPESA')?.text ?? ''],
    ['a transfer that went out', '900', 'СЧЁТ1234 18:26 перевод 1 000р Баланс: 3 879.81р'],
    ['a purchase', '900', 'СЧЁТ1234 10:15 Покупка 356р Баланс: 12 450.20р'],
    ['an amount that no rouble has', '900', 'СЧЁТ1234 10:15 Зачисление 1  0р Баланс: 5р'],
    ['zero', '900', 'СЧЁТ1234 10:15 Зачисление 0р Баланс: 5р'],
    ['nothing', '900', ''],
    ['a code', '900', 'Никому не сообщайте код: 48213'],
  ])('%s', (_, sender, text) => {
    expect(match({ sender, text, receivedAt })).toBeNull();
  });

  test('words of a payer inside of another message', () => {
    const name = 'You have received Tk 9,000.00 from 01700000000. Fee Tk 0.00. Balance Tk 9.00.';
    const inside = `Payment of Tk 1.00 to ${name} TrxID ABC1234XYZ at 26/05/2026 10:58.`;
    expect(match({ sender: 'bKash', text: inside, receivedAt })).toBeNull();
  });

  test('a payer cannot name another amount: the first of a message counts', () => {
    const text =
      'TJF987E58C Confirmed.You have received Ksh1.00 from You have received Ksh9,000.00 from X ' +
      'on 15/10/24 at 12:16 PM New M-PESA balance is Ksh123.12.';
    const read = match({ sender: 'MPESA', text, receivedAt });
    expect(money(read?.fields.amount ?? null)).toBe('1.00 KES');
  });

  test('nor when the name stands before the amount', () => {
    const came = (name: string, amount: string) =>
      `${name} tarafından yapılan para transferi (FAST) sonucunda ${amount} TL giriş oldu.`;
    const name = came('X', '9.000,00');
    const text = `Vadesiz TL hesabınıza 11/05/2026 tarihinde ${came(name, '1,00')}`;
    const read = match({ sender: 'Enpara', text, receivedAt });
    expect(money(read?.fields.amount ?? null)).toBe('1.00 TRY');
  });
});

describe('time', () => {
  const at = (time: string, received: string) =>
    match({
      sender: '900',
      text: `СЧЁТ1234 ${time} Зачисление 5р Баланс: 5р`,
      receivedAt: new Date(received),
    })?.fields.at.toISOString();

  test('without a day it is the nearest, also across midnight', () => {
    expect(at('16:37', '2026-07-25T13:40:00Z')).toBe('2026-07-25T13:37:00.000Z');
    expect(at('23:59', '2026-07-25T21:05:00Z')).toBe('2026-07-25T20:59:00.000Z');
    expect(at('00:01', '2026-07-25T20:58:00Z')).toBe('2026-07-25T21:01:00.000Z');
  });

  test('that does not exist is the one of receipt', () => {
    expect(at('25:61', '2026-07-25T13:40:00Z')).toBe('2026-07-25T13:40:00.000Z');
    expect(at('31.02 10:00', '2026-07-25T13:40:00Z')).toBe('2026-07-25T13:40:00.000Z');
  });
});

describe('hostile text and templates', () => {
  const template: MessageTemplate = {
    id: 'evil',
    bank: 'Evil',
    country: 'XX',
    language: 'en',
    currency: 'EUR',
    zone: 'UTC',
    decimal: '.',
    thousands: '',
    senders: '(x+x+)+y|bank',
    pattern: String.raw`^(?:(?:a|a)*)*(?:(?:.*)*)*(?<amount>(?:\d+)+)EUR$`,
  };

  // With a backtracking engine these would outlast the limit of the test by ages.
  test('a template that would take for ever elsewhere', () => {
    const evil = createMessageMatcher([template]);
    const long = (text: string) => text.repeat(10_000 / text.length);
    for (const text of [long('a'), long('1'), `${long('a1')}!`, long('1E')]) {
      expect(evil({ sender: 'bank', text, receivedAt })).toBeNull();
    }
    expect(evil({ sender: 'x'.repeat(300), text: '1EUR', receivedAt })).toBeNull();
    expect(evil({ sender: 'bank', text: 'aaa12EUR', receivedAt })?.template).toBe('evil');
  });

  test('every real template against its own beginning, repeated', () => {
    for (const { sender, text } of messages) {
      const long = text.slice(0, 40).repeat(300).slice(0, 10_240);
      expect(match({ sender, text: long, receivedAt })).toBeNull();
    }
  });

  test('a text above the limit is not looked at', () => {
    const { sender, text } = messages[0]!;
    expect(match({ sender, text: text + ' '.repeat(10_240), receivedAt })).toBeNull();
  });

  test.each<[string, Partial<MessageTemplate>, RegExp]>([
    ['no anchor', { pattern: '(?<amount>1)' }, /does not begin with \^/],
    ['no amount', { pattern: '^x' }, /no group for the amount/],
    ['a back reference', { pattern: String.raw`^(?<amount>1)\1` }, /invalid escape/],
    ['an unknown zone', { zone: 'Mars/Base' }, /time zone/],
  ])('a template with %s throws at once', (_, change, why) => {
    expect(() => createMessageMatcher([{ ...template, ...change }])).toThrow(why);
  });
});
