// The secret key: made once, whole, for its owner only, and never replaced.

import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSecretKey, secretKeyFile } from '../src/secret.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'dragoman-secret-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

test('many that start at once end with the same key, and no half file stays', async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, load));
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
  expect(keys[0]).toHaveLength(32);
  expect(await readdir(dataDir)).toEqual(['secret.key']);
  expect((await stat(secretKeyFile(dataDir))).mode & 0o777).toBe(0o600);
  expect(await load()).toEqual(keys[0]);
});

test('the setting wins and writes nothing', async () => {
  const key = Buffer.alloc(32, 7);
  expect(await loadSecretKey({ secretKey: key, dataDir })).toBe(key);
  expect(await readdir(dataDir)).toEqual([]);
});

test.each(['', 'abc', 'g'.repeat(64)])('a file that holds %j is refused and kept', async (text) => {
  await writeFile(secretKeyFile(dataDir), text);
  await expect(load()).rejects.toThrow(/restore it from a backup/);
  expect(await readFile(secretKeyFile(dataDir), 'utf8')).toBe(text);
});

function load(): Promise<Buffer> {
  return loadSecretKey({ secretKey: null, dataDir });
}
