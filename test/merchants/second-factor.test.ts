// The second factor: codes once each, clocks a little off, recovery codes, and no door without it.

import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPeople } from '../../src/merchants/people.ts';
import { shell } from '../../src/merchants/staff-log.ts';
import { type House, createHouse } from './house.ts';

let house: House;
const refused = { kind: 'refused' };

beforeAll(async () => {
  house = await createHouse();
});

afterAll(() => house.close());

let lastAddress = 0;
function somewhere(): string {
  return `address:203.0.113.${(lastAddress += 1)}`;
}

/** Signs in from a place of its own, so that no limit is in the way. */
async function enter(person: { email: string; password: string }, otp?: string) {
  const { email, password } = person;
  return (await house.signIn({ email, password, otp, address: somewhere() })).kind;
}

describe('codes of the app', () => {
  test('it is the algorithm of RFC 6238, appendix B, with six digits', () => {
    const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
    const vectors: [number, string][] = [
      [59, '94287082'],
      [1_111_111_109, '07081804'],
      [1_111_111_111, '14050471'],
      [1_234_567_890, '89005924'],
      [2_000_000_000, '69279037'],
      [20_000_000_000, '65353130'],
    ];
    for (const [epoch, code] of vectors) {
      expect(generateSync({ secret, epoch })).toBe(code.slice(2));
    }
  });

  test('a password alone is refused like a wrong one, the right code lets in', async () => {
    const person = await house.careful();
    const answer = await house.signIn({ ...person, address: somewhere() });
    expect(JSON.stringify(answer)).toBe('{"kind":"refused"}');
    expect(await enter(person, '')).toBe('refused');
    expect(await enter({ ...person, password: 'wrong' }, person.code())).toBe('refused');
    expect(await enter(person, person.code())).toBe('ok');
  });

  test('a code works once, and so does none before it', async () => {
    const person = await house.careful();
    const [before, now] = [person.code(-30), person.code()];
    expect(await enter(person, now)).toBe('ok');
    expect(await enter(person, now)).toBe('refused');
    expect(await enter(person, before)).toBe('refused');
    house.wait(30);
    expect(await enter(person, now)).toBe('refused');
    expect(await enter(person, person.code())).toBe('ok');
  });

  test('a code with a wrong password is not used up', async () => {
    const person = await house.careful();
    const code = person.code();
    expect(await enter({ ...person, password: 'wrong' }, code)).toBe('refused');
    expect(await enter(person, code)).toBe('ok');
  });

  test('of eight that bring one code at the same moment, one comes in', async () => {
    const person = await house.careful();
    const code = person.code();
    const kinds = await Promise.all(Array.from({ length: 8 }, () => enter(person, code)));
    expect(kinds.filter((kind) => kind === 'ok')).toHaveLength(1);
  });

  test.each([
    [-60, 'refused'],
    [-30, 'ok'],
    [0, 'ok'],
    [30, 'ok'],
    [60, 'refused'],
  ])('a clock that is off by %i seconds: %s', async (seconds, kind) => {
    const person = await house.careful();
    house.wait(300);
    expect(await enter(person, person.code(seconds))).toBe(kind);
  });

  test('a clock set back gives used codes no second life', async () => {
    const person = await house.careful();
    house.wait(3_600);
    const code = person.code();
    expect(await enter(person, code)).toBe('ok');
    house.wait(-1_800);
    expect(await enter(person, person.code())).toBe('refused');
    house.wait(1_800);
    expect(await enter(person, code)).toBe('refused');
    house.wait(30);
    expect(await enter(person, person.code())).toBe('ok');
  });

  test.each([
    '000000',
    '12345',
    '1234567',
    'abcdef',
    '１２３４５６',
    '-12345',
    '1e4 ',
    '\0'.repeat(6),
  ])('no code: %j', async (otp) => {
    const person = await house.careful();
    expect(await enter(person, otp)).toBe('refused');
  });

  test('typed with a space in the middle, as the app shows it', async () => {
    const person = await house.careful();
    const code = person.code();
    expect(await enter(person, ` ${code.slice(0, 3)} ${code.slice(3)}`)).toBe('ok');
  });

  test('the code of somebody else is none', async () => {
    const [one, other] = [await house.careful(), await house.careful()];
    expect(await enter(one, other.code())).toBe('refused');
    expect(await enter(one, other.recoveryCodes[0])).toBe('refused');
  });

  test('guessing codes is limited like guessing passwords', async () => {
    const { email, password, ...person } = await house.careful();
    const address = somewhere();
    for (let index = 0; index < 5; index += 1) {
      expect(await house.signIn({ email, password, otp: '000000', address })).toEqual(refused);
    }
    const claim = { email, password, otp: person.code(), address };
    expect(await house.signIn(claim)).toMatchObject({ kind: 'limited' });
  });

  test('a person without a second factor may send a code: it is not looked at', async () => {
    expect(await enter(await house.person(), '123456')).toBe('ok');
  });
});

