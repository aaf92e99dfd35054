// Sign-in: its limits, what strangers can learn from it, and whom they can keep out.

import { hash } from 'node:crypto';
import { hashSync } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPeople } from '../../src/merchants/people.ts';
import type { SignedIn } from '../../src/merchants/sign-in.ts';
import { shell } from '../../src/merchants/staff-log.ts';
import { type House, abroad, createHouse, home } from './house.ts';

let house: House;
const refused = { kind: 'refused' };

beforeAll(async () => {
  house = await createHouse();
});

afterAll(() => house.close());

/** Each test comes from addresses of its own. */
let lastAddress = 0;
function somewhere(): string {
  return `address:203.0.113.${(lastAddress += 1)}`;
}

describe('who comes in', () => {
  test('with the right password, as the person, with the first token told', async () => {
    const { user, token, email, password } = await house.person();
    const answer = await house.signIn({ email, password, address: home });
    expect(answer).toEqual({ kind: 'ok', user, token });
    expect(token).toMatch(/^[0-9a-f]{40}$/);
    expect(await house.users.byToken(token)).toEqual(user);
  });

  test('however the e-mail is written', async () => {
    const { email, password } = await house.person();
    const typed = `  ${email.toUpperCase()} `;
    expect(await house.signIn({ email: typed, password, address: home })).toMatchObject({
      kind: 'ok',
      user: { email },
    });
  });

  test('however the keyboard composes the letters of the password', async () => {
    const { email } = await house.person({ password: 'Caf\u00e9-1234' });
    const typed = { email, password: 'Cafe\u0301-1234', address: home };
    expect(await house.signIn(typed)).toMatchObject({ kind: 'ok' });
  });

  test.each([
    ['an empty password', ''],
    ['half of it', 'Abcd12'],
    ['another case', 'aBCD1234%XYZ'],
    ['a space behind it', 'Abcd1234%xyz '],
    ['a NUL behind it', 'Abcd1234%xyz\0'],
    ['a very long one', 'x'.repeat(1_000_000)],
    ['its beginning, and more than we look at', `Abcd1234%xyz${' '.repeat(2_000)}`],
  ])('not with %s', async (_, password) => {
    const { email } = await house.person({ password: 'Abcd1234%xyz' });
    expect(await house.signIn({ email, password, address: somewhere() })).toEqual(refused);
  });

  test.each([
    ['an injection', "' or 1=1 --"],
    ['a NUL', 'person1@shop.example.com\0'],
    ['nothing', ''],
    ['a pattern', '%'],
    ['half a surrogate pair', '\ud800@example.com'],
    ['100 000 letters', 'x'.repeat(100_000)],
  ])('not as %s', async (_, email) => {
    const claim = { email, password: 'Abcd1234%', address: somewhere() };
    expect(await house.signIn(claim)).toEqual(refused);
  });

  test('a disabled person does not, until enabled again', async () => {
    const { user, email, password } = await house.person();
    await house.users.change(user.id, { active: false }, shell);
    expect(await house.signIn({ email, password, address: home })).toEqual(refused);
    await house.users.change(user.id, { active: true }, shell);
    expect(await house.signIn({ email, password, address: home })).toMatchObject({ kind: 'ok' });
  });

  test('a hash of older parameters is renewed by the next sign-in, and by no failure', async () => {
    const { user, email, password } = await house.person();
    const old = hashSync(password, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    await house.db.query('update users set password_hash = $2 where id = $1', [user.id, old]);
    await house.signIn({ email, password: 'wrong', address: home });
    expect(await storedHash(user.id)).toBe(old);
    expect(await house.signIn({ email, password, address: home })).toMatchObject({ kind: 'ok' });
    expect(await storedHash(user.id)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await house.signIn({ email, password, address: home })).toMatchObject({ kind: 'ok' });
  });

  test('nothing that opens a door is stored as it is', async () => {
    const { user, token, password } = await house.person();
    const [row] = await house.db.query<{ text: string; hash: Buffer }>(
      'select users::text as text, token_hash as hash from users where id = $1',
      [user.id],
    );
    expect(row?.text).not.toContain(token);
    expect(row?.text).not.toContain(password);
    expect(row?.hash).toEqual(hash('sha256', token, 'buffer'));
  });
});

describe('what a stranger learns', () => {
  test('the same answer for no such person, a wrong password and a disabled person', async () => {
    const { email } = await house.person();
    const disabled = await house.person();
    await house.users.change(disabled.user.id, { active: false }, shell);
    const address = somewhere();
    const claims = [
      { email: 'nobody@shop.example.com', password: 'Abcd1234%' },
      { email, password: 'Abcd1234%' },
      { email: disabled.email, password: disabled.password },
    ];
    for (const claim of claims) {
      expect(JSON.stringify(await house.signIn({ ...claim, address }))).toBe('{"kind":"refused"}');
    }
  });

  test('nobody is locked out like somebody', async () => {
    const { email } = await house.person();
    const [one, other] = [somewhere(), somewhere()];
    const real = await failures(email, one, 7);
    const unreal = await failures('nobody3@shop.example.com', other, 7);
    expect(unreal).toEqual(real);
  });
});

describe('limits', () => {
  test('the sixth failure in a row is told to wait, even with the right password', async () => {
    const { email, password } = await house.person();
    const address = somewhere();
    expect(await failures(email, address, 6)).toEqual([
      ...Array.from({ length: 5 }, () => refused),
      { kind: 'limited', retryAfterSeconds: 900 },
    ]);
    house.wait(300);
    expect(await house.signIn({ email, password, address })).toEqual({
      kind: 'limited',
      retryAfterSeconds: 600,
    });
    house.wait(599);
    expect(await house.signIn({ email, password, address })).toMatchObject({ kind: 'limited' });
    house.wait(1);
    expect(await house.signIn({ email, password, address })).toMatchObject({ kind: 'ok' });
  });

  test('being told to wait makes the wait no longer', async () => {
    const { email, password } = await house.person();
    const address = somewhere();
    await failures(email, address, 5);
    house.wait(899);
    expect(await failures(email, address, 3)).toEqual(
      Array.from({ length: 3 }, () => ({ kind: 'limited', retryAfterSeconds: 1 })),
    );
    house.wait(1);
    expect(await house.signIn({ email, password, address })).toMatchObject({ kind: 'ok' });
  });

  test('they slide: room for one more appears when the oldest failure is old enough', async () => {
    const { email } = await house.person();
    const address = somewhere();
    await failures(email, address, 1);
    house.wait(600);
    await failures(email, address, 4);
    house.wait(300);
    expect(kinds(await failures(email, address, 2))).toEqual(['refused', 'limited']);
  });

  test.each([0, 1, 2])('30 failures at once from one address: five tried (run %i)', async () => {
    const { email } = await house.person();
    const address = somewhere();
    const claims = Array.from({ length: 30 }, () =>
      house.signIn({ email, password: 'wrong', address }),
    );
    const answers = kinds(await Promise.all(claims));
    expect(answers.filter((kind) => kind === 'refused')).toHaveLength(5);
    expect(answers.filter((kind) => kind === 'limited')).toHaveLength(25);
  });

  test('30 failures at once through two processes: five tried', async () => {
    const other = createPeople(house);
    const { email } = await house.person();
    const address = somewhere();
    const claims = Array.from({ length: 30 }, (_, index) =>
      (index % 2 ? other : house).signIn({ email, password: 'wrong', address }),
    );
    const answers = kinds(await Promise.all(claims));
    await other.close();
    expect(answers.filter((kind) => kind === 'refused')).toHaveLength(5);
  });

  test('30 right ones at once all come in: nobody is in the way of himself', async () => {
    const { email, password } = await house.person();
    const address = somewhere();
    const claims = Array.from({ length: 30 }, () => house.signIn({ email, password, address }));
    expect(new Set(kinds(await Promise.all(claims)))).toEqual(new Set(['ok']));
    expect(await failuresFrom(address)).toBe(0);
  });

  test('twenty failures of one address, whoever was meant; then the right one waits', async () => {
    const { email, password } = await house.person();
    const address = somewhere();
    for (let index = 0; index < 20; index += 1) {
      const meant = `nobody${index}@elsewhere.example.com`;
      expect(await house.signIn({ email: meant, password: 'x', address })).toEqual(refused);
    }
    expect(await house.signIn({ email, password, address })).toEqual({
      kind: 'limited',
      retryAfterSeconds: 900,
    });
    expect(await house.signIn({ email, password, address: abroad })).toMatchObject({ kind: 'ok' });
  });

  test('40 failures at once of as many accounts from one address: twenty tried', async () => {
    const address = somewhere();
    const claims = Array.from({ length: 40 }, (_, index) =>
      house.signIn({ email: `many${index}@example.com`, password: 'x', address }),
    );
    const answers = kinds(await Promise.all(claims));
    expect(answers.filter((kind) => kind === 'refused')).toHaveLength(20);
  });

  test('a success forgets the failures before it, of that account and address alone', async () => {
    const { email, password } = await house.person();
    const other = await house.person();
    const address = somewhere();
    await failures(email, address, 4);
    await failures(other.email, address, 4);
    expect(await house.signIn({ email, password, address })).toMatchObject({ kind: 'ok' });
    expect(kinds(await failures(email, address, 5))).not.toContain('limited');
    expect(kinds(await failures(other.email, address, 2))).toEqual(['refused', 'limited']);
  });

  test('one attempt that died half way counts as a failure', async () => {
    const { email } = await house.person();
    const address = somewhere();
    const people = createPeople(house);
    await people.close();
    // Its thread is closed: the attempt is reserved, and then nobody can check the password.
    await expect(people.signIn({ email, password: 'x', address })).rejects.toThrow();
    expect(await failuresFrom(address)).toBe(1);
  });

  test('old failures are deleted by a job, young ones are not', async () => {
    const address = somewhere();
    await failures('old@example.com', address, 2);
    house.wait(600);
    await failures('young@example.com', address, 1);
    house.wait(300);
    await house.jobs.find(({ name }) => name === 'people.forget-failures')?.run();
    expect(await failuresFrom(address)).toBe(1);
    house.wait(600);
    await house.jobs.find(({ name }) => name === 'people.forget-failures')?.run();
    const [row] = await house.db.query<{ count: number }>('select count(*) from sign_in_failures');
    expect(row?.count).toBe(0);
  });
});

describe('a stranger keeps nobody out', () => {
  test('failures from elsewhere do not reach the person at home', async () => {
    const { email, password } = await house.person();
    const address = somewhere();
    expect(kinds(await failures(email, somewhere(), 6)).at(-1)).toBe('limited');
    expect(await house.signIn({ email, password, address })).toMatchObject({ kind: 'ok' });
  });

  test('under fire from everywhere, places known of the person stay open', async () => {
    const { email, password } = await house.person();
    const [known, unknown] = [somewhere(), somewhere()];
    expect(await house.signIn({ email, password, address: known })).toMatchObject({ kind: 'ok' });
    for (let index = 0; index < 10; index += 1) await failures(email, `address:fire${index}`, 5);
    expect(kinds(await failures(email, 'address:fire10', 1))).toEqual(['limited']);
    expect(await house.signIn({ email, password, address: unknown })).toMatchObject({
      kind: 'limited',
    });
    expect(await house.signIn({ email, password, address: known })).toMatchObject({ kind: 'ok' });
    // Guessing from there is limited like everywhere.
    expect(kinds(await failures(email, known, 6)).at(-1)).toBe('limited');
    house.wait(900);
    expect(await house.signIn({ email, password, address: unknown })).toMatchObject({ kind: 'ok' });
  });

  test('a place of 90 days ago is known no more, and is deleted', async () => {
    const { user, email, password } = await house.person();
    const place = somewhere();
    await house.signIn({ email, password, address: place });
    house.wait(90 * 86_400);
    await fire(email);
    expect(await house.signIn({ email, password, address: place })).toMatchObject({
      kind: 'limited',
    });
    await house.jobs.find(({ name }) => name === 'people.forget-places')?.run();
    const rows = await house.db.query('select 1 from sign_in_places where user_id = $1', [user.id]);
    expect(rows).toEqual([]);
  });

  test('somebody else’s place is no place of this person', async () => {
    const { email, password } = await house.person();
    const other = await house.person();
    const place = somewhere();
    await house.signIn({ email: other.email, password: other.password, address: place });
    await fire(email);
    expect(await house.signIn({ email, password, address: place })).toMatchObject({
      kind: 'limited',
    });
  });
});

async function failures(email: string, address: string, count: number): Promise<SignedIn[]> {
  const answers: SignedIn[] = [];
  for (let index = 0; index < count; index += 1) {
    answers.push(await house.signIn({ email, password: 'wrong', address }));
  }
  return answers;
}

/** Fifty failures of now, from elsewhere, without the work of making them. */
async function fire(email: string): Promise<void> {
  await house.db.query(
    `insert into sign_in_failures (id, account, address, at)
     select gen_random_uuid(), $1, 'address:fire' || n, $2 from generate_series(1, 50) as n`,
    [hash('sha256', email, 'buffer'), house.now()],
  );
}

function kinds(answers: readonly SignedIn[]): string[] {
  return answers.map(({ kind }) => kind);
}

async function failuresFrom(address: string): Promise<number | undefined> {
  const [row] = await house.db.query<{ count: number }>(
    'select count(*) from sign_in_failures where address = $1',
    [address],
  );
  return row?.count;
}

async function storedHash(userId: string): Promise<string | undefined> {
  const [row] = await house.db.query<{ hash: string }>(
    'select password_hash as hash from users where id = $1',
    [userId],
  );
  return row?.hash;
}
