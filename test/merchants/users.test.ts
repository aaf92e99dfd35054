// Users: made, changed, disabled; their tokens and passwords; what is written down about it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPeople } from '../../src/merchants/people.ts';
import { newPassword } from '../../src/merchants/passwords.ts';
import { shell } from '../../src/merchants/staff-log.ts';
import { EmailTaken, type NewUser, UserRefused } from '../../src/merchants/users.ts';
import { type House, createHouse, home } from './house.ts';

let house: House;

beforeAll(async () => {
  house = await createHouse();
});

afterAll(() => house.close());

const noId = '0198c0de-0000-7000-8000-000000000000';

describe('making', () => {
  test('found by token, number, id and e-mail, and listed with the merchant', async () => {
    const { user, token } = await house.person({ firstName: 'Ana', phone: '+57 1', country: 'CO' });
    expect(user).toMatchObject({ firstName: 'Ana', lastName: '', language: 'en', active: true });
    const { byToken, byNumber, byId, byEmail, list } = house.users;
    expect(await byToken(token)).toEqual(user);
    expect(await byNumber(user.number)).toEqual(user);
    expect(await byId(user.id)).toEqual(user);
    expect(await byEmail(user.email.toUpperCase())).toEqual(user);
    expect(await list(house.merchant.id)).toContainEqual(user);
    expect(await list(noId)).toEqual([]);
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 31, 2 ** 53, 999_999])(
    'no number: %d',
    async (number) => {
      expect(await house.users.byNumber(number)).toBe(null);
    },
  );

  test('one e-mail, one person; also when two are made at the same moment', async () => {
    const email = 'twice@shop.example.com';
    const made = await Promise.allSettled([
      house.person({ email }),
      house.person({ email: 'TWICE@shop.example.com' }),
    ]);
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const failed = made.find(({ status }) => status === 'rejected');
    expect(failed).toMatchObject({ reason: expect.any(EmailTaken) });
  });

  test.each<[string, Partial<NewUser>]>([
    ['no e-mail', { email: 'shop.example.com' }],
    ['two in one', { email: 'a@b@c' }],
    ['one with a space', { email: 'a b@shop.example.com' }],
    ['one with a line break', { email: 'a@shop.example.com\nx' }],
    ['a very long one', { email: `${'x'.repeat(251)}@b.c` }],
    ['a country of three letters', { country: 'COL' }],
    ['a name with a NUL', { firstName: 'A\0' }],
    ['a name without end', { lastName: 'x'.repeat(101) }],
    ['an operator of a merchant', { role: 'operator' }],
  ])('refused: %s', async (_, change) => {
    const before = (await house.users.list()).length;
    await expect(house.person(change)).rejects.toThrow(UserRefused);
    expect(await house.users.list()).toHaveLength(before);
  });

  test('what is given beside the known members is not taken', async () => {
    const extra = { id: noId, number: 4_711, active: false, secondFactor: true, tokenHash: 'x' };
    const { user } = await house.person({ ...extra } as Partial<NewUser>);
    expect(user).toMatchObject({ active: true, secondFactor: false });
    expect([user.id, user.number]).not.toContain(noId);
    expect(user.number).not.toBe(4_711);
  });
});

