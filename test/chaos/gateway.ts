// The gateway under test: the real entry point with its embedded database, on one data folder that
// outlives every process killed on it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, lstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { commandOf, killAll, treeOf } from './processes.ts';

export type Gateway = {
  readonly origin: string;
  readonly dataDir: string;
  /** Starts the process and returns at once. */
  launch(): void;
  /** Resolves, with the milliseconds it took, when it is ready to work. */
  ready(): Promise<number>;
  /** SIGKILL for the Node process alone; the database follows through its own guard. */
  killGateway(): Promise<void>;
  /** SIGKILL for every process of the database server. */
  killDatabase(): void;
  /** SIGKILL for one process that serves a connection, chosen by `pick`. */
  killBackend(pick: (pids: readonly number[]) => number): void;
  killBoth(databaseFirst: boolean): Promise<void>;
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
  /** The last lines it wrote. */
  log(): string;
  /** What happened without having been asked for: an end of the process that nobody caused. */
  readonly surprises: string[];
  /** For an interrupted run: everything is killed now, in one go. */
  killEverything(): void;
  remove(): Promise<void>;
};

const entry = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 45_000;
const STEP_MS = 20;
const TAIL_CHARS = 4_000;

export async function createGateway(settings: Record<string, string>): Promise<Gateway> {
  const dataDir = await realpath(await mkdtemp(join(tmpdir(), 'dragoman-chaos-')));
  // Under root the server's user must enter it, or the cluster would go to /var/lib.
  await chmod(dataDir, 0o755);
  const port = await freePort();
  const logFile = join(dataDir, 'gateway.log');
  const origin = `http://127.0.0.1:${port}`;
  const surprises: string[] = [];
  let child: ChildProcess | null = null;
  let expected = false;

  function launch(): void {
    const output = openSync(logFile, 'a');
    const started = spawn(process.execPath, [entry], {
      cwd: dataDir,
      env: { PATH: process.env['PATH'], DATA_DIR: dataDir, PORT: String(port), ...settings },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    child = started;
    expected = false;
    started.once('exit', (code, signal) => {
      if (!expected) surprises.push(`the gateway ended by itself (${code ?? signal})`);
      if (child === started) child = null;
    });
  }

  async function ready(): Promise<number> {
    const startedAt = performance.now();
    while (performance.now() - startedAt < READY_LIMIT_MS) {
      if (!child) throw new Error(`the gateway does not run\n${log()}`);
      const answer = await fetch(`${origin}/readyz`).catch(() => null);
      await answer?.arrayBuffer().catch(() => undefined);
      // It listens before the first start has written the demo merchant down.
      const isWhole = answer?.status === 200 && existsSync(join(dataDir, 'demo.json'));
      if (isWhole) return Math.round(performance.now() - startedAt);
      await pause(STEP_MS);
    }
    throw new Error(`the gateway was not ready in ${READY_LIMIT_MS} ms\n${log()}`);
  }

  async function killGateway(): Promise<void> {
    expected = true;
    const dying = child;
    if (!dying) return;
    const ended = once(dying, 'exit');
    killAll([dying.pid ?? 0]);
    await ended;
  }

  function databasePid(): number | null {
    const file = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
    if (!existsSync(file)) return null;
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 1 && commandOf(pid).includes(dataDir) ? pid : null;
  }

  function killDatabase(): void {
    const pid = databasePid();
    if (pid !== null) killAll(treeOf(pid));
  }

  function killBackend(pick: (pids: readonly number[]) => number): void {
    const pid = databasePid();
    const backends = pid === null ? [] : treeOf(pid).filter((one) => isBackend(one));
    if (backends.length > 0) killAll([pick(backends)]);
  }

  async function killBoth(databaseFirst: boolean): Promise<void> {
    expected = true;
    const database = databasePid();
    const below = child?.pid ? treeOf(child.pid) : [];
    const servers = database === null ? [] : treeOf(database);
    const [node = [], others] = [below.slice(0, 1), [...servers, ...below.slice(1)]];
    const ended = child ? once(child, 'exit') : null;
    killAll(databaseFirst ? [...others, ...node] : [...node, ...others]);
    await ended;
  }

  function killEverything(): void {
    expected = true;
    const database = databasePid();
    killAll([...(child?.pid ? treeOf(child.pid) : []), ...(database ? treeOf(database) : [])]);
  }

  async function stop(): Promise<number | null> {
    expected = true;
    const stopping = child;
    if (!stopping) return null;
    const ended = once(stopping, 'exit');
    stopping.kill('SIGTERM');
    const late = new AbortController();
    const [code] = await Promise.race([
      ended,
      pause(STOP_LIMIT_MS, [null], { signal: late.signal }),
    ]);
    late.abort();
    return code as number | null;
  }

  function log(): string {
    return existsSync(logFile) ? readFileSync(logFile, 'utf8').slice(-TAIL_CHARS) : '';
  }

  async function remove(): Promise<void> {
    killEverything();
    const home = join(dataDir, 'postgres');
    const linked = existsSync(home) && lstatSync(home).isSymbolicLink();
    if (linked) await rm(readlinkSync(home), { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  return {
    origin,
    dataDir,
    launch,
    ready,
    killGateway,
    killDatabase,
    killBackend,
    killBoth,
    stop,
    log,
    surprises,
    killEverything,
    remove,
  };
}

// Its title says whom it serves, as in "postgres: dragoman: dragoman dragoman [local] idle".
function isBackend(pid: number): boolean {
  return commandOf(pid).includes('[local]');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
