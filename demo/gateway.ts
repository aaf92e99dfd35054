// The gateway as an operator runs it: a process group of its own, with settings by environment.

import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { say, until } from './timeline.ts';

export type Gateway = {
  readonly origin: string;
  start(): Promise<void>;
  /** As a power cut would: every process of it, at once, without a word. */
  kill(): Promise<void>;
  stop(): Promise<void>;
};

const root = fileURLToPath(new URL('..', import.meta.url));
const stopLimitMs = 20_000;

export async function createGateway(environment: NodeJS.ProcessEnv): Promise<Gateway> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  let child: ChildProcess | null = null;
  let output = '';

  async function start(): Promise<void> {
    output = '';
    const started = spawn(process.execPath, ['scripts/run.mjs', 'src/main.ts'], {
      cwd: root,
      env: { ...environment, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    child = started;
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-20_000);
    };
    started.stdout.on('data', keep);
    started.stderr.on('data', keep);
    await until('the gateway is ready', async () => {
      if (started.exitCode !== null) throw new Error(`the gateway ended:\n${output}`);
      return (await ready(origin)) ? true : null;
    });
    say('gateway ready', origin);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    child = null;
    if (!ending?.pid || ending.exitCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    // SIGTERM goes to the first process, which stops the others in order; SIGKILL to all of them.
    process.kill(signal === 'SIGKILL' ? -ending.pid : ending.pid, signal);
    const limit = setTimeout(() => process.kill(-(ending.pid ?? 0), 'SIGKILL'), stopLimitMs);
    await ended;
    clearTimeout(limit);
  }

  return { origin, start, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

async function ready(origin: string): Promise<boolean> {
  try {
    return (await fetch(`${origin}/readyz`)).ok;
  } catch {
    return false;
  }
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
