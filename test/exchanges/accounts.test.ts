// A merchant's keys on an exchange: sealed, bound to their row, replaced and taken away.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type World, createWorld } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld({ account: null });
});
afterAll(() => world.close());

test('keys are sealed at rest, and open nowhere but in their own row', async () => {
  const { db, exchanges, key } = world;
  const keys = { apiKey: 'visible-key', secret: 'visible-secret', password: 'visible-password' };
  const terms = { orderType: 'limit', limitBasisPoints: 30 } as const;
  await exchanges.accounts.set(db, { ...key, ...terms }, keys);
  const account = await exchanges.accounts.find(key);
  if (!account) throw new Error('no account');
  expect(account).toMatchObject({ ...key, ...terms, active: true });
  expect(account.sealed.toString('latin1')).not.toContain('visible');
  expect(exchanges.accounts.keysOf(account)).toEqual(keys);
  for (const other of [{ exchange: 2 }, { mode: 'test' }, { merchantId: 'x' }] as const) {
    const sealed = Buffer.from(account.sealed);
    expect(() => exchanges.accounts.keysOf({ ...account, ...other, sealed })).toThrow();
  }
});

test('an account is replaced by a second set, and taken away once', async () => {
  const { db, exchanges, key } = world;
  const terms = { orderType: 'market', limitBasisPoints: 100 } as const;
  await exchanges.accounts.set(db, { ...key, ...terms }, { apiKey: 'a', secret: 'b' });
  expect(await exchanges.accounts.list(key.merchantId)).toMatchObject([terms]);
  expect(await exchanges.accounts.remove(db, key)).toBe(true);
  expect(await exchanges.accounts.remove(db, key)).toBe(false);
  expect(await exchanges.accounts.find(key)).toMatchObject({ active: false });
  expect(await exchanges.accounts.find({ ...key, exchange: 9 })).toBe(null);
});

test('the balance is asked with the stored keys; new keys count at once', async () => {
  const { db, exchanges, key } = world;
  const terms = { orderType: 'market', limitBasisPoints: 100 } as const;
  const ask = async () => {
    const connector = await exchanges.connectorOf(key);
    return 'kind' in connector ? connector : connector.balances();
  };
  await exchanges.accounts.set(db, { ...key, ...terms }, { apiKey: 'nobody', secret: 'b' });
  expect(await ask()).toMatchObject({ kind: 'refused' });
  const right = { apiKey: 'shop-api-key', secret: 'shop-secret' };
  await exchanges.accounts.set(db, { ...key, ...terms }, right);
  const asked = await ask();
  expect(asked).toMatchObject({ kind: 'balances' });
  if (asked.kind === 'balances') {
    expect(asked.held.map(({ asset }) => asset).toSorted()).toEqual(['BNB', 'LTC']);
  }
});

test('an exchange without orders by our name, or not configured, sells nothing', async () => {
  const { exchanges, key } = world;
  expect(await exchanges.connectorOf({ ...key, exchange: 2 })).toMatchObject({
    kind: 'unknown',
    reason: expect.stringContaining('luno'),
  });
  expect(await exchanges.connectorOf({ ...key, exchange: 7 })).toMatchObject({
    kind: 'unknown',
    reason: 'EXCHANGES names no exchange 7',
  });
});