describe('tokens', () => {
  test.each([
    ['', 'nothing'],
    ['0'.repeat(40), 'zeros'],
    ['g'.repeat(40), 'no hexadecimal digits'],
    ['0'.repeat(39), 'too short'],
    ['0'.repeat(41), 'too long'],
    ['0'.repeat(20) + '\0'.repeat(20), 'NULs'],
  ])('%j is nobody’s (%s)', async (token) => {
    expect(await house.users.byToken(token)).toBe(null);
  });

  test('capitals are another token', async () => {
    const { token } = await house.person();
    const other = token.toUpperCase();
    expect(other === token ? null : await house.users.byToken(other)).toBe(null);
  });

  test('each person has another, and the server’s key decides which', async () => {
    const [one, other] = [await house.person(), await house.person()];
    expect(one.token).not.toBe(other.token);
    const people = createPeople({ ...house, secretKey: Buffer.alloc(32, 7) });
    // Programs keep what they have; but it cannot be told again.
    expect(await people.users.byToken(one.token)).toEqual(one.user);
    await expect(people.users.tokenOf(one.user)).rejects.toThrow('another SECRET_KEY');
    const claim = { email: one.email, password: one.password, address: home };
    await expect(people.signIn(claim)).rejects.toThrow('another SECRET_KEY');
    await people.close();
  });

  test('the same after sign-in, after a change of the password and of the person', async () => {
    const { user, token, email, password } = await house.person();
    await house.users.changePassword(user, password, 'Another1%');
    await house.users.change(user.id, { firstName: 'B' }, shell);
    const signedIn = await house.signIn({ email, password: 'Another1%', address: home });
    expect(signedIn).toMatchObject({ kind: 'ok', token });
    expect(await house.users.tokenOf(user)).toBe(token);
    expect(await house.users.byToken(token)).toMatchObject({ id: user.id, firstName: 'B' });
  });

  test('rotated: the old one is nobody’s at once, the new one stays', async () => {
    const { user, token, email, password } = await house.person();
    expect(await house.users.byToken(token)).toEqual(user);
    const fresh = await house.users.rotateToken(user.id, shell);
    expect(fresh).not.toBe(token);
    expect(await house.users.byToken(token)).toBe(null);
    expect(await house.users.byToken(fresh)).toEqual(user);
    const signedIn = await house.signIn({ email, password, address: home });
    expect(signedIn).toMatchObject({ kind: 'ok', token: fresh });
  });

  test('rotated eight times at once: eight generations, the last counts alone', async () => {
    const { user } = await house.person();
    const all = await Promise.all(
      Array.from({ length: 8 }, () => house.users.rotateToken(user.id, shell)),
    );
    expect(new Set(all).size).toBe(8);
    const valid = await Promise.all(all.map((token) => house.users.byToken(token)));
    expect(valid.filter((found) => found !== null)).toHaveLength(1);
  });

  test('a hundred questions at once, then disabled: the next answer says so', async () => {
    const { user, token } = await house.person();
    const questions = Array.from({ length: 100 }, () => house.users.byToken(token));
    const change = house.users.change(user.id, { active: false }, shell);
    const found = await Promise.all(questions);
    expect(found.every((one) => one?.id === user.id)).toBe(true);
    await change;
    expect(await house.users.byToken(token)).toMatchObject({ active: false });
  });
});

