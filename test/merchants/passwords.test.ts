// The password thread: bounded, on its own, lowest in priority, and back after it died.

import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { createPasswords } from '../../src/merchants/passwords.ts';
import { createTurns } from '../../src/merchants/turns.ts';

const passwords = createPasswords();

afterAll(() => passwords.close());

test('a hash is argon2id with 19 MiB, two passes and one lane, and salted', async () => {
  const [one, other] = [await passwords.hash('Abcd1234%'), await passwords.hash('Abcd1234%')];
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]{22}\$[^$]{43}$/);
  expect(one).not.toBe(other);
  expect(passwords.isCurrent(one)).toBe(true);
  expect(await passwords.verify(one, 'Abcd1234%')).toBe(true);
  expect(await passwords.verify(one, 'Abcd1234&')).toBe(false);
  expect(await passwords.verify(null, 'Abcd1234%')).toBe(false);
});

test('a damaged hash is an error, and the thread goes on', async () => {
  await expect(passwords.verify('$argon2id$nonsense', 'x')).rejects.toThrow('could not be checked');
  expect(await passwords.verify(null, 'x')).toBe(false);
});

test('more than 64 that wait are refused at once; those before them are answered', async () => {
  const hash = await passwords.hash('Abcd1234%');
  const all = await Promise.allSettled(
    Array.from({ length: 80 }, () => passwords.verify(hash, 'Abcd1234%')),
  );
  const refused = all.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(16);
  expect(refused[0]).toMatchObject({ reason: { name: 'Overloaded' } });
  expect(all.filter((one) => one.status === 'fulfilled' && one.value)).toHaveLength(64);
});

test.runIf(process.platform === 'linux')('one thread alone gives way to all others', async () => {
  await passwords.verify(null, 'x');
  const nice = readdirSync('/proc/self/task').map((task) => {
    const text = readFileSync(`/proc/self/task/${task}/stat`, 'utf8');
    // The 19th field; the second, a name, may hold spaces.
    return text.slice(text.lastIndexOf(')')).split(' ')[17];
  });
  expect(nice.filter((value) => value === '19')).toHaveLength(1);
});

test('closed, it says so, and what waited is told', async () => {
  const mine = createPasswords();
  await mine.verify(null, 'x');
  const waiting = mine.verify(null, 'x');
  const told = expect(waiting).rejects.toThrow('the password thread ended');
  await mine.close();
  await told;
  await expect(mine.hash('x')).rejects.toThrow('closed');
});

test('turns: few at once, one of each key, and no key fills the queue', async () => {
  const turns = createTurns({ atOnce: 2, maxWaiting: 5, maxWaitingPerKey: 3 });
  const order: string[] = [];
  const gates = new Map<string, () => void>();
  const begin = (key: string, name: string) =>
    turns.take(key, async () => {
      order.push(name);
      await new Promise<void>((resolve) => gates.set(name, resolve));
    });
  const a = ['a1', 'a2', 'a3', 'a4'].map((name) => begin('a', name));
  await expect(begin('a', 'a5')).rejects.toMatchObject({ name: 'Overloaded' });
  const b = begin('b', 'b1');
  const c = [begin('c', 'c1'), begin('d', 'd1')];
  await expect(begin('e', 'e1')).rejects.toMatchObject({ name: 'Overloaded' });
  expect(order).toEqual(['a1', 'b1']);
  const free = async (name: string, done: Promise<void> | undefined) => {
    gates.get(name)?.();
    await done;
  };
  await free('b1', b);
  expect(order).toEqual(['a1', 'b1', 'c1']);
  await free('a1', a[0]);
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2']);
  await free('c1', c[0]);
  await free('d1', c[1]);
  for (const [index, name] of ['a2', 'a3', 'a4'].entries()) await free(name, a[index + 1]);
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'd1', 'a3', 'a4']);
});

test('turns: work that fails gives its turn back', async () => {
  const turns = createTurns({ atOnce: 1, maxWaiting: 5, maxWaitingPerKey: 5 });
  const failing = turns.take('a', async () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await turns.take('a', async () => 'yes')).toBe('yes');
});
