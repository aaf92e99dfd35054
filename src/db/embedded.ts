// The embedded database: a real PostgreSQL server on the data folder, as a child of this process.

import { execFile } from 'node:child_process';
import { mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { stopLeftover } from './leftover.ts';
import { lockFolder } from './lock.ts';
import { copyBinaries, findBinaries, type Binaries } from './postgres-binaries.ts';
import { DatabaseRefused } from './refused.ts';
import { canRun, identity, serverAccount, type Account } from './server-account.ts';
import {
  clusterOf,
  prepareHome,
  prepareSocketFolder,
  sharedPrograms,
  type Log,
  type ServerHome,
} from './server-home.ts';
import {
  runServer,
  serverEnvironment,
  type ServerPlace,
  type ServerRun,
} from './server-process.ts';

export type EmbeddedOptions = {
  readonly dataDir: string;
  readonly log: Log;
  /** Settings of the server that differ from ours, for tests of an unsafe or a tiny one. */
  readonly settings?: Readonly<Record<string, string>>;
};

export type Embedded = {
  /** How to reach it, over a socket that only this user (and root) can open. */
  readonly connection: pg.ClientConfig;
  /** Resolves, with the reason, when the server has ended and could not be brought back. */
  readonly lost: Promise<Error>;
  /** Shuts it down cleanly and waits for its end. Close the pools first. */
  stop(): Promise<void>;
};

const ROLE = 'dragoman';
const startAttempts = 4;
const reviveAttempts = 20;
const retryPauseMs = 500;
const initLimitMs = 120_000;
const execute = promisify(execFile);

/**
 * Makes the cluster at the first start, recovers it after a crash, and returns once it answers.
 * Throws FolderInUse when another process runs a server on the same data folder.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  await mkdir(options.dataDir, { recursive: true });
  const dataDir = await realpath(options.dataDir);
  const lock = lockFolder(dataDir, 'database');
  try {
    const place = await prepare(dataDir, options);
    const server = await keepRunning(place);
    await makeDatabase(place.connection);
    await record(dataDir, place.connection);
    return {
      connection: place.connection,
      lost: server.lost,
      async stop(): Promise<void> {
        await server.stop();
        await rm(connectionFile(dataDir), { force: true });
        await rm(place.socketFolder, { recursive: true, force: true });
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** How to reach the server that another process runs on the folder; null when none was recorded. */
export async function embeddedConnection(dataDir: string): Promise<pg.ClientConfig | null> {
  try {
    return JSON.parse(await readFile(connectionFile(dataDir), 'utf8')) as pg.ClientConfig;
  } catch {
    return null;
  }
}

async function prepare(dataDir: string, options: EmbeddedOptions): Promise<ServerPlace> {
  const { log, settings = {} } = options;
  const account = await serverAccount(clusterOf(dataDir));
  const home = await prepareHome(dataDir, account, log);
  const binaries = await runnableBinaries(account);
  await refuseStrangers(home, account, binaries);
  await stopLeftover(home.cluster, log);
  await makeCluster(home, account, binaries, log);
  const socketFolder = await prepareSocketFolder(home, account);
  const connection = {
    host: socketFolder,
    port: 5432,
    user: ROLE,
    database: ROLE,
    ssl: false,
  };
  return { binaries, account, home, socketFolder, connection, settings, log };
}

async function runnableBinaries(account: Account | null): Promise<Binaries> {
  const found = await findBinaries();
  if (await canRun(account, found.postgres, ['--version'])) return found;
  if (account) {
    const copy = await copyBinaries(found, sharedPrograms());
    if (await canRun(account, copy.postgres, ['--version'])) return copy;
  }
  throw new DatabaseRefused(
    `the database server ${found.postgres} does not run on this machine: ` +
      'set DATABASE_URL to a PostgreSQL server (15 or newer) instead',
  );
}

/** Says plainly what PostgreSQL would refuse in its own words: another owner, another version. */
async function refuseStrangers(
  home: ServerHome,
  account: Account | null,
  binaries: Binaries,
): Promise<void> {
  const owner = await stat(home.cluster).catch(() => null);
  if (!owner) return;
  const uid = account?.uid ?? process.getuid?.();
  if (owner.uid !== uid) {
    throw new DatabaseRefused(
      `the database in ${home.cluster} belongs to user ${owner.uid}, and this server would run ` +
        `as user ${uid}: start as the same user as before`,
    );
  }
  const version = (await readFile(join(home.cluster, 'PG_VERSION'), 'utf8')).trim();
  if (binaries.version.split('.')[0] !== version) {
    throw new DatabaseRefused(
      `the database in ${home.cluster} was made by PostgreSQL ${version}, and the installed ` +
        `server is ${binaries.version}: see "Upgrading" in docs/OPERATIONS.md`,
    );
  }
}

/** Made beside its place and renamed: a half-made cluster is never mistaken for a whole one. */
async function makeCluster(
  home: ServerHome,
  account: Account | null,
  binaries: Binaries,
  log: Log,
): Promise<void> {
  if (await stat(home.cluster).catch(() => null)) return;
  log.info(`making a new database in ${home.cluster}`);
  const half = `${home.cluster}.new`;
  await rm(half, { recursive: true, force: true });
  const programArguments = [
    '-D',
    half,
    '-U',
    ROLE,
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--no-instructions',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  await execute(binaries.initdb, programArguments, {
    ...identity(account),
    cwd: home.folder,
    env: serverEnvironment,
    timeout: initLimitMs,
  });
  await rename(half, home.cluster);
  await syncFolder(dirname(home.cluster));
}

