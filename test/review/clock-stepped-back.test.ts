// A clock that ran ahead for a while and is set right: nobody stays locked out for as long.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, createHouse, home } from '../merchants/house.ts';

let house: House;
beforeAll(async () => {
  house = await createHouse();
});
afterAll(() => house.close());

const daySeconds = 86_400;
const failures = 6;

test('failures of a wrong tomorrow do not count today, and today’s still do', async () => {
  const { email, password } = await house.person();
  const claim = { email, password, address: home };
  const fail = async () => {
    const kinds: string[] = [];
    for (let count = 0; count < failures; count += 1) {
      kinds.push((await house.signIn({ ...claim, password: 'wrong' })).kind);
    }
    return kinds.at(-1);
  };
  house.wait(daySeconds);
  expect(await fail()).toBe('limited');
  house.wait(-daySeconds);
  expect((await house.signIn(claim)).kind).toBe('ok');
  expect(await fail()).toBe('limited');
});
