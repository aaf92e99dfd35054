// The folder that the embedded server lives in: inside the data folder wherever its user can enter.

import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DatabaseRefused } from './refused.ts';
import { canRun, type Account } from './server-account.ts';

export type ServerHome = {
  readonly folder: string;
  readonly cluster: string;
  readonly logFile: string;
};

export type Log = { info(message: string): void; warn(message: string): void };

/** Below it lie programs and clusters of servers whose data folder their user cannot enter. */
const sharedFolder = '/var/lib/dragoman';
const OWNER_FILE = 'data-folder';
// The kernel's limit for a socket's path is 108 bytes on Linux and 104 on macOS, with a final NUL.
const socketPathLimitBytes = 103;
const SOCKET_NAME = '/.s.PGSQL.5432';

/** Where the cluster of a data folder is, whether or not it exists yet. */
export function clusterOf(dataDir: string): string {
  return join(dataDir, 'postgres', 'cluster');
}

export function sharedPrograms(): string {
  return sharedFolder;
}

/**
 * Makes the folder, 0700 and owned by the server's user. When that user cannot enter the data
 * folder (a clone in /root, say) the server lives below /var/lib/dragoman and `postgres` in the
 * data folder is a symbolic link to it.
 */
export async function prepareHome(
  dataDir: string,
  account: Account | null,
  log: Log,
): Promise<ServerHome> {
  const inside = join(dataDir, 'postgres');
  const present = await lstat(inside).catch(() => null);
  if (present?.isSymbolicLink()) return places(dataDir, await linkedHome(dataDir, inside, account));
  await makeFolder(inside, account);
  if (await canEnter(account, inside)) return places(dataDir, inside);
  if (await isFile(join(inside, 'cluster', 'PG_VERSION'))) {
    throw new DatabaseRefused(
      `the database in ${inside} exists, but ${describe(account)} cannot enter that folder: ` +
        'let that user enter the folders above it (chmod o+x), or start as the folder’s owner',
    );
  }
  if (!account) throw new DatabaseRefused(`the folder ${inside} cannot be written by this user`);
  await rm(inside, { recursive: true });
  await mkdir(sharedFolder, { recursive: true, mode: 0o755 });
  // A new name each time: whoever deletes a data folder wants an empty database, not the old one.
  const name =
    basename(dirname(dataDir))
      .replace(/[^A-Za-z0-9]+/g, '')
      .slice(0, 20) || 'data';
  const outside = await mkdtemp(join(sharedFolder, `${name}-`));
  await giveTo(outside, account);
  await claim(outside, dataDir);
  await symlink(outside, inside);
  log.warn(
    `the system user ${account.name} cannot enter ${dataDir}: the database lives in ${outside}` +
      `, and ${inside} is a link to it`,
  );
  return places(dataDir, outside);
}

/** An empty 0700 folder for the server's socket, whose path fits into the kernel's limit. */
export async function prepareSocketFolder(
  home: ServerHome,
  account: Account | null,
): Promise<string> {
  const inside = join(home.folder, 'socket');
  await rm(inside, { recursive: true, force: true });
  if (Buffer.byteLength(inside + SOCKET_NAME) <= socketPathLimitBytes) {
    await makeFolder(inside, account);
    return inside;
  }
  const folder = await mkdtemp(join(await shortTemporaryFolder(), 'dragoman-'));
  await giveTo(folder, account);
  return folder;
}

// The log stays outside the server's own folder: root must not write where another user may link.
function places(dataDir: string, folder: string): ServerHome {
  return { folder, cluster: join(folder, 'cluster'), logFile: join(dataDir, 'database.log') };
}

async function linkedHome(dataDir: string, link: string, account: Account | null): Promise<string> {
  const folder = await readlink(link);
  const owner = await readFile(join(folder, OWNER_FILE), 'utf8').catch(() => null);
  const elsewhere = owner !== null && owner !== dataDir ? join(owner, 'postgres') : null;
  if (elsewhere && (await readlink(elsewhere).catch(() => null)) === folder) {
    throw new DatabaseRefused(
      `${dataDir} is a copy of ${owner}: both mean the database in ${folder}. ` +
        `Remove ${link} to begin with an empty database, or use the original`,
    );
  }
  await makeFolder(folder, account);
  if (owner !== dataDir) await claim(folder, dataDir);
  return folder;
}

async function claim(folder: string, dataDir: string): Promise<void> {
  await writeFile(join(folder, OWNER_FILE), dataDir);
}

async function makeFolder(folder: string, account: Account | null): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await giveTo(folder, account);
}

async function giveTo(folder: string, account: Account | null): Promise<void> {
  if (!account) return;
  await chown(folder, account.uid, account.gid);
  await chmod(folder, 0o700);
}

function canEnter(account: Account | null, folder: string): Promise<boolean> {
  const script = 'cd "$1" && : > .probe && rm .probe';
  return canRun(account, '/bin/sh', ['-c', script, 'sh', folder]);
}

async function shortTemporaryFolder(): Promise<string> {
  const usual = await realpath(tmpdir());
  const longest = `${usual}/dragoman-XXXXXX${SOCKET_NAME}`;
  return Buffer.byteLength(longest) <= socketPathLimitBytes ? usual : '/tmp';
}

async function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function describe(account: Account | null): string {
  return account ? `the system user ${account.name}` : 'this user';
}
