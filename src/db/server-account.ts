// As whom the embedded server runs: PostgreSQL refuses root, so root lends it a system user.

import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DatabaseRefused } from './refused.ts';

export type Account = { readonly uid: number; readonly gid: number; readonly name: string };

const execute = promisify(execFile);
const SYSTEM_USER = 'postgres';
const COMMAND_TIMEOUT_MS = 20_000;
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Null when we are an ordinary user and the server can simply be one of our processes. As root:
 * the user who owns the cluster already, else the system user `postgres`, made if absent.
 */
export async function serverAccount(cluster: string): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(cluster).catch(() => null);
  if (owner && owner.uid !== 0) {
    return { uid: owner.uid, gid: owner.gid, name: `user ${owner.uid}` };
  }
  return (await lookUp()) ?? (await makeUser());
}

/** Runs a program as the account, or as ourselves; true when it ended well. */
export async function canRun(
  account: Account | null,
  program: string,
  programArguments: string[],
): Promise<boolean> {
  try {
    await execute(program, programArguments, {
      ...identity(account),
      cwd: '/',
      env: { PATH },
      timeout: COMMAND_TIMEOUT_MS,
    });
    return true;
  } catch {
    return false;
  }
}

/** The part of spawn's options that changes the user. */
export function identity(account: Account | null): { uid?: number; gid?: number } {
  return account ? { uid: account.uid, gid: account.gid } : {};
}

async function lookUp(): Promise<Account | null> {
  try {
    const ask = async (flag: string): Promise<number> => {
      const { stdout } = await execute('id', [flag, SYSTEM_USER], { env: { PATH } });
      return Number.parseInt(stdout, 10);
    };
    return { uid: await ask('-u'), gid: await ask('-g'), name: SYSTEM_USER };
  } catch {
    return null;
  }
}

async function makeUser(): Promise<Account> {
  const attempts: [string, string[]][] = [
    [
      'useradd',
      [
        '--system',
        '--user-group',
        '--no-create-home',
        '--home-dir',
        '/nonexistent',
        '--shell',
        '/usr/sbin/nologin',
        SYSTEM_USER,
      ],
    ],
    ['adduser', ['--system', '--group', '--no-create-home', SYSTEM_USER]],
    ['adduser', ['-S', '-D', '-H', SYSTEM_USER]],
  ];
  for (const [program, programArguments] of attempts) {
    await execute(program, programArguments, { env: { PATH }, timeout: COMMAND_TIMEOUT_MS }).catch(
      () => null,
    );
    const account = await lookUp();
    if (account) return account;
  }
  throw new DatabaseRefused(
    'PostgreSQL does not run as root, and the system user "postgres" could not be made: ' +
      'start Dragoman as an ordinary user, make that user, or set DATABASE_URL',
  );
}
