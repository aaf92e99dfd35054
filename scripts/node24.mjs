// Runs a file with the pinned Node 24, whatever Node starts this; installs what is missing first.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
const ownMajor = Number.parseInt(process.versions.node, 10);
const wantedMajor = 24;
const oldestMajor = 20;
const parentWatchMs = 200;
// Measured under full load: half of what the gateway held was garbage, which V8 lets grow to four
// times what is in use; collecting at 1.4 times needs a third less memory. A larger young
// generation and the C library's one arena per thread (MALLOC_ARENA_MAX) keep pages that nobody
// needs.
const memoryFlags = ['--max-semi-space-size=16', '--heap-growing-percent=40'];
// Read again as they were compiled once, our modules take 10 MB and almost half the time less.
const compiled = join(modules, '.cache', 'dragoman');

/** Runs `file` (relative to the project) with the arguments and ends this process as it ended. */
export function run(file, programArguments) {
  if (ownMajor < oldestMajor) {
    fail(`Dragoman needs Node ${oldestMajor} or newer, not ${process.versions.node}.`);
  }
  const path = join(root, file);
  install(file, path);
  const node = findNode() ?? installNode();
  const child = spawn(node, [...memoryFlags, path, ...programArguments], {
    stdio: 'inherit',
    env: { ...environmentOf(file), ...process.env },
  });
  child.on('error', (error) => fail(`${node} does not run: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0));
  });
  // A terminal sends Ctrl-C and its own closing to every process in front, the child included;
  // sending them again would make the child believe that somebody is impatient.
  const sentByTerminal = process.stdin.isTTY ? ['SIGINT', 'SIGHUP'] : [];
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (!sentByTerminal.includes(signal)) child.kill(signal);
    });
  }
  stopWithNpm(child);
}

function environmentOf(file) {
  const isOurs = file.startsWith('src/');
  return { MALLOC_ARENA_MAX: '2', ...(isOurs ? { NODE_COMPILE_CACHE: compiled } : {}) };
}

// npm passes SIGTERM to the shell it started us with, and the shell dies without passing it on.
function stopWithNpm(child) {
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === undefined || parent === 1) return;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, parentWatchMs);
  watch.unref();
}

function install(file, path) {
  const isTool = file.startsWith('node_modules');
  const description = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const wanted = Object.entries(description.dependencies);
  if (isTool) wanted.push(...Object.entries(description.devDependencies));
  const missing = wanted.filter(([name, version]) => versionOf(name) !== version);
  if (missing.length === 0 && existsSync(path)) return;
  const what = isTool ? ['--include=dev'] : [];
  console.error('Installing what is missing (npm) ...');
  const isFresh = !existsSync(modules) && existsSync(join(root, 'package-lock.json'));
  if (isFresh && npm(['ci', ...what], root, 'ignore')) return;
  // Not saving leaves a lock file alone that another platform's packages would change.
  if (!npm(['install', '--no-save', ...what], root)) {
    fail('npm could not install the dependencies; its message is above.');
  }
}

function versionOf(name) {
  try {
    return JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version;
  } catch {
    return null;
  }
}

function findNode() {
  const places = ['node/bin/node', `${platformPackage()}/bin/node`, privatePlace()];
  return places.map((place) => join(modules, place)).find((path) => existsSync(path)) ?? null;
}

// The package `node` fetches its program in an install script; where scripts are blocked, we do.
function installNode() {
  const wanted = `${platformPackage()}@${versionOf('node')}`;
  const prefix = join(modules, '.node');
  mkdirSync(prefix, { recursive: true });
  npm(['install', '--prefix', prefix, '--no-save', '--ignore-scripts', wanted], prefix);
  const found = findNode();
  if (found) return found;
  if (ownMajor >= wantedMajor) return process.execPath;
  return fail(`npm could not install ${wanted}: install Node ${wantedMajor} and start again.`);
}

function privatePlace() {
  return `.node/node_modules/${platformPackage()}/bin/node`;
}

function platformPackage() {
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  return `${prefix}-${process.platform}-${process.arch}`;
}

// npm's output is not ours: our standard output may be read by a program.
function npm(npmArguments, folder, output = 2) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const script = process.env.npm_execpath;
  const isScript = script?.endsWith('.js') && existsSync(script);
  const [program, first] = isScript ? [process.execPath, [script]] : ['npm', []];
  const result = spawnSync(program, [...first, ...npmArguments, ...quiet], {
    cwd: folder,
    stdio: ['ignore', output, output],
    shell: process.platform === 'win32',
  });
  return result.status === 0;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
