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