/** Runs the server and, when it ends without being asked to, runs it again. */
async function keepRunning(place: ServerPlace): Promise<{
  lost: Promise<Error>;
  stop(): Promise<void>;
}> {
  let stopping = false;
  let run: ServerRun | null = await startPatiently(place, startAttempts);
  let reviving: Promise<void> = Promise.resolve();
  const lost = new Promise<Error>((resolve) => {
    const watch = (current: ServerRun): void => {
      void current.ended.then(() => {
        if (stopping) return;
        run = null;
        place.log.warn('the database server ended unexpectedly and is started again');
        reviving = revive();
      });
    };
    const revive = async (): Promise<void> => {
      try {
        run = await startPatiently(place, reviveAttempts, () => stopping);
        watch(run);
      } catch (error) {
        if (!stopping) resolve(new Error('the database server is lost', { cause: error }));
      }
    };
    if (run) watch(run);
  });
  return {
    lost,
    async stop(): Promise<void> {
      stopping = true;
      await reviving;
      await run?.stop();
    },
  };
}

/** A dead server's last processes may hold its shared memory for a moment: then we try again. */
async function startPatiently(
  place: ServerPlace,
  attempts: number,
  isGivenUp: () => boolean = () => false,
): Promise<ServerRun> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runServer(place);
    } catch (error) {
      if (attempt >= attempts || isGivenUp()) throw error;
      await wait(retryPauseMs);
    }
  }
}

async function makeDatabase(connection: pg.ClientConfig): Promise<void> {
  const client = new pg.Client({ ...connection, database: 'postgres' });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [ROLE]);
    if (found.rowCount === 0) await client.query(`create database ${ROLE}`);
  } finally {
    await client.end();
  }
}

async function record(dataDir: string, connection: pg.ClientConfig): Promise<void> {
  const file = connectionFile(dataDir);
  const half = await open(`${file}.new`, 'w', 0o600);
  await half.writeFile(`${JSON.stringify(connection, null, 2)}\n`);
  await half.close();
  await rename(`${file}.new`, file);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
}

function connectionFile(dataDir: string): string {
  return join(dataDir, 'postgres.json');
}
