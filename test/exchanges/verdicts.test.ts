// What each error of ccxt says about an order: certainly not there, or nobody knows.

import { expect, test } from 'vitest';
import { abilityOf, exchangesWithOrders } from '../../src/exchanges/abilities.ts';
import { reasonOf, verdictOf } from '../../src/exchanges/verdicts.ts';
import { isKnownExchange } from '../../src/rates/exchange.ts';

type ErrorClass = new (message: string) => Error;
const errors = (await import(
  new URL('src/base/errors.js', import.meta.resolve('ccxt')).href
)) as Record<string, ErrorClass>;

test.each([
  ['InsufficientFunds', 'refused'],
  ['InvalidOrder', 'refused'],
  ['OrderNotFillable', 'refused'],
  ['AuthenticationError', 'refused'],
  ['PermissionDenied', 'refused'],
  ['BadSymbol', 'refused'],
  ['MarketClosed', 'refused'],
  ['NotSupported', 'refused'],
  ['OrderNotFound', 'absent'],
  ['DuplicateOrderId', 'unknown'],
  ['ExchangeError', 'unknown'],
  ['RequestTimeout', 'unknown'],
  ['NetworkError', 'unknown'],
  ['ExchangeNotAvailable', 'unknown'],
  ['OnMaintenance', 'unknown'],
  ['DDoSProtection', 'unknown'],
  ['RateLimitExceeded', 'unknown'],
  ['InvalidNonce', 'unknown'],
  ['BadResponse', 'unknown'],
  ['NullResponse', 'unknown'],
])('%s: %s', (name, verdict) => {
  const ErrorOfCcxt = errors[name];
  if (!ErrorOfCcxt) throw new Error(`ccxt has no ${name}`);
  expect(verdictOf(new ErrorOfCcxt('x'))).toBe(verdict);
});

test('what is no error of ccxt says nothing', () => {
  for (const thrown of [new TypeError('x'), new Error('x'), 'x', null, undefined]) {
    expect(verdictOf(thrown)).toBe('unknown');
  }
});

test('a reason is one short line without the signed part of an address', () => {
  const url = 'https://api.binance.com/api/v3/order?symbol=LTCUSDT&signature=abcdef';
  const reason = reasonOf(new Error(`binance GET ${url} request\ntimed out ${'x'.repeat(500)}`));
  expect(reason).not.toMatch(/signature|\n/);
  expect(reason).toContain('https://api.binance.com/api/v3/order request timed out');
  expect(reason.length).toBeLessThanOrEqual(300);
});

test('every exchange with orders is one that ccxt knows', () => {
  for (const exchange of exchangesWithOrders()) expect(isKnownExchange(exchange)).toBe(true);
  expect(abilityOf('constructor')).toBe(null);
});
