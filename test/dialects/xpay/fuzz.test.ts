// Anything at all, in any field, query and path: an answer below 500 in the vendor's form.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAmount } from '../../../src/dialects/xpay/amounts.ts';
import { readDay } from '../../../src/dialects/xpay/dates.ts';
import { faultsOf } from '../../../src/dialects/xpay/password.ts';
import { type Json, type Till, createBody, openTill, password } from './till.ts';

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till.close());

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.double(),
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }).map(String),
  fc.constantFrom('10.5', '1e9', 'COC', 'btc', 1, 100, 'https://a.b', '\0', '\ud800', '', null),
);
const names = (known: readonly string[]) => fc.constantFrom(...known, '__proto__', 'constructor');
const encoded = fc
  .string({ unit: 'binary', maxLength: 60 })
  .map((text) => encodeURIComponent(text.toWellFormed()));

function expectAnswer(status: number, json: Json, good: number): void {
  if (status === good) return;
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(json).toMatchObject({ code: expect.any(Number), field: expect.any(String) });
  expect(json.error).toBe(json.detail);
  for (const name of ['id', 'user_info', 'available_currencies', 'key', 'token']) {
    expect(json).not.toHaveProperty(name);
  }
}

describe('any body', () => {
  it('of a create', async () => {
    const fields = names(Object.keys(createBody));
    const change = fc.dictionary(fields, anything, { maxKeys: 4 });
    const property = fc.asyncProperty(change, fc.boolean(), async (changes, newer) => {
      const path = newer ? 'transactions/create/' : 'transactions';
      const { status, json } = await till.post(path, { ...createBody, ...changes });
      expectAnswer(status, json, 201);
    });
    await fc.assert(property, { numRuns: 1_000 });
  });

  it('of a password change and of a sign-in that cannot succeed', async () => {
    const fields = names(['new_password', 'new_password_confirmation', 'email', 'otp']);
    const change = fc.dictionary(fields, anything, { maxKeys: 4 });
    const property = fc.asyncProperty(change, async (changes) => {
      // No text: nothing is hashed, so that the property stays quick.
      const body = { old_password: 1, password: '', ...changes };
      const changed = await till.post('password/', body);
      expectAnswer(changed.status, changed.json, 0);
      const signed = await till.post('auth/login/', body, { as: null });
      expectAnswer(signed.status, signed.json, 0);
    });
    await fc.assert(property, { numRuns: 500 });
  });

  it('of random bytes, whatever they are said to be', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
      fc.constantFrom('--x\r\n', '--x--', '\r\n\r\n', 'Content-Disposition: ').map(Buffer.from),
    );
    const chunks = fc.array(bytes, { maxLength: 5 }).map((parts) => Buffer.concat(parts));
    const type = fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'multipart/form-data; boundary=',
      'text/plain',
    );
    const property = fc.asyncProperty(chunks, type, async (raw, contentType) => {
      const headers = { 'content-type': contentType };
      const { status, json } = await till.post('transactions/', undefined, { raw, headers });
      expectAnswer(status, json, 0);
    });
    await fc.assert(property, { numRuns: 1_000 });
  });
});

describe('any query and path', () => {
  it('is answered below 500', async () => {
    const query = fc.array(
      fc.tuple(fc.constantFrom('status', 'from', 'to', 'user', 'limit', 'offset'), encoded),
      { maxLength: 4 },
    );
    await till.set({ listPaging: true });
    const property = fc.asyncProperty(query, encoded, encoded, async (pairs, one, other) => {
      const text = pairs.map(([name, value]) => `${name}=${value}`).join('&');
      const list = await till.get(`transactions/?${text}`);
      expectAnswer(list.status, list.json, 200);
      const read = await till.get(`transactions/${one}/`);
      expectAnswer(read.status, read.json, 200);
      const cancelled = await till.post(`transactions/cancel/${one}/`);
      expectAnswer(cancelled.status, cancelled.json, 200);
      const coins = await till.get(`transactions/available/currencies/${one}/${other}/`);
      expectAnswer(coins.status, coins.json, 200);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('and any header', async () => {
    const text = fc.string({ unit: fc.constantFrom(...' ,;=*/qQtT0.1"\\abcdé'), maxLength: 40 });
    const property = fc.asyncProperty(text, text, text, async (accept, scheme, key) => {
      const authorization = `${scheme} ${till.manager.token}`;
      const headers = { accept, authorization, 'idempotency-key': key };
      const { status, json } = await till.post('transactions/', {}, { as: null, headers });
      expectAnswer(status, json, 0);
    });
    await fc.assert(property, { numRuns: 300 });
  });
});

describe('the readers of texts', () => {
  it('amounts: half up to two decimals, exactly', () => {
    const units = fc.bigInt({ min: 1n, max: 10n ** 17n - 1n });
    const rest = fc.bigInt({ min: 0n, max: 999n });
    const property = fc.property(units, rest, (hundredths, thousandths) => {
      const digits = hundredths.toString().padStart(3, '0');
      const whole = `${digits.slice(0, -2)}.${digits.slice(-2)}`;
      const text = `${whole}${thousandths.toString().padStart(3, '0')}`;
      expect(readAmount(text, 'COP')).toBe(hundredths + (thousandths >= 500n ? 1n : 0n));
      expect(readAmount(whole, 'KWD')).toBe(hundredths * 10n);
    });
    fc.assert(property);
  });

  it('days: the same day back, with any offset', () => {
    const minutes = fc.integer({ min: -14 * 60, max: 14 * 60 });
    const from = new Date('1970-01-01T00:00:00Z');
    const date = fc.date({ min: from, max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true });
    const property = fc.property(date, minutes, (at, offset) => {
      const day = at.toISOString().slice(0, 10);
      const size = Math.abs(offset);
      const time = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, '0'));
      const found = readDay(`${day}${offset < 0 ? '-' : '+'}${time.join(':')}`);
      const local = new Date((found?.first.getTime() ?? 0) + offset * 60_000);
      expect(local.toISOString()).toBe(`${day}T00:00:00.000Z`);
      expect(Number(found?.last) - Number(found?.first)).toBe(24 * 60 * 60 * 1_000 - 1);
    });
    fc.assert(property);
  });

  it('passwords: no fault means that every rule is kept', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 });
    fc.assert(
      fc.property(text, (extra) => {
        const fresh = `Aa1?${extra}`;
        const length = [...fresh].length;
        const codes = faultsOf(fresh, fresh).map(({ code }) => code);
        expect(codes).toEqual(length < 8 ? [5003] : length > 52 ? [5004] : []);
      }),
    );
    expect(faultsOf(password, password)).toEqual([]);
  });
});
