// The demo on real coins is a promise of the README: its stories end well.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { hasLitecoind, howToInstall } from '../harness/litecoind.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const demanded = process.env['REQUIRE_REAL_NODES'] === '1';
const present = hasLitecoind();
const limitMs = 240_000;

// The other variants take a minute together: they run where real nodes are demanded.
const variants = demanded
  ? ['plain', 'underpay', 'late', 'reorg', 'rbf', 'restart']
  : ['plain', 'restart'];

test.runIf(!present)('litecoind is installed', ({ skip }) => {
  if (demanded) throw new Error(howToInstall);
  skip(howToInstall);
});

test.runIf(present).each(variants)('demo:litecoin --%s', { timeout: limitMs }, async (variant) => {
  const { code, output } = await run(['demo/litecoin.ts', `--${variant}`]);
  expect(output).toContain('everything held');
  expect(code).toBe(0);
});

test.runIf(present)('demo:litecoin --dialect xpay', { timeout: limitMs }, async () => {
  const { code, output } = await run(['demo/litecoin.ts', '--dialect', 'xpay']);
  expect(output).toContain('everything held');
  expect(code).toBe(0);
});

test('an unknown variant is refused with the list of those there are', async () => {
  const { code, output } = await run(['demo/litecoin.ts', '--nonsense']);
  expect(code).toBe(2);
  expect(output).toContain('--restart');
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