describe('passwords', () => {
  test('changed by whoever knows the present one', async () => {
    const { user, email, password } = await house.person();
    expect(await house.users.changePassword(user, 'wrong', 'Another1%')).toBe('wrong');
    expect(await house.users.changePassword(user, password, 'Another1%')).toBe('changed');
    expect(await house.signIn({ email, password, address: home })).toEqual({ kind: 'refused' });
    expect(await house.users.hasPassword(user.id, 'Another1%')).toBe(true);
  });

  test('changed twice at the same moment: the second is wrong by then', async () => {
    const { user, password } = await house.person();
    const answers = await Promise.all([
      house.users.changePassword(user, password, 'Another1%'),
      house.users.changePassword(user, password, 'Another2%'),
    ]);
    expect(answers.sort()).toEqual(['changed', 'wrong']);
  });

  test('a found token is no place to guess the password at', async () => {
    const { user, password, email } = await house.person();
    for (let index = 0; index < 5; index += 1) {
      expect(await house.users.changePassword(user, 'wrong', 'Another1%')).toBe('wrong');
    }
    const sixth = house.users.changePassword(user, password, 'Another1%');
    await expect(sixth).rejects.toMatchObject({ name: 'Overloaded' });
    const question = house.users.hasPassword(user.id, password);
    await expect(question).rejects.toMatchObject({ name: 'Overloaded' });
    // And no way to lock its owner out.
    expect(await house.signIn({ email, password, address: home })).toMatchObject({ kind: 'ok' });
    house.wait(900);
    expect(await house.users.changePassword(user, password, 'Another1%')).toBe('changed');
  });

  test('twelve right ones at once are all right', async () => {
    const { user, password } = await house.person();
    const questions = Array.from({ length: 12 }, () => house.users.hasPassword(user.id, password));
    expect(new Set(await Promise.all(questions))).toEqual(new Set([true]));
  });

  test('made up: 500 of them satisfy every rule of wire/xpay.md 3.3, no two are the same', () => {
    const made = Array.from({ length: 500 }, () => newPassword());
    for (const password of made) {
      expect([...password].length).toBe(20);
      for (const kind of [/[a-z]/, /[A-Z]/, /\d/, /[%&*#@!¡?¿+$_-]/])
        expect(password).toMatch(kind);
      expect(password).toMatch(/^[A-Za-z0-9%&*#@!+$_-]+$/);
    }
    expect(new Set(made).size).toBe(500);
  });
});

describe('what is written down', () => {
  test('every act, who did it, from where, and no secret', async () => {
    const boss = await house.person();
    const actor = { userId: boss.user.id, address: home };
    const { user, token, email, password } = await house.person();
    await house.users.change(user.id, { active: false, firstName: 'Eve' }, actor);
    await house.users.change(user.id, { active: true, firstName: 'Eve' }, actor);
    await house.users.resetPassword(user.id, 'Another1%', actor);
    await house.users.changePassword(user, 'Another1%', password, home);
    const fresh = await house.users.rotateToken(user.id, actor);
    await house.signIn({ email, password, address: home });
    await house.signIn({ email, password, address: home });
    const actions = await house.actions(user.id);
    expect(actions.map(({ action }) => action)).toEqual([
      'user.created',
      'user.changed',
      'user.changed',
      'user.password-reset',
      'user.password-changed',
      'user.token-rotated',
      'user.signed-in-from-new-place',
    ]);
    expect(actions[1]).toMatchObject({
      ...actor,
      merchantId: house.merchant.id,
      details: { active: { from: true, to: false }, firstName: { from: '', to: 'Eve' } },
    });
    expect(actions.map(({ userId }) => userId)).toEqual([
      null,
      ...Array.from({ length: 3 }, () => boss.user.id),
      user.id,
      boss.user.id,
      user.id,
    ]);
    for (const secret of [token, fresh, password, 'Another1%']) {
      expect(JSON.stringify(actions)).not.toContain(secret);
    }
  });

  test('the second factor, without its secret and codes', async () => {
    const { user, secret, recoveryCodes } = await house.careful();
    await house.secondFactor.disable(user.id, shell);
    const actions = await house.actions(user.id);
    expect(actions.map(({ action }) => action)).toEqual([
      'user.created',
      'user.second-factor-begun',
      'user.second-factor-on',
      'user.second-factor-off',
    ]);
    for (const word of [secret, ...recoveryCodes]) {
      expect(JSON.stringify(actions)).not.toContain(word);
    }
  });

  test('a change that changes nothing is no act', async () => {
    const { user } = await house.person();
    await house.users.change(user.id, { active: true, email: user.email.toUpperCase() }, shell);
    expect(await house.actions(user.id)).toHaveLength(1);
  });

  test('an act that fails leaves no row, and a row that fails leaves no act', async () => {
    const { user } = await house.person();
    const other = await house.person();
    const taken = house.users.change(user.id, { email: other.email }, shell);
    await expect(taken).rejects.toThrow(EmailTaken);
    await expect(house.users.change(user.id, { country: 'xx' }, shell)).rejects.toThrow(
      UserRefused,
    );
    expect(await house.actions(user.id)).toHaveLength(1);
    // Nobody has this id, so the row of the log cannot be written.
    const nobody = { userId: noId, address: null };
    await expect(house.users.change(user.id, { active: false }, nobody)).rejects.toThrow();
    await expect(house.users.rotateToken(user.id, nobody)).rejects.toThrow();
    await expect(house.secondFactor.enable(user.id, nobody)).rejects.toThrow();
    expect(await house.users.byId(user.id)).toEqual(user);
    await expect(house.person({ email: user.email })).rejects.toThrow(EmailTaken);
    expect(await house.actions(user.id)).toHaveLength(1);
  });
});
