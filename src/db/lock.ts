// One process per data folder: a lock that the operating system releases however its holder dies.

import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DatabaseRefused } from './refused.ts';

/** Thrown when another process holds the lock. The message is meant for the operator. */
export class FolderInUse extends Error {
  override name = 'FolderInUse';
}

export type FolderLock = { release(): void };

const SQLITE_BUSY = 5;

/**
 * Takes the lock `name` on a folder, made if absent, or throws FolderInUse. The lock is SQLite's
 * exclusive lock on an empty file: the kernel drops it on kill -9, it cannot go stale, and taking
 * it has no race, which is more than a pid file or a socket can say.
 */
export function lockFolder(folder: string, name: string): FolderLock {
  const file = join(folder, `${name}.lock`);
  const holder = open(folder, file);
  try {
    holder.exec('begin exclusive');
  } catch (error) {
    holder.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new FolderInUse(
      `another Dragoman process is running on the data folder ${folder}: ` +
        'stop it first, or set DATA_DIR to another folder',
    );
  }
  return {
    release(): void {
      if (holder.isOpen) holder.close();
    },
  };
}

function open(folder: string, file: string): DatabaseSync {
  try {
    mkdirSync(folder, { recursive: true });
    closeSync(openSync(file, 'a', 0o600));
    return new DatabaseSync(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatabaseRefused(`the data folder ${folder} cannot be used by this user: ${reason}`, {
      cause: error,
    });
  }
}
