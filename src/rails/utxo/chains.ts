// UTXO chains as data: what differs between Litecoin and Bitcoin, and between their networks.

import type { ConfirmationTable } from '../rail.ts';

export type Chain = {
  /** The method id and the tail of the rail's name: `litecoin-regtest`. */
  readonly name: string;
  readonly label: string;
  readonly network: string;
  readonly asset: string;
  /** The scheme of payment links (BIP 21). */
  readonly scheme: string;
  /** Whether extended keys and address versions are those of real money or of test coins. */
  readonly world: 'main' | 'test';
  /** What the node itself calls this network, and the block every such chain begins with. */
  readonly nodeChain: string;
  readonly genesis: string;
  readonly bech32: string;
  readonly pubKeyHash: number;
  readonly scriptHash: number;
  readonly confirmations: ConfirmationTable;
  /** An output this deep is no longer watched: reorganisations of that size are acts of people. */
  readonly buriedAfter: number;
  readonly pollMs: number;
};

const pollMs = 5_000;
const regtestPollMs = 1_000;
// The depth at which both chains themselves call a coinbase spendable.
const buriedAfter = 100;

const litecoin = {
  label: 'Litecoin',
  asset: 'LTC',
  scheme: 'litecoin',
  confirmations: [
    { below: 1_00000000n, needed: 2 },
    { below: 10_00000000n, needed: 3 },
    { below: 100_00000000n, needed: 6 },
    { below: null, needed: 12 },
  ],
  buriedAfter,
} as const;

const bitcoin = {
  label: 'Bitcoin',
  asset: 'BTC',
  scheme: 'bitcoin',
  confirmations: [
    { below: 1000000n, needed: 1 },
    { below: 10000000n, needed: 2 },
    { below: 1_00000000n, needed: 3 },
    { below: null, needed: 6 },
  ],
  buriedAfter,
} as const;

const litecoinTestCoins = { world: 'test', pubKeyHash: 0x6f, scriptHash: 0x3a } as const;
const bitcoinTestCoins = { world: 'test', pubKeyHash: 0x6f, scriptHash: 0xc4 } as const;

export const chains: readonly Chain[] = [
  {
    ...litecoin,
    name: 'litecoin',
    network: 'Litecoin',
    world: 'main',
    nodeChain: 'main',
    genesis: '12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2',
    bech32: 'ltc',
    pubKeyHash: 0x30,
    scriptHash: 0x32,
    pollMs,
  },
  {
    ...litecoin,
    ...litecoinTestCoins,
    name: 'litecoin-testnet',
    network: 'Litecoin testnet',
    nodeChain: 'test',
    genesis: '4966625a4b2851d9fdee139e56211a0d88575f59ed816ff5e6a63deb4e3e29a0',
    bech32: 'tltc',
    pollMs,
  },
  {
    ...litecoin,
    ...litecoinTestCoins,
    name: 'litecoin-regtest',
    network: 'Litecoin regtest',
    nodeChain: 'regtest',
    genesis: '530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9',
    bech32: 'rltc',
    pollMs: regtestPollMs,
  },
  {
    ...bitcoin,
    name: 'bitcoin',
    network: 'Bitcoin',
    world: 'main',
    nodeChain: 'main',
    genesis: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
    bech32: 'bc',
    pubKeyHash: 0x00,
    scriptHash: 0x05,
    pollMs,
  },
  {
    ...bitcoin,
    ...bitcoinTestCoins,
    name: 'bitcoin-testnet',
    network: 'Bitcoin testnet',
    nodeChain: 'test',
    genesis: '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943',
    bech32: 'tb',
    pollMs,
  },
  {
    ...bitcoin,
    ...bitcoinTestCoins,
    name: 'bitcoin-regtest',
    network: 'Bitcoin regtest',
    nodeChain: 'regtest',
    genesis: '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
    bech32: 'bcrt',
    pollMs: regtestPollMs,
  },
];

export function findChain(name: string): Chain | undefined {
  return chains.find((chain) => chain.name === name);
}
