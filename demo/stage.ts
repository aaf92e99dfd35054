// Everything a story needs: a Litecoin node, the gateway, a shop, a webhook receiver, the books.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HDKey } from '@scure/bip32';
import { type Litecoind, startLitecoind } from '../test/harness/litecoind.ts';
import { type Books, createBooks } from './books.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { createShop, type Shop } from './shop.ts';
import { say } from './timeline.ts';

export type Stage = {
  readonly node: Litecoind;
  readonly gateway: Gateway;
  readonly receiver: Receiver;
  readonly shop: Shop;
  readonly books: Books;
};

export type Cleanup = (name: string, work: () => Promise<unknown>) => void;

export const method = 'litecoin-regtest';
const vpub = { private: 0x045f18bc, public: 0x045f1cf6 };

/** What every story stands on: a node, a gateway that is not started yet, and its books. */
export type Ground = Pick<Stage, 'node' | 'gateway' | 'books'>;

export async function openGround(
  later: Cleanup,
  settings: Readonly<Record<string, string>>,
): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'dragoman-demo-'));
  later('folder', () => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const node = await startLitecoind();
  later('litecoind', node.close);
  say('litecoind ready', `regtest, 101 blocks, ${node.rpcUrl}`);
  const xpub = freshAccount();
  say('account for this demo', `${xpub} (made from a random seed, thrown away afterwards)`);
  const environment = { ...settingsOf(folder, node, xpub), ...settings };
  const gateway = await createGateway(environment);
  later('gateway', gateway.stop);
  return { node, gateway, books: createBooks(environment) };
}

export async function buildStage(lifetimeSeconds: number, later: Cleanup): Promise<Stage> {
  const receiver = await startReceiver();
  later('receiver', receiver.close);
  const ground = await openGround(later, { RATES: '{"LTC/USD": "85.20"}' });
  const keys = await ground.books.openShop({ webhookUrl: receiver.url, lifetimeSeconds });
  await ground.gateway.start();
  return { ...ground, receiver, shop: createShop(ground.gateway.origin, keys) };
}

function freshAccount(): string {
  const seed = crypto.getRandomValues(new Uint8Array(32));
  return HDKey.fromMasterSeed(seed, vpub).derive("m/84'/1'/0'").publicExtendedKey;
}

function settingsOf(folder: string, node: Litecoind, xpub: string): NodeJS.ProcessEnv {
  const { rpcUrl, cookieFile: rpcCookieFile } = node;
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    DATA_DIR: join(folder, 'data'),
    LOG_LEVEL: 'warn',
    CHAINS: JSON.stringify([{ chain: method, rpcUrl, rpcCookieFile, xpub, pollMs: 250 }]),
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
  };
}
