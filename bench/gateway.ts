// The measured gateway: the real entry point as a process of its own, on a temporary data folder.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { embeddedConnection } from '../src/db/embedded.ts';
import type { Demo } from '../src/first-start.ts';

export type Gateway = {
  readonly port: number;
  readonly demo: Demo;
  readonly connection: pg.ClientConfig;
  /** Resident memory of the gateway's process now. */
  memoryMb(): Promise<number>;
  stop(): Promise<void>;
};

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 60_000;
const POLL_MS = 5;
const SETTLE_MS = 500;
const root = fileURLToPath(new URL('..', import.meta.url));

/** A data folder that the database's own user can enter. */
export async function newDataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dragoman-bench-'));
  await chmod(folder, 0o755);
  return folder;
}

/** `nodeOptions` are for the gateway's processes; everything else is as `npm start` has it. */
export async function startGateway(dataDir: string, nodeOptions = ''): Promise<Gateway> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(root, 'scripts/run.mjs'), 'src/main.ts'], {
    env: { ...process.env, ...settingsOf(dataDir, port), NODE_OPTIONS: nodeOptions },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await untilAnswered(port, child);
  const connection = await embeddedConnection(dataDir);
  if (connection === null) throw new Error('the gateway did not say how to reach its database');
  return {
    port,
    demo: await untilDemo(dataDir),
    connection,
    memoryMb: () => memoryMbOf(port),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/**
 * Runs `npm start` until its first answer; answers after how many seconds that was. The gateway is
 * stopped again.
 */
export async function secondsToStart(dataDir: string): Promise<number> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, ...settingsOf(dataDir, port) },
    stdio: 'ignore',
  });
  await untilAnswered(port, child);
  const seconds = (performance.now() - startedAt) / 1_000;
  await untilDemo(dataDir);
  // The first answer comes a moment before the whole start is over.
  await pause(SETTLE_MS);
  child.kill('SIGTERM');
  await untilStopped(dataDir);
  return seconds;
}

/** Nothing is lifted but the rate limits; the receiver of webhooks listens on the loopback. */
function settingsOf(dataDir: string, port: number): Record<string, string> {
  return {
    DATA_DIR: dataDir,
    PORT: String(port),
    RATE_LIMITS: 'off',
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
    HOST: '127.0.0.1',
    DATABASE_URL: '',
    PUBLIC_ORIGIN: '',
    ROLES: '',
    CHAINS: '',
    LOG_LEVEL: '',
  };
}

async function untilAnswered(port: number, child: ChildProcess): Promise<void> {
  const limit = performance.now() + START_LIMIT_MS;
  while (performance.now() < limit) {
    if (child.exitCode !== null) throw new Error('the gateway ended while it was starting');
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
    if (answer?.ok) return;
    await pause(POLL_MS);
  }
  throw new Error('the gateway did not start in time');
}

async function untilDemo(dataDir: string): Promise<Demo> {
  const limit = performance.now() + START_LIMIT_MS;
  for (;;) {
    const text = await readFile(join(dataDir, 'demo.json'), 'utf8').catch(() => null);
    if (text !== null) return JSON.parse(text) as Demo;
    if (performance.now() > limit) throw new Error('the gateway made no demo merchant');
    await pause(POLL_MS);
  }
}

// The last thing that a gateway does is to take back the file that says how to reach its database.
async function untilStopped(dataDir: string): Promise<void> {
  const limit = performance.now() + STOP_LIMIT_MS;
  while (await stat(join(dataDir, 'postgres.json')).catch(() => null)) {
    if (performance.now() > limit) throw new Error('the gateway did not stop');
    await pause(POLL_MS);
  }
  await pause(SETTLE_MS);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function memoryMbOf(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  const [, bytes] = /^process_resident_memory_bytes (\S+)/m.exec(await answer.text()) ?? [];
  return Number(bytes) / 2 ** 20;
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
