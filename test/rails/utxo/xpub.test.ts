// Extended keys: the official test vectors of the BIPs, every prefix, and what is refused.

import { HDKey } from '@scure/bip32';
import { mnemonicToSeedSync } from '@scure/bip39';
import { describe, expect, test } from 'vitest';
import { type Chain, findChain } from '../../../src/rails/utxo/chains.ts';
import { ExtendedKeyRefused, openAccount } from '../../../src/rails/utxo/xpub.ts';

// The mnemonic of the test vectors of BIP 49 and BIP 84.
const words =
  'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
const seed = mnemonicToSeedSync(words);

function chainOf(name: string): Chain {
  const chain = findChain(name);
  if (!chain) throw new Error(`no chain ${name}`);
  return chain;
}

function publicKey(path: string, version: number): string {
  const versions = { public: version, private: 0 };
  const key = HDKey.fromMasterSeed(seed).derive(path);
  const { publicKey: point, chainCode, depth, index, parentFingerprint } = key;
  if (!point || !chainCode) throw new Error('no key');
  const place = { depth, index, parentFingerprint };
  return new HDKey({ versions, publicKey: point, chainCode, ...place }).publicExtendedKey;
}

describe('official vectors', () => {
  test('BIP 84: zpub, first and second receiving address', () => {
    const zpub =
      'zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf' +
      '31mGDtKsAYz2oz2AGutZYs';
    expect(publicKey("m/84'/0'/0'", 0x04b24746)).toBe(zpub);
    const account = openAccount(chainOf('bitcoin'), zpub);
    expect(account.derive(0).address).toBe('bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu');
    expect(account.derive(1).address).toBe('bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g');
  });

  test('BIP 49: upub, first receiving address', () => {
    const account = openAccount(chainOf('bitcoin-testnet'), publicKey("m/49'/1'/0'", 0x044a5262));
    const { address, script } = account.derive(0);
    expect(address).toBe('2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2');
    expect(Buffer.from(script).toString('hex')).toBe(
      'a914336caa13e08b96080a32b5d818d59b4ab3b3674287',
    );
  });

  test('BIP 32, vector 1, chain m/0H: keys below it are those of chain m/0H/0', () => {
    const xpub =
      'xpub68Gmy5EdvgibQVfPdqkBBCHxA5htiqg55crXYuXoQRKfDBFA1WEjWgP6LHhwBZeNK1VTsfTFUHCdrfp1bgwQ9' +
      'xv5ski8PX9rL2dZXvgGDnw';
    const master = HDKey.fromMasterSeed(Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'));
    expect(master.derive("m/0'").publicExtendedKey).toBe(xpub);
    const expected = master.derive("m/0'/0/5").pubKeyHash;
    const { script } = openAccount(chainOf('bitcoin'), xpub).derive(5);
    expect(Buffer.from(script.subarray(3, 23))).toEqual(Buffer.from(expected ?? []));
  });
});

describe('addresses that wallets show for the same words', () => {
  test.each([
    ['bitcoin', "m/44'/0'/0'", 0x0488b21e, '1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA'],
    ['bitcoin', "m/49'/0'/0'", 0x049d7cb2, '37VucYSaXLCAsxYyAPfbSi9eh4iEcbShgf'],
    ['litecoin', "m/44'/2'/0'", 0x019da462, 'LUWPbpM43E2p7ZSh8cyTBEkvpHmr3cB8Ez'],
    ['litecoin', "m/49'/2'/0'", 0x01b26ef6, 'M7wtsL7wSHDBJVMWWhtQfTMSYYkyooAAXM'],
    ['litecoin', "m/84'/2'/0'", 0x04b24746, 'ltc1qjmxnz78nmc8nq77wuxh25n2es7rzm5c2rkk4wh'],
    [
      'bitcoin-cash',
      "m/44'/145'/0'",
      0x0488b21e,
      'bitcoincash:qqyx49mu0kkn9ftfj6hje6g2wfer34yfnq5tahq3q6',
    ],
  ])('%s %s', (name, path, version, address) => {
    const account = openAccount(chainOf(name), publicKey(path, version));
    expect(account.derive(0).address).toBe(address);
  });

  test('Bitcoin Cash: the second address too, paid by an ordinary script', () => {
    const account = openAccount(chainOf('bitcoin-cash'), publicKey("m/44'/145'/0'", 0x0488b21e));
    const { address, script } = account.derive(1);
    expect(address).toBe('bitcoincash:qp8sfdhgjlq68hlzka9lcsxtcnvuvnd0xqxugfzzc5');
    expect(Buffer.from(script).toString('hex')).toMatch(/^76a914[0-9a-f]{40}88ac$/);
  });

  test.each([
    ['litecoin-testnet', 0x045f1cf6, 'tltc1'],
    ['litecoin-regtest', 0x045f1cf6, 'rltc1'],
    ['bitcoin-testnet', 0x045f1cf6, 'tb1'],
    ['bitcoin-regtest', 0x045f1cf6, 'bcrt1'],
    ['litecoin-testnet', 0x044a5262, 'Q'],
    ['litecoin-regtest', 0x0436f6e1, 'm'],
    ['bitcoin-regtest', 0x043587cf, 'm'],
    ['bitcoin-cash-testnet', 0x043587cf, 'bchtest:q'],
    ['bitcoin-cash-regtest', 0x043587cf, 'bchreg:q'],
  ])('%s with version %i begins with %s', (name, version, start) => {
    const account = openAccount(chainOf(name), publicKey("m/84'/1'/0'", version));
    const { address } = account.derive(0);
    expect(address.startsWith(start) || (start === 'm' && address.startsWith('n'))).toBe(true);
  });
});

describe('refused', () => {
  const xprv = HDKey.fromMasterSeed(seed).derive("m/84'/2'/0'").privateExtendedKey;
  const zprv = new HDKey({
    ...keyOf("m/84'/2'/0'"),
    versions: { private: 0x04b2430c, public: 0x04b24746 },
  }).privateExtendedKey;

  test.each([xprv, zprv])('a private key, whatever its prefix, without repeating it', (key) => {
    const attempt = (): unknown => openAccount(chainOf('litecoin'), key);
    expect(attempt).toThrow(ExtendedKeyRefused);
    expect(attempt).toThrow(/PRIVATE/);
    expect(attempt).not.toThrow(key.slice(4, 20));
  });

  test.each([
    ['another network', 'litecoin', publicKey("m/84'/1'/0'", 0x045f1cf6), /another network/],
    ['real money', 'bitcoin-regtest', publicKey("m/84'/0'/0'", 0x04b24746), /another network/],
    ['another asset', 'bitcoin', publicKey("m/44'/2'/0'", 0x019da462), /another network/],
    ['an unknown version', 'bitcoin', publicKey("m/84'/0'/0'", 0x01020304), /not an extended/],
    ['a typing error', 'litecoin', mistyped(publicKey("m/84'/2'/0'", 0x04b24746)), /check sum/],
    ['an address', 'litecoin', 'LUWPbpM43E2p7ZSh8cyTBEkvpHmr3cB8Ez', /wrong length/],
    ['nothing', 'litecoin', '', /check sum/],
    ['no SegWit', 'bitcoin-cash', publicKey("m/49'/145'/0'", 0x049d7cb2), /no SegWit.*xpub/],
    ['nor natively', 'bitcoin-cash', publicKey("m/84'/145'/0'", 0x04b24746), /no SegWit.*xpub/],
    ['nor on tests', 'bitcoin-cash-regtest', publicKey("m/84'/1'/0'", 0x045f1cf6), /no SegWit/],
    ['test coins', 'bitcoin-cash', publicKey("m/44'/1'/0'", 0x043587cf), /another network/],
    ['of Litecoin', 'bitcoin-cash', publicKey("m/44'/2'/0'", 0x019da462), /another network/],
  ])('%s', (_name, chain, key, message) => {
    expect(() => openAccount(chainOf(chain), key)).toThrow(message);
  });

  function mistyped(key: string): string {
    return `${key.slice(0, -1)}${key.endsWith('1') ? '2' : '1'}`;
  }

  function keyOf(path: string): { privateKey: Uint8Array; chainCode: Uint8Array } {
    const { privateKey, chainCode } = HDKey.fromMasterSeed(seed).derive(path);
    if (!privateKey || !chainCode) throw new Error('no key');
    return { privateKey, chainCode };
  }
});
