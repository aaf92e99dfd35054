// A real Litecoin node on a private regtest chain: a temporary folder, a free port, no left-overs.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createRpc, type Rpc } from '../../src/rails/utxo/rpc.ts';

export type Litecoind = {
  readonly rpcUrl: string;
  readonly cookieFile: string;
  /** Throws what the node refuses. */
  call<T = string>(method: string, ...params: readonly unknown[]): Promise<T>;
  /** Mines to a new address of the wallet; answers the block hashes. */
  mine(blocks: number): Promise<string[]>;
  /** Pays from the wallet, marked replaceable; answers the transaction id. */
  pay(address: string, coins: string): Promise<string>;
  /** Resolves once the node's mempool holds the transaction. */
  seen(txid: string): Promise<void>;
  /** Stops the node and starts it again on the same chain. */
  restart(): Promise<void>;
  close(): Promise<void>;
};

export const howToInstall =
  'litecoind is not installed. On Debian and Ubuntu: apt-get install litecoind. ' +
  'Elsewhere: take Litecoin Core from litecoin.org and put litecoind on the PATH.';

const blocksUntilSpendable = 101;
const startLimitMs = 60_000;
const stopLimitMs = 20_000;
const stepMs = 50;

export function hasLitecoind(): boolean {
  return spawnSync('litecoind', ['-version'], { stdio: 'ignore' }).status === 0;
}

/** Starts a node with a funded wallet. */
export async function startLitecoind(): Promise<Litecoind> {
  const folder = await mkdtemp(join(tmpdir(), 'litecoind-'));
  const port = await freePort();
  const rpcUrl = `http://127.0.0.1:${port}/`;
  const cookieFile = join(folder, 'regtest', '.cookie');
  const rpc = createRpc({ url: rpcUrl, cookieFile });
  let child = launch(folder, port);

  async function call<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    const outcome = await rpc.call(method, ...params);
    if (outcome.kind === 'answer') return outcome.value as T;
    throw new Error(`${method}: ${outcome.reason}`);
  }

  async function mine(blocks: number): Promise<string[]> {
    return call('generatetoaddress', blocks, await call('getnewaddress'));
  }

  async function seen(txid: string): Promise<void> {
    const until = performance.now() + startLimitMs;
    while (!(await call<string[]>('getrawmempool')).includes(txid)) {
      if (performance.now() > until) throw new Error(`${txid} never reached the mempool`);
      await pause(stepMs);
    }
  }

  async function restart(): Promise<void> {
    await end(child);
    child = launch(folder, port);
    await ready(rpc, child);
    await call('loadwallet', 'payer').catch(() => undefined);
  }

  async function close(): Promise<void> {
    await end(child);
    await rpc.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  try {
    await ready(rpc, child);
    await call('createwallet', 'payer');
    await mine(blocksUntilSpendable);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    rpcUrl,
    cookieFile,
    call,
    mine,
    pay: (address, coins) => call('sendtoaddress', address, coins, '', '', false, true),
    seen,
    restart,
    close,
  };
}

function launch(folder: string, port: number): ChildProcess {
  const options = [
    '-regtest',
    `-datadir=${folder}`,
    `-rpcport=${port}`,
    '-rpcbind=127.0.0.1',
    '-rpcallowip=127.0.0.1',
    '-server=1',
    '-listen=0',
    '-dnsseed=0',
    '-connect=0',
    '-fallbackfee=0.0002',
    '-mempoolreplacement=1',
    '-walletrbf=1',
    '-dbcache=8',
    '-printtoconsole=0',
  ];
  return spawn('litecoind', options, { stdio: 'ignore' });
}

async function ready(rpc: Rpc, child: ChildProcess): Promise<void> {
  const until = performance.now() + startLimitMs;
  while ((await rpc.call('getblockchaininfo')).kind !== 'answer') {
    if (child.exitCode !== null) throw new Error(`litecoind ended with code ${child.exitCode}`);
    if (performance.now() > until) throw new Error('litecoind does not answer');
    await pause(stepMs);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  await ended;
  clearTimeout(limit);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
