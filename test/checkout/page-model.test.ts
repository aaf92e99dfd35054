// Every state of the page, and what decides between them.

import { describe, expect, test } from 'vitest';
import { instructionFor, type Kind } from '../../src/checkout/page-model.ts';
import { headlines } from '../../src/checkout/panels.ts';
import { amount } from '../../src/money/amount.ts';
import { statuses } from '../../src/payments/machine.ts';
import { inputOf, instruction, now, pageOf, samples, sighting } from './samples.ts';

const chosen = { chosen: 'litecoin' } as const;
const half = amount(148_619_055n, 'LTC');

const expected: Readonly<Record<string, Kind>> = {
  choose: 'choose',
  'choose-test': 'choose',
  pay: 'pay',
  'pay-prefixed': 'pay',
  'pay-test': 'pay',
  'pay-last-minute': 'pay',
  'pay-huge': 'pay',
  'transfer-iban': 'pay',
  'transfer-swiss': 'pay',
  'transfer-card': 'pay',
  'transfer-marked': 'pay',
  'transfer-account': 'pay',
  'transfer-phone': 'pay',
  'transfer-pix': 'pay',
  'transfer-upi': 'pay',
  'transfer-long': 'pay',
  'transfer-rest': 'short',
  vanished: 'pay',
  short: 'short',
  'short-rest': 'short',
  confirming: 'confirming',
  'confirming-over': 'confirming',
  completed: 'completed',
  'completed-over': 'completed',
  used: 'used',
  refunded: 'refunded',
  failed: 'failed',
  expired: 'expired',
  'expired-held': 'expired',
  cancelled: 'cancelled',
  paused: 'paused',
  'paused-part': 'paused',
  unavailable: 'unavailable',
  payout: 'payout',
  'payout-sending': 'payout',
  'payout-sent': 'payout',
  'payout-failed': 'payout',
  'payout-returned': 'payout',
};

