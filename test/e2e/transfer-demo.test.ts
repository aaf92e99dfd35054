// The day at the desk is a promise of the README: every figure of it holds.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const limitMs = 240_000;

test('demo:transfer', { timeout: limitMs }, async () => {
  const { code, output } = await run(['demo/transfer.ts']);
  expect(output).toContain('everything held');
  expect(code).toBe(0);
});

test('an unknown option is refused', async () => {
  const { code, output } = await run(['demo/transfer.ts', '--nonsense']);
  expect(code).toBe(2);
  expect(output).toContain('--seed');
});

function run(words: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { cwd: root });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
