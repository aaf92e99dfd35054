// The lock of a data folder: one holder, and none after kill -9.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FolderInUse, lockFolder } from '../../src/db/lock.ts';

const source = new URL('../../src/db/lock.ts', import.meta.url).href;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dragoman-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('one holder at a time, and the folder is named to the second', async () => {
  const lock = lockFolder(folder, 'gateway');
  expect(() => lockFolder(folder, 'gateway')).toThrow(FolderInUse);
  expect(() => lockFolder(folder, 'gateway')).toThrow(folder);
  lock.release();
  lock.release();
  lockFolder(folder, 'gateway').release();
});

test('different names do not meet, and the folder is made if absent', () => {
  const inner = join(folder, 'a', 'b');
  const locks = [lockFolder(inner, 'gateway'), lockFolder(inner, 'database')];
  for (const lock of locks) lock.release();
});

test('another process is refused, and kill -9 releases', async () => {
  const code =
    `const { lockFolder } = await import(${JSON.stringify(source)});` +
    `globalThis.lock = lockFolder(${JSON.stringify(folder)}, 'gateway');` +
    `console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  expect(() => lockFolder(folder, 'gateway')).toThrow(FolderInUse);
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockFolder(folder, 'gateway').release();
});

test('the lock file is readable by its owner only', async () => {
  lockFolder(folder, 'gateway').release();
  expect((await stat(join(folder, 'gateway.lock'))).mode & 0o777).toBe(0o600);
});
