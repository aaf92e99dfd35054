// The secret key of this installation: from the settings, or made once and kept in the data folder.

import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.ts';

const keyBytes = 32;

/**
 * 32 bytes. Two processes that start together end with the same key: the file appears whole, or
 * was there already. Throws when the file holds anything else: a wrong key must not be replaced.
 */
export async function loadSecretKey(
  config: Pick<Config, 'secretKey' | 'dataDir'>,
): Promise<Buffer> {
  if (config.secretKey !== null) return config.secretKey;
  const file = secretKeyFile(config.dataDir);
  return (await read(file)) ?? (await make(config.dataDir, file));
}

export function secretKeyFile(dataDir: string): string {
  return join(dataDir, 'secret.key');
}

async function read(file: string): Promise<Buffer | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  if (!/^[0-9a-fA-F]{64}\s*$/.test(text)) {
    throw new Error(`${file} does not hold 64 hexadecimal digits: restore it from a backup`);
  }
  return Buffer.from(text.trim(), 'hex');
}

async function make(dataDir: string, file: string): Promise<Buffer> {
  await mkdir(dataDir, { recursive: true });
  const key = randomBytes(keyBytes);
  const half = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const handle = await open(half, 'wx', 0o600);
    await handle.writeFile(`${key.toString('hex')}\n`);
    await handle.sync();
    await handle.close();
    // A link, unlike a rename, never replaces a key that somebody else just made.
    await link(half, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const other = await read(file);
    if (other) return other;
    throw error;
  } finally {
    await rm(half, { force: true });
  }
  await sync(dataDir);
  return key;
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
}
