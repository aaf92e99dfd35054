// One run of the embedded server: its settings, its start, its end, and a guard that outlives us.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Binaries } from './postgres-binaries.ts';
import { DatabaseRefused } from './refused.ts';
import { identity, type Account } from './server-account.ts';
import type { Log, ServerHome } from './server-home.ts';

export type ServerPlace = {
  readonly binaries: Binaries;
  readonly account: Account | null;
  readonly home: ServerHome;
  readonly socketFolder: string;
  readonly connection: pg.ClientConfig;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: Log;
};

export type ServerRun = {
  readonly pid: number;
  readonly ended: Promise<void>;
  /** Fast shutdown: open transactions are rolled back, a checkpoint is written. */
  stop(): Promise<void>;
};

// Crash recovery replays at most max_wal_size; slow disks get time, and a line now and then.
const startLimitMs = 600_000;
const stopLimitMs = 60_000;
const noticeMs = 10_000;
const pollMs = 25;
const logLimitBytes = 10_000_000;
const tailChars = 2_000;

/** Given on the command line, where neither a file nor `alter system` can undo them. */
const ourSettings: Readonly<Record<string, string>> = {
  listen_addresses: '',
  port: '5432',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  shared_buffers: '128MB',
  max_connections: '60',
  max_wal_size: '1GB',
  checkpoint_completion_target: '0.9',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  cluster_name: 'dragoman',
};

/** What every program of the server sees of the environment: nothing of ours. */
export const serverEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Starts the server and returns once it answers, crash recovery included. */
export async function runServer(place: ServerPlace): Promise<ServerRun> {
  const output = openLog(place.home.logFile);
  const programArguments = ['-D', place.home.cluster];
  const places = { unix_socket_directories: place.socketFolder };
  const all = { ...ourSettings, ...place.settings, ...places };
  for (const [name, value] of Object.entries(all)) programArguments.push('-c', `${name}=${value}`);
  // A session of its own: Ctrl-C in our terminal must not stop it before we have finished.
  const child = spawn(place.binaries.postgres, programArguments, {
    ...identity(place.account),
    cwd: place.home.folder,
    env: serverEnvironment,
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  await once(child, 'spawn');
  const guard = startGuard(child, place.account);
  const ended = once(child, 'exit').then(() => {
    guard.stdin?.end('done\n');
  });
  try {
    await untilReady(child, place);
  } catch (error) {
    await stop(child, ended);
    throw error;
  }
  return { pid: child.pid ?? 0, ended, stop: () => stop(child, ended) };
}

/** The last lines of the server's log, for a message that explains itself. */
function logTail(home: ServerHome): string {
  try {
    return readFileSync(home.logFile, 'utf8').slice(-tailChars).trim();
  } catch {
    return '';
  }
}

// When we die without a word (kill -9) the pipe closes, and the guard asks the server to stop.
function startGuard(child: ChildProcess, account: Account | null): ChildProcess {
  const script = 'read -r word; [ "$word" = "done" ] || kill -INT "$1"';
  const guard = spawn('/bin/sh', ['-c', script, 'sh', String(child.pid)], {
    ...identity(account),
    cwd: '/',
    env: serverEnvironment,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => undefined);
  guard.stdin?.on('error', () => undefined);
  return guard;
}

async function untilReady(child: ChildProcess, place: ServerPlace): Promise<void> {
  const startedAt = Date.now();
  let noticeAt = startedAt + noticeMs;
  while (Date.now() - startedAt < startLimitMs) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new DatabaseRefused(`the database server did not start:\n${logTail(place.home)}`);
    }
    if (await answers(place.connection)) return;
    if (Date.now() > noticeAt) {
      place.log.info('the database is still starting (it may be recovering from a crash)');
      noticeAt += noticeMs;
    }
    await wait(pollMs);
  }
  throw new DatabaseRefused(`the database server gave no answer in ${startLimitMs} ms`);
}

async function answers(connection: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client({ ...connection, database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    child.kill(signal);
    const limit = new AbortController();
    await Promise.race([
      ended,
      wait(stopLimitMs, undefined, { signal: limit.signal }).catch(() => undefined),
    ]);
    limit.abort();
  }
  await ended;
}

function openLog(file: string): number {
  try {
    if (statSync(file).size > logLimitBytes) renameSync(file, `${file}.old`);
  } catch {
    // There is none yet.
  }
  return openSync(file, 'a', 0o600);
}
