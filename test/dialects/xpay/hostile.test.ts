// What no client should send and somebody will: wrong types, wrong bytes, too much of everything.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Json,
  type Till,
  createBody,
  multipart,
  openTill,
  password,
  root,
  urlencoded,
} from './till.ts';

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till.close());

const json = { 'content-type': 'application/json' };
const sell = (change: Json) => till.post('transactions/', { ...createBody, ...change });
const raw = (text: string | Buffer, type = 'application/json', path = 'transactions/') =>
  till.post(path, undefined, { raw: text, headers: { 'content-type': type } });

const oddities: unknown[] = [
  true,
  false,
  [],
  ['BTC'],
  {},
  { a: 1 },
  1.5,
  -1,
  1e300,
  '\0',
  '\ud800',
  'x'.repeat(5_000),
  '１',
  'null',
  ' ',
  '\r\nX-Injected: 1',
  '__proto__',
];

describe('wrong values', () => {
  const expected: Record<string, number> = {
    src_currency: 3015,
    tgt_currency: 3017,
    amount: 3021,
    exchange_id: 3019,
    callback: 3014,
    fiat_withdraw: 2002,
  };
  it.each(Object.entries(expected))('in %s are code %d', async (field, code) => {
    const wrong = field === 'amount' ? oddities.filter((one) => one !== 1.5) : oddities;
    for (const value of wrong) {
      const { status, json: body } = await sell({ [field]: value });
      expect([value, status, body.code, body.field]).toEqual([value, 400, code, field]);
    }
  });

  it('numbers that no double holds', async () => {
    const text = (number: string, field = 'amount') =>
      JSON.stringify({ ...createBody, [field]: 'NUMBER' }).replace('"NUMBER"', number);
    const exact = await raw(text('123456789012.344999999999999999999999'));
    expect(exact.json.amount_to_change).toBe('123456789012.34');
    expect((await raw(text('100000.50000000001'))).json.amount_to_change).toBe('100000.50');
    for (const amount of ['1e400', '-1e400', '1e-400', '1e22', '-0', '0e5']) {
      expect([amount, (await raw(text(amount))).json.code]).toEqual([amount, 3021]);
    }
    expect((await raw(text(`1${'0'.repeat(30)}`))).json.code).toBe(3021);
    expect((await raw(text('1000000000000000'))).json.code).toBe(3023);
    const largest = await raw(text('999999999999999.99'));
    expect(largest.json.amount_to_change).toBe('999999999999999.99');
    expect((await raw(text('1e400', 'exchange_id'))).json.code).toBe(3019);
    expect((await raw(text('1e2', 'fiat_withdraw'))).json.fiat_withdraw).toBe('100');
  });

  it('callbacks: only absolute web addresses, kept to the letter', async () => {
    const wrong = [
      'ftp://shop.example.com/',
      'javascript:alert(1)',
      '//shop.example.com/',
      'https://',
      'https://shop.example.com/\r\nHost: evil',
      'https://shop.example.com/ x',
      'https://shop.example.com/\0',
      `https://shop.example.com/${'x'.repeat(2_048)}`,
      'https://[::1',
    ];
    for (const callback of wrong) {
      expect([callback, (await sell({ callback })).json.code]).toEqual([callback, 3014]);
    }
    for (const callback of ['HTTP://Shop.example.com:80/%7e/../?a=%2F+"<>', 'https://ü.example/']) {
      expect((await sell({ callback })).json.callback).toBe(callback);
    }
    for (const callback of [null, '']) expect((await sell({ callback })).json.callback).toBeNull();
  });

  it('signing in', async () => {
    for (const odd of [...oddities, null, undefined]) {
      for (const body of [
        { email: odd, password },
        { email: 'a@example.com', password: odd },
        { email: 'a@example.com', password, otp: odd },
      ]) {
        const { status, json: answer } = await till.post('auth/login/', body, { as: null });
        expect([400, 429]).toContain(status);
        expect(answer).not.toHaveProperty('key');
      }
    }
  });

  it('changing the password', async () => {
    const names = ['old_password', 'new_password', 'new_password_confirmation'];
    const good = Object.fromEntries(
      names.map((name) => [name, name[0] === 'o' ? password : 'Aa1?xxxx']),
    );
    for (const name of names.slice(1)) {
      for (const odd of oddities) {
        const { token: as } = till.manager;
        const { status, json: answer } = await till.post(
          'password/',
          { ...good, [name]: odd },
          { as },
        );
        expect([odd, status]).toEqual([odd, 400]);
        expect([2002, 5003, 5004, 5020]).toContain(answer.code);
      }
    }
    const same = '\ud800Aa1?xxxx';
    const halves = { ...good, new_password: same, new_password_confirmation: same };
    expect((await till.post('password/', halves)).json.code).toBe(2002);
  });
});

