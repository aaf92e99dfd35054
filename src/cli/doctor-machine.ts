// What `doctor` looks at on the machine itself: Node, the data folder, the secret key.

import { constants } from 'node:fs';
import { access, mkdir, stat, statfs } from 'node:fs/promises';
import type { Config } from '../config.ts';
import { loadSecretKey, secretKeyFile } from '../secret.ts';
import { reasonOf, type Finding } from './finding.ts';

const oldestNodeMajor = 24;
const bytesPerMegabyte = 1_000_000n;
const scarceMegabytes = 1_000n;
const permissionBits = 0o777;
const othersBits = 0o077;

export function checkNode(version: string): Finding {
  const major = Number.parseInt(version, 10);
  if (major >= oldestNodeMajor) return { state: 'good', sentence: `Node ${version} runs this.` };
  return {
    state: 'bad',
    sentence: `Node ${version} is too old.`,
    advice: 'Start with "npm start" or "npx dragoman", which bring their own Node 24.',
  };
}

export async function checkDataFolder(dataDir: string): Promise<Finding[]> {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const sentence = `The data folder cannot be used: ${reasonOf(error)}.`;
    return [{ state: 'bad', sentence, advice: 'Give it to this user, or set DATA_DIR.' }];
  }
  const { bavail, bsize } = await statfs(dataDir, { bigint: true });
  const free = (bavail * bsize) / bytesPerMegabyte;
  const findings: Finding[] = [{ state: 'good', sentence: `The data folder is ${dataDir}.` }];
  if (free < scarceMegabytes) {
    findings.push({
      state: 'bad',
      sentence: `Only ${free} MB are free where the data folder lies.`,
      advice: 'Make room: the database stops taking payments when its disk is full.',
    });
  }
  return findings;
}

export async function checkSecretKey(
  config: Pick<Config, 'secretKey' | 'dataDir'>,
): Promise<Finding> {
  if (config.secretKey !== null) {
    return { state: 'good', sentence: 'The secret key comes from SECRET_KEY.' };
  }
  const file = secretKeyFile(config.dataDir);
  const found = await stat(file).catch(() => null);
  if (!found) {
    return { state: 'note', sentence: `${file} is not there yet; the first start makes it.` };
  }
  try {
    await loadSecretKey(config);
  } catch (error) {
    return { state: 'bad', sentence: `The secret key cannot be read: ${reasonOf(error)}.` };
  }
  if ((found.mode & othersBits) !== 0) {
    const mode = (found.mode & permissionBits).toString(8);
    return {
      state: 'bad',
      sentence: `Other users may read the secret key (mode ${mode}).`,
      advice: `Run: chmod 600 ${file}`,
    };
  }
  return { state: 'good', sentence: `The secret key is ${file}. Keep a copy elsewhere.` };
}
