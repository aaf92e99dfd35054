// UTXO chains as data: what differs between Litecoin and Bitcoin, and between their networks.

import type { ConfirmationTable } from '../rail.ts';

/** How addresses are written; only SegWit chains know other ones than pay-to-public-key-hash. */
export type AddressForm =
  | {
      readonly kind: 'segwit';
      readonly bech32: string;
      /** The versions of base58 addresses. */
      readonly pubKeyHash: number;
      readonly scriptHash: number;
    }
  | { readonly kind: 'cashaddr'; readonly prefix: 'bitcoincash' | 'bchtest' | 'bchreg' };

export type Chain = {
  /** The method id and the tail of the rail's name: `litecoin-regtest`. */
  readonly name: string;
  readonly label: string;
  readonly network: string;
  readonly asset: string;
  /** The scheme of payment links (BIP 21); null where an address begins with it already. */
  readonly scheme: string | null;
  /** Whether extended keys and address versions are those of real money or of test coins. */
  readonly world: 'main' | 'test';
  /** What the node itself calls this network, and the block every such chain begins with. */
  readonly nodeChain: string;
  readonly genesis: string;
  /** A block after the chain parted from others with the same name and beginning. */
  readonly landmark: { readonly height: number; readonly hash: string } | null;
  readonly addresses: AddressForm;
  /** Whether outputs may carry CashTokens before their script. */
  readonly tokens: boolean;
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
  landmark: null,
  tokens: false,
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
  landmark: null,
  tokens: false,
  confirmations: [
    { below: 1000000n, needed: 1 },
    { below: 10000000n, needed: 2 },
    { below: 1_00000000n, needed: 3 },
    { below: null, needed: 6 },
  ],
  buriedAfter,
} as const;

// Bitcoin's mining machines mine it too whenever that pays more, and are a hundred times as many:
// rewriting it costs far less than rewriting Bitcoin.
const bitcoinCash = {
  label: 'Bitcoin Cash',
  asset: 'BCH',
  scheme: null,
  landmark: null,
  tokens: true,
  confirmations: [
    { below: 10000000n, needed: 2 },
    { below: 1_00000000n, needed: 3 },
    { below: 10_00000000n, needed: 6 },
    { below: 100_00000000n, needed: 10 },
    { below: null, needed: 15 },
  ],
  buriedAfter,
} as const;

const litecoinTest = { kind: 'segwit', pubKeyHash: 0x6f, scriptHash: 0x3a } as const;
const bitcoinTest = { kind: 'segwit', pubKeyHash: 0x6f, scriptHash: 0xc4 } as const;

export const chains: readonly Chain[] = [
  {
    ...litecoin,
    name: 'litecoin',
    network: 'Litecoin',
    world: 'main',
    nodeChain: 'main',
    genesis: '12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2',
    addresses: { kind: 'segwit', bech32: 'ltc', pubKeyHash: 0x30, scriptHash: 0x32 },
    pollMs,
  },
  {
    ...litecoin,
    name: 'litecoin-testnet',
    network: 'Litecoin testnet',
    world: 'test',
    nodeChain: 'test',
    genesis: '4966625a4b2851d9fdee139e56211a0d88575f59ed816ff5e6a63deb4e3e29a0',
    addresses: { ...litecoinTest, bech32: 'tltc' },
    pollMs,
  },
  {
    ...litecoin,
    name: 'litecoin-regtest',
    network: 'Litecoin regtest',
    world: 'test',
    nodeChain: 'regtest',
    genesis: '530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9',
    addresses: { ...litecoinTest, bech32: 'rltc' },
    pollMs: regtestPollMs,
  },
  {
    ...bitcoin,
    name: 'bitcoin',
    network: 'Bitcoin',
    world: 'main',
    nodeChain: 'main',
    genesis: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
    // The fourth halving: Bitcoin Cash and its descendants share everything up to block 478558.
    landmark: {
      height: 840_000,
      hash: '0000000000000000000320283a032748cef8227873ff4872689bf23f1cda83a5',
    },
    addresses: { kind: 'segwit', bech32: 'bc', pubKeyHash: 0x00, scriptHash: 0x05 },
    pollMs,
  },
  {
    ...bitcoin,
    name: 'bitcoin-testnet',
    network: 'Bitcoin testnet',
    world: 'test',
    nodeChain: 'test',
    genesis: '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943',
    addresses: { ...bitcoinTest, bech32: 'tb' },
    pollMs,
  },
  {
    ...bitcoin,
    name: 'bitcoin-regtest',
    network: 'Bitcoin regtest',
    world: 'test',
    nodeChain: 'regtest',
    genesis: '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
    addresses: { ...bitcoinTest, bech32: 'bcrt' },
    pollMs: regtestPollMs,
  },
  {
    ...bitcoinCash,
    name: 'bitcoin-cash',
    network: 'Bitcoin Cash',
    world: 'main',
    nodeChain: 'main',
    genesis: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
    // The first block of its own: before it came Bitcoin, Bitcoin SV left, and here eCash did.
    landmark: {
      height: 661_648,
      hash: '0000000000000000029e471c41818d24b8b74c911071c4ef0b4a0509f9b5a8ce',
    },
    addresses: { kind: 'cashaddr', prefix: 'bitcoincash' },
    pollMs,
  },
  {
    ...bitcoinCash,
    // The fourth one, which nodes call test4; the third is large and was left behind.
    name: 'bitcoin-cash-testnet',
    network: 'Bitcoin Cash testnet4',
    world: 'test',
    nodeChain: 'test4',
    genesis: '000000001dd410c49a788668ce26751718cc797474d3152a5fc073dd44fd9f7b',
    addresses: { kind: 'cashaddr', prefix: 'bchtest' },
    pollMs,
  },
  {
    ...bitcoinCash,
    name: 'bitcoin-cash-regtest',
    network: 'Bitcoin Cash regtest',
    world: 'test',
    nodeChain: 'regtest',
    genesis: '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
    addresses: { kind: 'cashaddr', prefix: 'bchreg' },
    pollMs: regtestPollMs,
  },
];

export function findChain(name: string): Chain | undefined {
  return chains.find((chain) => chain.name === name);
}
