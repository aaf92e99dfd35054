// The starter: arguments in, exit code out, and each signal once.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const scripts = fileURLToPath(new URL('../../scripts', import.meta.url));
let project: string;

const main = `
  const [what, code] = process.argv.slice(2);
  if (what === 'exit') process.exit(Number(code));
  if (what === 'print') console.log(process.version, JSON.stringify(process.argv.slice(2)));
  if (what === 'die') process.kill(process.pid, 'SIGKILL');
  if (what === 'wait') {
    let count = 0;
    const hold = setInterval(() => {}, 1000);
    process.on('SIGTERM', () => { count += 1; clearInterval(hold); });
    process.on('exit', () => console.log('signals', count));
    console.log('ready');
  }`;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'dragoman-run-'));
  await cp(scripts, join(project, 'scripts'), { recursive: true });
  await writeFile(join(project, 'main.mjs'), main);
  const description = { type: 'module', dependencies: {}, devDependencies: {} };
  await writeFile(join(project, 'package.json'), JSON.stringify(description));
  await mkdir(join(project, 'node_modules/node/bin'), { recursive: true });
  await symlink(process.execPath, join(project, 'node_modules/node/bin/node'));
});

afterAll(() => rm(project, { recursive: true }));

test('the file gets the rest of the arguments and runs with Node 24', async () => {
  const out = await text(start('print', 'two words', '--flag').stdout);
  expect(out).toBe(`${process.version} ["print","two words","--flag"]\n`);
});

test.each([0, 1, 7])('exit code %i is passed on', async (code) => {
  expect(await endOf(start('exit', String(code)))).toBe(code);
});

test('death by a signal becomes 128 and its number', async () => {
  expect(await endOf(start('die'))).toBe(137);
});

test('SIGTERM reaches the file once, and the starter waits for its end', async () => {
  const child = start('wait');
  const lines: string[] = [];
  child.stdout.on('data', (data: Buffer) => lines.push(String(data)));
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  expect(await endOf(child)).toBe(0);
  expect(lines.join('')).toContain('signals 1');
});

test('when npm dies, what it started is stopped', async () => {
  // The shell stands for npm's: it dies of the signal without passing it on.
  const starter = join(project, 'scripts/run.mjs');
  const command = `"${process.execPath}" "${starter}" main.mjs wait; true`;
  const shell = spawn('/bin/sh', ['-c', command], {
    env: { PATH: '/usr/bin:/bin', npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const out = text(shell.stdout);
  await once(shell.stdout, 'data');
  shell.kill('SIGKILL');
  expect(await out).toContain('signals 1');
});

function start(...words: string[]) {
  const starter = join(project, 'scripts/run.mjs');
  return spawn(process.execPath, [starter, 'main.mjs', ...words], {
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function endOf(child: ChildProcess): Promise<number> {
  const [code] = (await once(child, 'close')) as [number];
  return code;
}
