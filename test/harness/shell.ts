// The program as a shell runs it: a process of its own, with nothing of our environment.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';

export type Ended = { readonly code: number; readonly out: string; readonly err: string };

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** `input` is what somebody types. */
export function runProgram(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  input?: string,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...words], { env }, (_, out, err) => {
      resolve({ code: child.exitCode ?? -1, out, err });
    });
    if (input !== undefined) child.stdin?.end(input);
  });
}

/** A database as `DATABASE_URL` names it. */
export function addressOf({ host, port, user, database }: pg.ClientConfig): string {
  return `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host ?? '')}`;
}