describe('wrong bodies', () => {
  it.each([
    ['', 3013],
    ['{}', 3013],
    ['\ufeff{}', 3013],
    ['null', 2002],
    ['[]', 2002],
    ['"x"', 2002],
    ['1e400', 2002],
    ['{"a":', 2002],
    ["{'a':1}", 2002],
    ['a=1', 2002],
    ['{"__proto__":{"amount":1}}', 3013],
    ['['.repeat(100_000), 2002],
    [`{"a":${'['.repeat(70)}${']'.repeat(70)}}`, 2002],
    ['{"a":1}{"b":2}', 2002],
  ])('JSON %#', async (text, code) => {
    const { status, json: body } = await raw(text);
    expect([status, body.code]).toEqual([400, code]);
  });

  it('bytes that are no UTF-8', async () => {
    const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    expect((await raw(bytes)).json.code).toBe(2002);
    expect((await raw(bytes, 'application/x-www-form-urlencoded')).json.code).toBe(3013);
    expect((await raw(bytes, 'multipart/form-data; boundary=x')).json.code).toBe(2002);
  });

  it('content types', async () => {
    const text = JSON.stringify(createBody);
    for (const type of [
      'text/plain',
      'application/json; charset=utf-8',
      'application/vnd.x+json',
    ]) {
      expect([type, (await raw(text, type)).status]).toEqual([type, 201]);
    }
    const none = await till.post('transactions/', undefined, { raw: text });
    expect(none.status).toBe(201);
    for (const type of ['nonsense', 'multipart/form-data', ';', 'a/b/c', '/']) {
      const { status } = await raw(text, type);
      expect([type, status < 500]).toEqual([type, true]);
    }
    for (const type of ['application/json', 'multipart/form-data; boundary=x', 'text/plain']) {
      expect((await raw('', type)).json.code).toBe(3013);
    }
  });

  const fields = { ...createBody, amount: '100000', exchange_id: '1', fiat_withdraw: '25' };
  it('forms of both kinds create too, repeated fields count once', async () => {
    for (const form of [multipart(fields), urlencoded(fields)]) {
      const { status, json: body } = await till.post('transactions/create/', undefined, form);
      expect([status, body.fiat_withdraw, body.callback]).toEqual([201, '25', fields.callback]);
      expect(body.string_fiat_amount_to_commerce).toBe('25000.00 COC');
    }
    const twice = `${new URLSearchParams(fields).toString()}&amount=2&amount=1`;
    const { json: body } = await raw(twice, 'application/x-www-form-urlencoded');
    expect(body.amount_to_change).toBe('1.00');
  });

  it('broken forms', async () => {
    const form = 'application/x-www-form-urlencoded';
    for (const text of ['%', '%zz=%', '&&&', '=', 'amount=%ff&a=%00', '\0=\0', 'amount[]=1']) {
      expect([text, (await raw(text, form)).json.code]).toEqual([text, 3013]);
    }
    const type = 'multipart/form-data; boundary=x';
    const part = '--x\r\nContent-Disposition: form-data; name="amount"\r\n\r\n1\r\n';
    const broken = [
      '--x',
      '--x\r\n',
      part,
      `${part}--x`,
      `${part}--y--\r\n`,
      '--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n',
      '--x\r\n\r\n\r\n--x--\r\n',
      `--x\r\n${'A: b\r\n'.repeat(5_000)}\r\n1\r\n--x--\r\n`,
      part.replaceAll('\r\n', '\n'),
    ];
    for (const text of broken) {
      const { status, json: body } = await raw(text, type);
      expect([text.slice(0, 60), status, body.code]).toEqual([text.slice(0, 60), 400, 2002]);
    }
    expect((await raw(`${part}--x--\r\n`, type)).json.code).toBe(3013);
    const file = part.replace('"amount"', '"amount"; filename="a.txt"');
    const upload = await raw(`${file}--x--\r\n`, type);
    expect(upload.json.field).toBe('src_currency, tgt_currency, exchange_id');
  });

  it('forms longer than any form of this API', async () => {
    const long = { ...fields, padding: 'x'.repeat(70_000) };
    for (const form of [multipart(long), urlencoded(long)]) {
      expect((await till.post('transactions/', undefined, form)).json.code).toBe(2002);
    }
    const text = JSON.stringify(long);
    expect((await till.post('transactions/', undefined, { raw: text, headers: json })).status).toBe(
      201,
    );
  });
});

