// The acceptance list of wire/xpay.md: signing in, the account, the password, lines 1 to 10.

import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shell } from '../../../src/merchants/staff-log.ts';
import { type Json, type Till, multipart, openTill, password, urlencoded } from './till.ts';

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till.close());

const logIn = (body: unknown, path = 'auth/login/') => till.post(path, body, { as: null });

describe('signing in', () => {
  it('acceptance 1: the right pair gets key and token, with and without the slash', async () => {
    const { email, token } = till.manager;
    for (const path of ['auth/login/', 'auth/login']) {
      const { status, json, headers } = await logIn({ email, password }, path);
      expect(status).toBe(200);
      expect(json).toEqual({ key: token, token });
      expect(token).toMatch(/^[0-9a-f]{40}$/);
      expect(headers.location).toBeUndefined();
    }
    expect((await logIn({ email: email.toUpperCase(), password })).status).toBe(200);
    const ignored = await till.post('auth/login/', { email, password }, { as: 'nonsense' });
    expect(ignored.status).toBe(200);
  });

  it('acceptance 2: a wrong pair is one answer, whatever was wrong', async () => {
    const { email } = await till.person();
    const wrong = await logIn({ email, password: 'wrong' });
    expect(wrong.status).toBe(400);
    expect(wrong.json).toMatchObject({
      code: 2002,
      field: 'non_field_errors',
      non_field_errors: ['Unable to log in with provided credentials.'],
    });
    expect(wrong.json).not.toHaveProperty('key');
    const unknown = await logIn({ email: 'nobody@example.com', password: 'wrong' });
    expect(unknown.text).toBe(wrong.text);
    const disabled = await till.person();
    await till.app.users.change(disabled.user.id, { active: false }, shell);
    expect((await logIn({ email: disabled.email, password })).text).toBe(wrong.text);
  });

  it('acceptance 3: missing and empty members', async () => {
    const missing = await logIn({});
    expect(missing.status).toBe(400);
    expect(missing.json).toMatchObject({
      code: 5002,
      field: 'email, password',
      email: ['This field is required.'],
      password: ['This field is required.'],
    });
    const empty = await logIn({ email: '', password: 'x' });
    expect([empty.status, empty.json.code, empty.json.field]).toEqual([400, 5001, 'email']);
  });

  it('acceptance 4: the sixth failure in a row is 429', async () => {
    const { email } = await till.person();
    for (let failure = 1; failure <= 5; failure += 1) {
      expect((await logIn({ email, password: 'wrong' })).status).toBe(400);
    }
    const { status, json, headers } = await logIn({ email, password: 'wrong' });
    expect([status, json.code, json.field]).toEqual([429, 429, 'all']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('a second factor', () => {
  it('is asked for here too, as the member otp; without it the pair is wrong', async () => {
    const { email, user, token } = await till.person();
    const { secondFactor } = till.app.people;
    const begun = await secondFactor.enable(user.id, shell);
    const code = () =>
      generateSync({ secret: begun?.secret ?? '', epoch: till.clock.at.getTime() / 1_000 });
    await secondFactor.confirm(user.id, code(), shell);
    till.wait(60);
    const without = await logIn({ email, password });
    expect([without.status, without.json.code]).toEqual([400, 2002]);
    expect((await logIn({ email, password, otp: '000000' })).text).toBe(without.text);
    expect((await logIn({ email, password, otp: code() })).json).toEqual({ key: token, token });
    expect((await till.get('users/', { as: token })).json).toHaveProperty('user_info.twofa', true);
  });
});

describe('the account', () => {
  it('acceptance 5: a manager', async () => {
    const { status, json } = await till.get('users/', {
      headers: { 'content-type': 'application/json' },
    });
    expect(status).toBe(200);
    const { number, email } = till.manager.user;
    const person = {
      id: number,
      username: email,
      first_name: 'Example',
      last_name: 'User',
      email,
      is_active: true,
      twofa: false,
      manager: true,
      groups: ['Commerce Admin'],
    };
    const place = { id: number, commerce: till.merchant.shopId };
    expect(json).toEqual({
      user_info: person,
      commerce: {
        id: till.merchant.shopId,
        email: 'commerce@example.com',
        name: 'Test shop',
        dni: '0000000000',
        active: true,
        status: 'verifying',
        fiat_withdraw: false,
        document_type: { name: 'N.I.T.', country: 'CO' },
      },
      user: person,
      profile: { language: 'es', phone: null, country: 'CO' },
      manager: place,
      commercemanager: place,
      commerceuser: null,
      groups: ['Commerce Admin'],
    });
  });

  it('shows a terminal, and a person without a commerce', async () => {
    const terminal = await till.get('users/', { as: till.terminal.token });
    const place = { id: till.terminal.user.number, commerce: till.merchant.shopId };
    expect(terminal.json).toMatchObject({
      user_info: { manager: false, groups: ['Commerce Terminal'] },
      manager: null,
      commercemanager: null,
      commerceuser: place,
    });
    const operator = await till.person({ merchantId: null, role: 'operator' });
    const alone = await till.get('users/', { as: operator.token });
    expect(alone.json).toMatchObject({ commerce: null, manager: null, groups: [] });
  });

  it('acceptance 6: no header, another scheme, a wrong token', async () => {
    const none = await till.get('users/', { as: null });
    expect(none.status).toBe(401);
    expect(none.headers['www-authenticate']).toBe('Token');
    expect(none.json).toMatchObject({
      code: 3003,
      field: 'all',
      detail: 'Authentication credentials were not provided.',
    });
    expect(none.json).not.toHaveProperty('user_info');
    const authorization = `Bearer ${till.manager.token}`;
    const bearer = await till.get('users/', { as: null, headers: { authorization } });
    expect([bearer.status, bearer.text]).toEqual([401, none.text]);
    for (const wrong of ['0'.repeat(40), 'x', '', 'a b', 'ä', `${till.manager.token}0`]) {
      const { status, json, headers } = await till.get('users/', { as: wrong });
      expect([status, json.detail]).toEqual([401, 'Invalid token.']);
      expect(headers['www-authenticate']).toBe('Token');
    }
  });

  it('acceptance 7: the scheme in any case; a disabled terminal is 403', async () => {
    for (const scheme of ['token', 'TOKEN', 'ToKeN']) {
      const authorization = `${scheme} ${till.manager.token}`;
      const { status } = await till.get('users/', { as: null, headers: { authorization } });
      expect(status).toBe(200);
    }
    const { user, token } = await till.person({ role: 'terminal' });
    await till.app.users.change(user.id, { active: false }, shell);
    const { status, json } = await till.get('users/', { as: token });
    expect([status, json.code, json.detail]).toEqual([403, 3003, 'User inactive or deleted.']);
  });
});

const change = (old_password: string, new_password: string, again = new_password) => ({
  old_password,
  new_password,
  new_password_confirmation: again,
});
const codesOf = (json: Json) => (json.errors as Json[]).map(({ code }) => code);

describe('the password', () => {
  it('acceptance 8: POST, PUT and PATCH in three formats; the old token still works', async () => {
    const { token, email } = await till.person();
    const as = token;
    const steps = [
      ['POST', multipart(change(password, 'Second2?pass'))],
      ['PUT', { body: change('Second2?pass', 'Third33?pass') }],
      ['PATCH', urlencoded(change('Third33?pass', 'Fourth4?pass'))],
    ] as const;
    for (const [method, request] of steps) {
      const { status, json } = await till.call(method, 'password/', { ...request, as });
      expect([status, json]).toEqual([200, { message: 'Password Changed' }]);
    }
    expect((await till.get('users/', { as })).status).toBe(200);
    expect((await logIn({ email, password })).status).toBe(400);
    expect((await logIn({ email, password: 'Fourth4?pass' })).json.key).toBe(token);
    expect((await till.call('PUT', 'password/', { as: null, body: {} })).json.code).toBe(3003);
  });

  it('acceptance 9: every failing rule is told', async () => {
    const { token: as } = await till.person();
    const ask = async (body: unknown) => (await till.post('password/', body, { as })).json;
    const short = await ask(change(password, 'abc'));
    expect(codesOf(short)).toEqual([5003, 5021, 5022, 5023]);
    expect([short.code, short.field]).toEqual([5003, 'new_password']);
    expect(codesOf(await ask(change(password, `Aa1?${'x'.repeat(49)}`)))).toEqual([5004]);
    expect(codesOf(await ask(change(password, 'AAAAAAA1?')))).toEqual([5020]);
    const differs = await ask(change(password, 'Good1?pass', 'Other1?pass'));
    expect([differs.code, differs.field]).toEqual([2002, 'new_password_confirmation']);
    const missing = await ask({ old_password: '', new_password: 'x' });
    expect([missing.code, missing.field]).toEqual([5002, 'new_password_confirmation']);
    expect(codesOf(missing)).toEqual([5002, 5001]);
    const both = await ask(change('wrong', 'abc', 'abd'));
    expect(codesOf(both)).toEqual([2002, 2002, 5003, 5021, 5022, 5023]);
    expect(both.field).toBe('old_password');
    const old = await ask(change('wrong', 'Good1?pass'));
    expect([codesOf(old), old.field]).toEqual([[2002], 'old_password']);
  });

  it('acceptance 10: characters are code points, and ¿ is one of the symbols', async () => {
    const { token: as } = await till.person();
    const next = await till.post('password/', change(password, 'Ab1¿xxxx'), { as });
    expect(next.status).toBe(200);
    const wide = `Aa1?${'😀'.repeat(48)}`;
    expect((await till.post('password/', change('Ab1¿xxxx', wide), { as })).status).toBe(200);
    const wider = await till.post('password/', change(wide, `${wide}😀`), { as });
    expect(codesOf(wider.json)).toEqual([5004]);
  });
});
