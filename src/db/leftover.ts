// A database server that outlived its gateway: found by its pid file, stopped cleanly, waited for.

import { execFile } from 'node:child_process';
import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Log } from './server-home.ts';

const execute = promisify(execFile);
const stopLimitMs = 60_000;
const pollMs = 50;

/**
 * Leaves no server running on the cluster and no pid file behind. It is stopped rather than
 * adopted: a server that is not our child could end without our noticing, and its settings may be
 * those of an older release. The caller holds the data folder's lock, so it is nobody else's.
 */
export async function stopLeftover(cluster: string, log: Log): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  const pid = await readPid(file);
  if (pid === null) return;
  if (await isServerOf(pid, cluster)) {
    log.warn(`stopping the database server (process ${pid}) that an earlier gateway left behind`);
    await stopServer(pid);
  }
  // The number may belong to another program by now (containers start counting anew), which
  // PostgreSQL could not tell and would refuse to start for.
  await rm(file, { force: true });
}

/** Asks for a fast shutdown, which writes a checkpoint; after a minute for an immediate one. */
async function stopServer(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (!send(pid, signal)) return;
    const deadline = Date.now() + stopLimitMs;
    while (Date.now() < deadline) {
      if (!send(pid, 0)) return;
      await wait(pollMs);
    }
  }
  throw new Error(`the database server (process ${pid}) cannot be stopped`);
}

async function readPid(file: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const pid = Number.parseInt(text.split('\n')[0] ?? '', 10);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
}

/** Whether the process is a server on this very cluster: it works inside the folder. */
async function isServerOf(pid: number, cluster: string): Promise<boolean> {
  if (!send(pid, 0)) return false;
  const real = await realpath(cluster).catch(() => cluster);
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => null);
  if (folder !== null) return folder === real;
  // macOS has no /proc, and another user's process hides its folder: its arguments name it.
  const { stdout } = await execute('ps', ['-p', String(pid), '-o', 'args=']).catch(() => ({
    stdout: '',
  }));
  return stdout.includes(real) || stdout.includes(cluster);
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    // EPERM: it lives, but is not ours.
    return (error as NodeJS.ErrnoException).code === 'EPERM' && signal === 0;
  }
}
