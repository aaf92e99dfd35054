// CashTokens before a script: the test vectors of CHIP-2022-02.

import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scriptBehindTokens } from '../../../src/rails/utxo/tokens.ts';

const category = `ef${'bb'.repeat(32)}`;
const script = Buffer.concat([
  Buffer.from('76a914', 'hex'),
  randomBytes(20),
  Buffer.from('88ac', 'hex'),
]);

function behind(prefix: string): string {
  const bytes = Buffer.concat([Buffer.from(prefix, 'hex'), script]);
  return scriptBehindTokens(bytes).toString('hex');
}

const commitment = (length: number): string => 'cc'.repeat(length);

test.each([
  ['1 fungible', '1001'],
  ['252 fungible', '10fc'],
  ['253 fungible', '10fdfd00'],
  ['9223372036854775807 fungible', '10ffffffffffffffff7f'],
  ['0-byte immutable NFT', '20'],
  ['0-byte immutable NFT; 1 fungible', '3001'],
  ['0-byte immutable NFT; 253 fungible', '30fdfd00'],
  ['1-byte immutable NFT', '6001cc'],
  ['1-byte immutable NFT; 252 fungible', '7001ccfc'],
  ['2-byte immutable NFT; 253 fungible', '7002ccccfdfd00'],
  ['10-byte immutable NFT; 65535 fungible', `700a${commitment(10)}fdffff`],
  ['40-byte immutable NFT; 65536 fungible', `7028${commitment(40)}fe00000100`],
  ['0-byte mutable NFT; 4294967295 fungible', '31feffffffff'],
  ['1-byte mutable NFT; 4294967296 fungible', '7101ccff0000000001000000'],
  ['0-byte minting NFT', '22'],
  ['40-byte minting NFT; most fungible', `7228${commitment(40)}ffffffffffffffff7f`],
  ['reserved: 253-byte immutable NFT', `60fdfd00${commitment(253)}`],
])('%s', (_, token) => {
  expect(behind(category + token)).toBe(script.toString('hex'));
});

test.each([
  ['no token', '00'],
  ['0 fungible', '1000'],
  ['the reserved bit', '9001'],
  ['an unknown capability', '23'],
  ['a commitment without NFT', '5001'],
  ['a capability without NFT', '1101'],
  ['a commitment length that is not the shortest', '60fd0100cc'],
  ['a commitment of nothing', '6000'],
  ['an amount that is not the shortest', '10fdfc00'],
  ['an amount above the highest', '10ff0000000000000080'],
])('%s is no token: nothing is taken for our script', (_, token) => {
  expect(behind(category + token)).toBe(category + token + script.toString('hex'));
});

test.each(['ef', 'efbbbbbbbb1001', category, `${category}60`, `${category}10fe000000`])(
  '%s is cut off, and stays as it is',
  (text) => {
    const bytes = Buffer.from(text, 'hex');
    expect(scriptBehindTokens(bytes)).toEqual(bytes);
  },
);

test('a script without tokens, and noise, are no trouble', () => {
  expect(scriptBehindTokens(script)).toBe(script);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (noise) => {
      const bytes = Buffer.from([0xef, ...noise]);
      expect(scriptBehindTokens(bytes).length).toBeLessThanOrEqual(bytes.length);
    }),
  );
});
