// Account extended public keys: which address type each prefix stands for, and the addresses.

import { hash } from 'node:crypto';
import { createBase58check } from '@scure/base';
import { HDKey } from '@scure/bip32';
import { p2pkh, p2sh, p2wpkh } from '@scure/btc-signer';
import { cashAddress } from './cashaddr.ts';
import type { Chain } from './chains.ts';

export type ReceiveAddress = { readonly script: Uint8Array; readonly address: string };

export type Account = {
  /** Derives m/0/index below the account: the external, receiving branch of BIP 44. */
  derive(index: number): ReceiveAddress;
};

/** An extended key that cannot serve; the message is meant for the operator and holds no key. */
export class ExtendedKeyRefused extends Error {
  override name = 'ExtendedKeyRefused';
}

type Prefix = {
  readonly purpose: 'bip44' | 'bip49' | 'bip84';
  readonly world: 'main' | 'test';
  /** Only this asset's wallets print it; absent: every chain's do. */
  readonly asset?: string;
};

// SLIP-132 and the versions of Litecoin Core and Electrum-LTC.
const prefixes: ReadonlyMap<number, Prefix> = new Map<number, Prefix>([
  [0x0488b21e, { purpose: 'bip44', world: 'main' }], // xpub
  [0x049d7cb2, { purpose: 'bip49', world: 'main' }], // ypub
  [0x04b24746, { purpose: 'bip84', world: 'main' }], // zpub
  [0x043587cf, { purpose: 'bip44', world: 'test' }], // tpub
  [0x044a5262, { purpose: 'bip49', world: 'test' }], // upub
  [0x045f1cf6, { purpose: 'bip84', world: 'test' }], // vpub
  [0x019da462, { purpose: 'bip44', world: 'main', asset: 'LTC' }], // Ltub
  [0x01b26ef6, { purpose: 'bip49', world: 'main', asset: 'LTC' }], // Mtub
  [0x0436f6e1, { purpose: 'bip44', world: 'test', asset: 'LTC' }], // ttub
]);

const receiveBranch = 0;
const keyLength = 78;
const keyOffset = 45;
const versionsOfXpub = { private: 0x0488ade4, public: 0x0488b21e };
const base58check = createBase58check((bytes: Uint8Array) => hash('sha256', bytes, 'buffer'));

/**
 * Reads an account's extended public key: BIP 84 (zpub, vpub), BIP 49 (ypub, upub, Mtub) or
 * BIP 44 (xpub, tpub, Ltub, ttub) by its prefix. Refuses private keys and other networks' keys.
 */
export function openAccount(chain: Chain, extendedKey: string): Account {
  const bytes = decode(extendedKey.trim());
  const prefix = prefixes.get(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
  if (!prefix) throw new ExtendedKeyRefused(`not an extended public key that ${chain.name} knows`);
  if (prefix.world !== chain.world || (prefix.asset && prefix.asset !== chain.asset)) {
    throw new ExtendedKeyRefused(`this key belongs to another network than ${chain.name}`);
  }
  if (chain.addresses.kind === 'cashaddr' && prefix.purpose !== 'bip44') {
    throw new ExtendedKeyRefused(
      `${chain.label} has no SegWit: give the account’s BIP 44 key (an xpub, tpub for test coins)`,
    );
  }
  const branch = branchOf(bytes);
  return { derive: (index) => addressOf(chain, prefix.purpose, publicKeyOf(branch, index)) };
}

function decode(text: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = base58check.decode(text);
  } catch {
    throw new ExtendedKeyRefused('not an extended public key: its check sum does not match');
  }
  if (bytes.length !== keyLength) {
    throw new ExtendedKeyRefused('not an extended public key: it has the wrong length');
  }
  // A serialised private key begins with a zero byte, a public one with 2 or 3, under any prefix.
  if (bytes[keyOffset] === 0) {
    throw new ExtendedKeyRefused(
      'this is an extended PRIVATE key; the server must never see one. ' +
        'Give the account’s extended public key, and treat the private one as exposed.',
    );
  }
  return bytes;
}

function branchOf(bytes: Uint8Array): HDKey {
  // The library knows one version pair at a time; the prefix was read above and says no more here.
  const plain = Uint8Array.from(bytes);
  new DataView(plain.buffer).setUint32(0, versionsOfXpub.public);
  try {
    const key = HDKey.fromExtendedKey(base58check.encode(plain), versionsOfXpub);
    return key.deriveChild(receiveBranch);
  } catch {
    throw new ExtendedKeyRefused('not an extended public key: it holds no point of the curve');
  }
}

function publicKeyOf(branch: HDKey, index: number): Uint8Array {
  const key = branch.deriveChild(index).publicKey;
  if (!key) throw new Error(`no public key at index ${index}`);
  return key;
}

function addressOf(
  { addresses }: Chain,
  purpose: Prefix['purpose'],
  key: Uint8Array,
): ReceiveAddress {
  if (addresses.kind === 'cashaddr') {
    const { script, hash: keyHash } = p2pkh(key);
    return { script, address: cashAddress(addresses.prefix, keyHash) };
  }
  const network = { ...addresses, wif: 0 };
  const payment = {
    bip44: () => p2pkh(key, network),
    bip49: () => p2sh(p2wpkh(key, network), network),
    bip84: () => p2wpkh(key, network),
  }[purpose]();
  if (!payment.address) throw new Error('a derived key has no address');
  return { script: payment.script, address: payment.address };
}