describe('recovery codes', () => {
  test('ten, each once, however they are typed', async () => {
    const person = await house.careful();
    expect(new Set(person.recoveryCodes).size).toBe(10);
    for (const code of person.recoveryCodes) {
      expect(code).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/);
      expect(await enter(person, code.toUpperCase().replaceAll('-', ' '))).toBe('ok');
      expect(await enter(person, code)).toBe('refused');
    }
    expect(await enter(person, person.code())).toBe('ok');
  });

  test('of eight that bring one at the same moment, one comes in', async () => {
    const person = await house.careful();
    const [code] = person.recoveryCodes;
    const kinds = await Promise.all(Array.from({ length: 8 }, () => enter(person, code)));
    expect(kinds.filter((kind) => kind === 'ok')).toHaveLength(1);
  });

  test('neither they nor the secret are stored as they are', async () => {
    const { user, secret, recoveryCodes } = await house.careful();
    const [row] = await house.db.query<{ text: string }>(
      'select users::text as text from users where id = $1',
      [user.id],
    );
    for (const word of [secret, ...recoveryCodes, ...recoveryCodes.map(plainHex)]) {
      expect(row?.text).not.toContain(word);
    }
  });
});

describe('on and off', () => {
  test('until it is confirmed it is not asked for, and the password alone lets in', async () => {
    const person = await house.person();
    const begun = await house.secondFactor.enable(person.user.id, shell);
    expect(begun?.uri).toBe(
      `otpauth://totp/Dragoman:${encodeURIComponent(person.email)}` +
        `?secret=${begun?.secret}&issuer=Dragoman`,
    );
    expect(await enter(person)).toBe('ok');
    expect(await house.secondFactor.confirm(person.user.id, '000000', shell)).toBe(null);
    expect(await enter(person)).toBe('ok');
  });

  test('the code that confirmed it does not sign in', async () => {
    const person = await house.person();
    const begun = await house.secondFactor.enable(person.user.id, shell);
    const epoch = Math.floor(house.now().getTime() / 1_000);
    const code = generateSync({ secret: begun?.secret ?? '', epoch });
    expect(await house.secondFactor.confirm(person.user.id, code, shell)).toHaveLength(10);
    expect(await enter(person, code)).toBe('refused');
    expect(await house.users.byToken(person.token)).toMatchObject({ secondFactor: true });
  });

  test('one that is on is neither replaced nor confirmed again', async () => {
    const person = await house.careful();
    expect(await house.secondFactor.enable(person.user.id, shell)).toBe(null);
    expect(await house.secondFactor.confirm(person.user.id, person.code(), shell)).toBe(null);
    expect(await enter(person, person.code())).toBe('ok');
  });

  test('turned off, the password alone lets in, and old recovery codes are gone', async () => {
    const person = await house.careful();
    expect(await house.secondFactor.disable(person.user.id, shell)).toBe(true);
    expect(await house.secondFactor.disable(person.user.id, shell)).toBe(false);
    expect(await enter(person)).toBe('ok');
    const begun = await house.secondFactor.enable(person.user.id, shell);
    expect(begun?.secret).not.toBe(person.secret);
    expect(await house.secondFactor.confirm(person.user.id, person.code(), shell)).toBe(null);
  });

  test('the token needs no code, so that old clients get it from the shell', async () => {
    const { user, token } = await house.careful();
    expect(await house.users.tokenOf(user)).toBe(token);
    expect(await house.users.byToken(token)).toMatchObject({ id: user.id, secondFactor: true });
  });

  test('a secret sealed with another key opens nothing, and lets nobody in', async () => {
    const person = await house.careful();
    const people = createPeople({ ...house, secretKey: Buffer.alloc(32, 7) });
    const claim = { ...person, otp: person.code(), address: somewhere() };
    await expect(people.signIn(claim)).rejects.toThrow();
    await people.close();
  });
});

function plainHex(code: string): string {
  return Buffer.from(code.replaceAll('-', '')).toString('hex');
}
