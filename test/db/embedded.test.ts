// The embedded server: crashes of either side, two at once, odd folders, root and ordinary users.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, lstat, mkdir, mkdtemp, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startEmbedded } from '../../src/db/embedded.ts';
import { canRun } from '../../src/db/server-account.ts';

const fixture = fileURLToPath(new URL('./hold-server.ts', import.meta.url));
const isRoot = process.getuid?.() === 0;
// The system user that owns nothing, on every Linux.
const nobody = { uid: 65_534, gid: 65_534, name: 'nobody' };
const canBeNobody = isRoot && (await canRun(nobody, process.execPath, ['--check', fixture]));
const limit = { timeout: 25_000 };

let dataDir: string;
let held: Held[] = [];

type Held = {
  readonly child: ChildProcess;
  readonly connection: pg.ClientConfig;
  readonly stderr: Promise<string>;
};

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'dragoman-embedded-'));
  await chmod(dataDir, 0o755);
});

afterEach(async () => {
  for (const { child } of held) await stop(child);
  held = [];
  await rm(dataDir, { recursive: true, force: true });
});

test('what was committed survives kill -9 of gateway and server together', async () => {
  const first = await hold(dataDir);
  await run(first, 'create table kept (id int)');
  await run(first, 'insert into kept values (1)');
  process.kill(await serverPid(), 'SIGKILL');
  await kill(first);
  const second = await hold(dataDir);
  expect(await run(second, 'select id from kept')).toEqual([{ id: 1 }]);
});

test('a killed gateway’s server stops by itself, and the next start works', async () => {
  const first = await hold(dataDir);
  await run(first, 'create table kept (id int)');
  const pid = await serverPid();
  await kill(first);
  await expect.poll(() => isAlive(pid), limit).toBe(false);
  const second = await hold(dataDir);
  expect(await run(second, 'select id from kept')).toEqual([]);
});

test('a start right after the kill takes over from a server that is still there', async () => {
  const first = await hold(dataDir);
  await run(first, 'create table kept (id int)');
  const pid = await serverPid();
  // Stopped, the server cannot follow the guard's wish, as if the guard had been killed as well.
  process.kill(pid, 'SIGSTOP');
  await kill(first);
  const starting = hold(dataDir);
  process.kill(pid, 'SIGCONT');
  const second = await starting;
  await expect.poll(() => isAlive(pid), limit).toBe(false);
  expect(await run(second, 'select id from kept')).toEqual([]);
});

test('a server that is killed alone is started again', async () => {
  const server = await hold(dataDir);
  const pid = await serverPid();
  process.kill(pid, 'SIGKILL');
  await expect
    .poll(() => run(server, 'select 1 as one').catch(() => []), limit)
    .toEqual([{ one: 1 }]);
  expect(await serverPid()).not.toBe(pid);
});

test('a second start on the same folder is refused, and the first is not disturbed', async () => {
  const first = await hold(dataDir);
  const quiet = { info: () => undefined, warn: () => undefined };
  await expect(startEmbedded({ dataDir, log: quiet })).rejects.toThrow(/another Dragoman process/);
  expect(await run(first, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('SIGTERM stops the server cleanly', async () => {
  const first = await hold(dataDir);
  const pid = await serverPid();
  await stop(first.child);
  expect(isAlive(pid)).toBe(false);
  expect(await readFile(join(dataDir, 'database.log'), 'utf8')).toContain('is shut down');
  await expect(lstat(join(dataDir, 'postgres.json'))).rejects.toThrow(/ENOENT/);
});

test('a stale pid file that names a living stranger does not stop the start', async () => {
  await stop((await hold(dataDir)).child);
  const file = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  await shell(`echo ${process.pid} > ${file}`);
  const second = await hold(dataDir);
  expect(await run(second, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a data folder with a very long path works', async () => {
  const deep = join(dataDir, 'x'.repeat(60), 'y'.repeat(60));
  await mkdir(deep, { recursive: true });
  const server = await hold(deep);
  expect(String(server.connection.host).length).toBeLessThan(90);
  expect(await run(server, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test.runIf(isRoot)('as root, a private folder gets its database below /var/lib', async () => {
  const secret = join(dataDir, 'private');
  await mkdir(secret, { mode: 0o700 });
  const first = await hold(secret);
  const home = await readlink(join(secret, 'postgres'));
  try {
    expect(home).toMatch(/^\/var\/lib\/dragoman\//);
    await run(first, 'create table kept (id int)');
    await stop(first.child);
    expect(await first.stderr).toContain('cannot enter');
    const second = await hold(secret);
    expect(await run(second, 'select id from kept')).toEqual([]);
    await stop(second.child);
  } finally {
    await rm(home, { recursive: true });
  }
});

test.runIf(canBeNobody)('an ordinary user runs it in a folder of its own', async () => {
  await chown(dataDir, nobody.uid, nobody.gid);
  const server = await hold(dataDir, nobody);
  expect(await run(server, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect((await lstat(join(dataDir, 'postgres', 'cluster'))).uid).toBe(nobody.uid);
});

async function hold(folder: string, user: { uid?: number; gid?: number } = {}): Promise<Held> {
  const child = spawn(process.execPath, [fixture, folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    uid: user.uid,
    gid: user.gid,
  });
  const stderr = text(child.stderr);
  const line = await Promise.race([
    once(child.stdout, 'data').then(([data]) => String(data)),
    stderr.then((said) => Promise.reject(new Error(said))),
  ]);
  const server = { child, connection: JSON.parse(line) as pg.ClientConfig, stderr };
  held.push(server);
  return server;
}

async function run(server: Held, sql: string): Promise<unknown[]> {
  const client = new pg.Client(server.connection);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function shell(command: string): Promise<void> {
  expect(await canRun(null, '/bin/sh', ['-c', command])).toBe(true);
}

async function serverPid(): Promise<number> {
  const file = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  return Number.parseInt(await readFile(file, 'utf8'), 10);
}

async function kill(server: Held): Promise<void> {
  server.child.kill('SIGKILL');
  if (server.child.signalCode === null) await once(server.child, 'exit');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
