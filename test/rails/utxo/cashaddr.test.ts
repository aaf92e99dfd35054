// CashAddr: the test vectors of its specification that are addresses of public keys.

import { hash } from 'node:crypto';
import { createBase58check } from '@scure/base';
import { expect, test } from 'vitest';
import { cashAddress } from '../../../src/rails/utxo/cashaddr.ts';

const base58check = createBase58check((bytes: Uint8Array) => hash('sha256', bytes, 'buffer'));

test.each([
  ['1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu', 'bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a'],
  ['1KXrWXciRDZUpQwQmuM1DbwsKDLYAYsVLR', 'bitcoincash:qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy'],
  ['16w1D5WRVKJuZUsSRzdLp9w3YGcgoxDXb', 'bitcoincash:qqq3728yw0y47sqn6l2na30mcw6zm78dzqre909m2r'],
])('%s in the new format', (legacy, address) => {
  const keyHash = base58check.decode(legacy).subarray(1);
  expect(cashAddress('bitcoincash', keyHash)).toBe(address);
});

test('the larger test vector of 20 bytes', () => {
  const keyHash = Buffer.from('F5BF48B397DAE70BE82B3CCA4793F8EB2B6CDAC9', 'hex');
  const address = 'bitcoincash:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2';
  expect(cashAddress('bitcoincash', keyHash)).toBe(address);
});

test('one key is another address on each network', () => {
  const keyHash = Buffer.from('F5BF48B397DAE70BE82B3CCA4793F8EB2B6CDAC9', 'hex');
  const addresses = (['bitcoincash', 'bchtest', 'bchreg'] as const).map((prefix) =>
    cashAddress(prefix, keyHash),
  );
  const ends = addresses.map((address) => address.split(':')[1]?.slice(-8));
  expect(new Set(ends).size).toBe(3);
});
