// Names to addresses with the machine's own resolver, as far as every machine agrees.

import { expect, test } from 'vitest';
import { createResolveName } from '../../src/webhooks/resolve.ts';

const resolveName = createResolveName();

test.each(['localhost', 'localhost.', 'shop.localhost'])('%s is loopback', async (name) => {
  expect(await resolveName(name)).toEqual(['127.0.0.1', '::1']);
});

test('a name that cannot exist (RFC 2606) has no address', async () => {
  await expect(resolveName('shop.invalid')).rejects.toThrow('shop.invalid');
});
