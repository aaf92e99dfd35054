// A commerce that hides foreign transactions hides them from every question about a number.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Till, openTill } from '../dialects/xpay/till.ts';

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till.close());

test('neither reading nor cancelling tells a foreign number from one that nobody has', async () => {
  await till.set({ hideForeignTransactions: true });
  const foreign = await till.sell({}, { as: till.stranger.token });
  for (const ask of [
    (id: number) => till.get(`transactions/${id}/`),
    (id: number) => till.post(`transactions/cancel/${id}/`),
  ]) {
    const [there, nowhere] = [await ask(foreign.id), await ask(9_999_999)];
    expect(there.status).toBe(401);
    expect([there.status, there.text]).toEqual([nowhere.status, nowhere.text]);
  }
});
