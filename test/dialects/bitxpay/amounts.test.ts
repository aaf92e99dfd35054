// Amounts as they come from the wire, catalogue group C1: what is money and what is not.

import { describe, expect, it } from 'vitest';
import { issues, readCreateFields } from '../../../src/dialects/bitxpay/create-fields.ts';
import { readJsonObject } from '../../../src/dialects/body.ts';
import { createBody, merchantKey } from './shop.ts';

const rules = { merchantKey, acceptWebhookUrl: false };

/** `literal` is the JSON text that stands where the amount stands. */
function read(literal: string, currency = 'USD') {
  const whole = { ...createBody, order_currency: currency, order_amount: '@' };
  const text = JSON.stringify(whole).replace('"@"', literal);
  const body = readJsonObject(Buffer.from(text));
  if (body === null) return 'not JSON';
  const fields = readCreateFields(body, rules);
  return Array.isArray(fields) ? (fields[0]?.issue ?? 'none') : fields.units;
}

describe('amounts that are money', () => {
  it.each([
    ['12.5', 'USD', 1250n],
    ['12.50', 'USD', 1250n],
    ['12.500000', 'USD', 1250n],
    ['0.01', 'USD', 1n],
    ['1e2', 'USD', 10_000n],
    ['1.25E1', 'USD', 1250n],
    ['1250e-2', 'USD', 1250n],
    ['10.00000000000000000000', 'USD', 1000n],
    ['1000', 'JPY', 1000n],
    ['1000.0', 'JPY', 1000n],
    ['1.234', 'BHD', 1234n],
    ['1.2345', 'CLF', 12_345n],
    ['0.1', 'GBP', 10n],
    ['9999999999999.99', 'USD', 999_999_999_999_999n],
    ['"10.5"', 'USD', 1050n],
    ['"10.500"', 'USD', 1050n],
    ['"0.01"', 'USD', 1n],
    ['"9999999999999.99"', 'USD', 999_999_999_999_999n],
  ])('%s %s', (literal, currency, units) => {
    expect(read(literal, currency)).toBe(units);
  });
});

describe('amounts that are not', () => {
  it.each([
    ['0', issues.positive],
    ['-0', issues.positive],
    ['0.00', issues.positive],
    ['-5', issues.positive],
    ['-0.001', issues.positive],
    ['-1e400', issues.positive],
    ['"0"', issues.positive],
    ['"-5"', issues.positive],
    ['"-0"', issues.positive],
    ['0.001', issues.decimals],
    ['1.005', issues.decimals],
    ['12.345678', issues.decimals],
    ['1e-7', issues.decimals],
    ['10.0000000000000001', issues.decimals],
    ['"0.001"', issues.decimals],
    ['"12.345"', issues.decimals],
    ['1e400', issues.digits],
    ['1e-400', issues.digits],
    ['1e21', issues.digits],
    ['12345678901234567890', issues.digits],
    ['9007199254740993', issues.digits],
    ['1234567890123456', issues.digits],
    ['123456789012345678.25', issues.digits],
    ['"1234567890123456"', issues.digits],
    ['true', issues.number],
    ['false', issues.number],
    ['[]', issues.number],
    ['[10]', issues.number],
    ['{}', issues.number],
    ['{"valueOf":1}', issues.number],
    ['"abc"', issues.number],
    ['"NaN"', issues.number],
    ['"Infinity"', issues.number],
    ['"1e3"', issues.number],
    ['"0x10"', issues.number],
    ['"1,50"', issues.number],
    ['"1,000.00"', issues.number],
    ['"1 000"', issues.number],
    ['" 10"', issues.number],
    ['"10 "', issues.number],
    ['"+5"', issues.number],
    ['"5."', issues.number],
    ['".5"', issues.number],
    ['"007"', issues.number],
    ['"１０"', issues.number],
    ['"٥"', issues.number],
    ['"10\\u0000"', issues.number],
    ['"1.2.3"', issues.number],
    ['"--5"', issues.number],
    ['"$5"', issues.number],
    ['null', issues.required],
    ['""', issues.required],
    ['NaN', 'not JSON'],
    ['Infinity', 'not JSON'],
    ['1,5', 'not JSON'],
    ['01', 'not JSON'],
    ['+1', 'not JSON'],
    ['.5', 'not JSON'],
    ['5.', 'not JSON'],
    ['0x10', 'not JSON'],
    ['1_000', 'not JSON'],
  ])('%s', (literal, issue) => {
    expect(read(literal)).toBe(issue);
  });

  it.each([
    ['1000.5', 'JPY', issues.decimals],
    ['1.2345', 'BHD', issues.decimals],
    ['1.23456', 'CLF', issues.decimals],
    ['1.5', 'XAU', issues.currency],
    ['1.5', 'XXX', issues.currency],
    ['1.5', 'BTC', issues.currency],
    ['1.5', 'us$', issues.currency],
    ['1.5', 'Usd', issues.currency],
    ['1.5', 'USDT', issues.currency],
    ['1.5', ' USD', issues.currency],
    ['1.5', 'ÜSD', issues.currency],
  ])('%s %s', (literal, currency, issue) => {
    expect(read(literal, currency)).toBe(issue);
  });
});