describe('page model', () => {
  test.each(Object.entries(samples))('%s', (name, sample) => {
    expect(pageOf(sample).state.kind).toBe(expected[name]);
  });

  test('every state has a sample, and every status a state', () => {
    expect(new Set(Object.values(expected))).toEqual(new Set(Object.keys(headlines)));
    for (const status of statuses) expect(pageOf({ payment: { status } }).state.kind).toBeTruthy();
  });

  test('past its deadline nobody is asked to pay, also before the sweep has come by', () => {
    const page = pageOf({ payment: { expiresAt: now }, view: { instructions: [instruction()] } });
    expect(page.state.kind).toBe('expired');
    expect(page.deadline).toBeNull();
  });

  test('a method in the address without an instruction shows the choice', () => {
    expect(pageOf({ input: chosen }).state.kind).toBe('choose');
    const page = pageOf({ view: { instructions: [instruction()] }, input: { chosen: 'bitcoin' } });
    expect(page.state.kind).toBe('choose');
  });

  test('a sale agreed on in one coin shows that coin at once, and no other', () => {
    const { state, chosen: shown } = pageOf({
      payment: { exchange: 1 },
      view: { instructions: [instruction()] },
    });
    expect(state).toMatchObject({ kind: 'pay', others: false, directions: { method: 'litecoin' } });
    expect(shown).toBe('litecoin');
  });

  test('what was told together with the payment is the only way to pay it', () => {
    // Drawn just before the payment's own id.
    const told = instruction({ id: '0194bb5e-7d2a-7c3e-9a10-3d0a5e66f5a4' });
    const { state } = pageOf({ view: { instructions: [told] } });
    expect(state).toMatchObject({ kind: 'pay', others: false, directions: { method: 'litecoin' } });
    const later = instruction({ id: '0194bb5e-7d2a-7c3e-9a10-3d0a5e66f5a6' });
    expect(pageOf({ view: { instructions: [later] } }).state.kind).toBe('choose');
  });

  test('a transfer says whose account, which number and what to write', () => {
    const { state } = pageOf(samples['transfer-iban'] ?? {});
    if (state.kind !== 'pay') throw new Error(state.kind);
    const { transfer } = state.directions;
    expect(transfer).toMatchObject({
      number: { label: 'IBAN', text: 'DE89370400440532013000' },
      reference: 'SDF-453672-PMT',
      marked: false,
      code: { standard: 'epc' },
    });
    expect(transfer?.number.groups.join(' ')).toBe('DE89 3704 0044 0532 0130 00');
    expect(transfer?.others.map(({ text }) => text)).toEqual([
      'Ada Lovelace',
      'Example Bank AG',
      'COBADEFFXXX',
      'DE',
    ]);
  });

  const numbers = {
    'transfer-card': '4242 4242 4242 4242',
    'transfer-phone': '+66 81 234 5678',
    'transfer-upi': 'ada.lovelace@examplebank',
    'transfer-account': '1101 2345 6789',
  };
  test.each(Object.entries(numbers))('the number of %s is grouped: %s', (name, shown) => {
    const { state } = pageOf(samples[name] ?? {});
    const transfer = state.kind === 'pay' ? state.directions.transfer : null;
    expect(transfer?.number.groups.join(' ')).toBe(shown);
  });

  test('a short payment says what came and what is missing, to the last unit', () => {
    const view = { instructions: [instruction()], sightings: [sighting({ amount: half })] };
    const { state } = pageOf({ view, input: chosen });
    if (state.kind !== 'short') throw new Error(state.kind);
    expect(state.received.exact).toBe('124.99');
    expect(state.missing.exact).toBe('125.00');
    expect(state.directions).toBeNull();
  });

  test('the rest is asked at the newest instruction that nothing came to', () => {
    const { view, facts } = inputOf(samples['short-rest'] ?? {});
    expect(instructionFor(view, facts, 'litecoin')?.id).toBe('second');
    expect(instructionFor(view, facts, 'bitcoin')).toBeNull();
    const more = sighting({ key: 'b', instructionId: 'second', amount: half });
    const again = [...view.sightings, more];
    expect(instructionFor({ ...view, sightings: again }, facts, 'litecoin')).toBeNull();
  });

  test('the way back is success_url when paid, else cancel_url, none while confirming', () => {
    expect(pageOf({}).back).toEqual({ url: 'https://shop.example/basket', paid: false });
    expect(pageOf(samples['completed'] ?? {}).back).toEqual({
      url: 'https://shop.example/thanks',
      paid: true,
    });
    expect(pageOf(samples['confirming'] ?? {}).back).toBeNull();
    for (const status of ['failed', 'expired', 'cancelled', 'refunded'] as const) {
      expect(pageOf({ payment: { status } }).back?.paid).toBe(false);
    }
  });

  const nowhere = ['javascript:alert(1)', 'data:text/html,x', 'nonsense', null];
  test.each(nowhere)('no way back to %j', (url) => {
    const changes = { successUrl: url, cancelUrl: url };
    expect(pageOf({ payment: changes }).back).toBeNull();
    expect(pageOf({ payment: { ...changes, status: 'completed' } }).back).toBeNull();
  });

  test('the page of a payout says how far it is and takes no part in it', () => {
    for (const status of statuses) {
      const page = pageOf({
        payment: { direction: 'out', status },
        view: { instructions: [instruction()] },
        input: chosen,
      });
      expect(page).toMatchObject({ state: { kind: 'payout', status }, deadline: null });
      const open = status === 'awaiting' || status === 'confirming';
      expect(page.back === null).toBe(open);
    }
  });

  test('late money on a dead payment is shown as held', () => {
    const { state } = pageOf(samples['expired-held'] ?? {});
    expect(state).toMatchObject({ kind: 'expired', held: { exact: '249.99' } });
  });

  test('too much is told, and whether it is kept aside', () => {
    const { state } = pageOf(samples['completed-over'] ?? {});
    expect(state).toMatchObject({ kind: 'completed', over: { exact: '25.03' }, held: null });
  });

  test('vanished money is told while the payer can still pay', () => {
    expect(pageOf(samples['vanished'] ?? {}).vanished).toBe(true);
    expect(pageOf(samples['pay'] ?? {}).vanished).toBe(false);
  });

  test('of several uses, a payer hears of the one they set out to pay', () => {
    const sample = samples['used'] ?? {};
    const at = (use: number | null) =>
      pageOf({ ...sample, input: { ...sample.input, use } }).state.kind;
    expect(at(1)).toBe('used');
    // The address was paid by somebody else: the next payer gets another.
    expect(at(2)).toBe('choose');
    expect(at(null)).toBe('choose');
  });
});