describe('wrong paths and headers', () => {
  it('are answered in the vendor’s form, without a redirect', async () => {
    const unknown = [
      'transactions//',
      'users//',
      'auth/',
      'auth/login/x',
      'transactions/1/2/',
      'transactions/available/currencies/1/',
      'transactions/available/currencies/1/COC/x',
      'countries/AR',
      'transactions/cancel/1/x/',
    ];
    for (const path of unknown) {
      const { status, json: body, headers } = await till.get(path, { as: null });
      expect([path, status, body.code, body.field]).toEqual([path, 404, 404, 'all']);
      expect(headers.location).toBeUndefined();
      expect(headers['www-authenticate']).toBeUndefined();
    }
  });

  it('idempotency keys', async () => {
    const create = (key: string, change: Json = {}, more: { as?: string; path?: string } = {}) => {
      const { path = 'transactions/', ...rest } = more;
      const headers = { 'idempotency-key': key };
      return till.post(path, { ...createBody, ...change }, { headers, ...rest });
    };
    const first = await create('one');
    const again = await create('one');
    expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
    expect((await create('one', { amount: 5 })).status).toBe(422);
    expect((await create('one', {}, { path: 'transactions/create/' })).status).toBe(422);
    const colleague = await create('one', {}, { as: till.terminal.token });
    expect([colleague.status, colleague.json.id === first.json.id]).toEqual([201, false]);
    for (const key of ['', 'ä', 'x'.repeat(256), ' x', 'x\u0007']) {
      const { status, json: body } = await create(key);
      expect([key, status, body.code]).toEqual([key, 400, 2002]);
    }
    const form = { ...createBody, amount: '5', exchange_id: '1', fiat_withdraw: '0' };
    const headers = { 'idempotency-key': 'form' };
    const sent = [multipart(form), urlencoded(form)].map((request) => ({
      ...request,
      headers: { ...request.headers, ...headers },
    }));
    const answers = [];
    for (const request of sent) answers.push(await till.post('transactions/', undefined, request));
    expect(answers[0]?.status).toBe(201);
    expect(answers[1]?.text).toBe(answers[0]?.text);
  });

  it('days at both ends of the calendar', async () => {
    for (const day of ['0000-01-01', '0000-01-01%2B23:59', '9999-12-31-23:59']) {
      expect((await till.get(`transactions/?from=${day}`)).status).toBe(200);
      expect((await till.get(`transactions/?to=${day}`)).status).toBe(200);
    }
  });

  it('a body where none belongs is ignored', async () => {
    const { id } = await till.sell();
    const cancelled = await till.post(`transactions/cancel/${id}/`, undefined, {
      raw: '{',
      headers: json,
    });
    expect(cancelled.status).toBe(200);
    const read = await till.get('users/', { headers: { 'content-type': 'nonsense' } });
    expect(read.status).toBe(200);
  });
});

describe('over a real connection', () => {
  it('empty bodies, chunked bodies and large ones', async () => {
    const origin = await till.server.listen({ host: '127.0.0.1', port: 0 });
    const authorization = `Token ${till.manager.token}`;
    const headers = { authorization, ...json };
    const ask = async (method: string, path: string, body?: ReadableStream) => {
      const more = body ? { duplex: 'half' } : {};
      const request = { method, headers, redirect: 'manual', ...(body ? { body } : {}), ...more };
      const answer = await fetch(`${origin}${root}${path}`, request as RequestInit);
      return { status: answer.status, json: (await answer.json()) as Json };
    };
    const { id } = await till.sell();
    expect((await ask('POST', `transactions/cancel/${id}/`)).status).toBe(200);
    expect((await ask('GET', 'users')).status).toBe(200);
    expect((await ask('POST', 'transactions/')).json.code).toBe(3013);
    const text = new Blob([JSON.stringify(createBody)]);
    expect((await ask('POST', 'transactions/', text.stream())).status).toBe(201);
    const large = new Blob(['x'.repeat(2 * 1024 * 1024)]);
    expect((await ask('POST', 'transactions/', large.stream())).json.code).toBe(413);
  });

  it('is described in /docs', async () => {
    const { json: document } = await till.call('GET', '/docs/xpay.json', { as: null });
    expect(Object.keys(document.paths as object)).toContain(
      '/api/v1/transactions/available/currencies/{amount}/{currency}',
    );
  });
});
