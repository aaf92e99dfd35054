// Pages that are printed from the code: `npm run docs` writes them, a test compares them.

import { writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settings } from '../src/config.ts';
import { createDatabase } from '../src/db/database.ts';
import { startEmbedded } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { decide, inputs, statuses, type Input, type Status } from '../src/payments/machine.ts';
import { refusals } from '../src/payments/refusals.ts';
import { schemaPage } from './schema-page.ts';

const root = new URL('..', import.meta.url);
const notice = '<!-- Printed by `npm run docs` from the code. Do not edit. -->';
const commentWidth = 98;

/** Each generated file's path and text. */
export function generatedDocuments(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/configuration.md', configurationPage()],
    ['.env.example', environmentExample()],
    ['docs/payment-states.md', statesPage()],
    ['docs/refusals.md', refusalsPage()],
  ]);
}

function configurationPage(): string {
  const rows = Object.values(settings).map(({ name, kind, fallback, meaning }) => {
    const value = fallback === '' ? '' : `\`${fallback}\``;
    return `| \`${name}\` | ${cell(kind.word)} | ${value} | ${cell(meaning)} |`;
  });
  return page([
    '# Settings',
    '',
    notice,
    '',
    'A setting is an environment variable, a line of `.env`, or a member of `dragoman.config.json`',
    'in the project’s folder; the first of these that has it wins. An empty variable counts as not',
    'set. A wrong value, an unknown member or a dangerous combination refuses to start and says',
    'why; `npx dragoman doctor` shows what is in force.',
    '',
    '| setting | value | default | meaning |',
    '|---|---|---|---|',
    ...rows,
  ]);
}

function environmentExample(): string {
  const lines = ['# Every setting with its default. Copy to .env and change what you need.'];
  for (const { name, kind, fallback, meaning } of Object.values(settings)) {
    lines.push('');
    lines.push(...comment(`${meaning.replaceAll('`', '')} (${kind.word.replaceAll('`', '')})`));
    lines.push(`#${name}=${fallback}`);
  }
  return page(lines);
}

function statesPage(): string {
  const header = `| in status | ${inputs.map((input) => `\`${input}\``).join(' | ')} |`;
  return page([
    '# What can happen to a payment',
    '',
    notice,
    '',
    'Underpaid, overpaid and paid late are derived from the money and the clock; they are not',
    'statuses. `short`, `covered` and `settled` say what the counted money amounts to now: too',
    'little, enough but not all final, enough and final. The other inputs are a clock’s, a',
    'person’s or a rail’s.',
    '',
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> awaiting',
    ...arrows(),
    '```',
    '',
    'The same as a table; — means that the input is refused.',
    '',
    header,
    `|---|${inputs.map(() => '---').join('|')}|`,
    ...statuses.map((status) => {
      const cells = inputs.map((input) => decisionText(status, input));
      return `| \`${status}\` | ${cells.join(' | ')} |`;
    }),
  ]);
}

function arrows(): string[] {
  const lines: string[] = [];
  for (const from of statuses) {
    for (const to of statuses) {
      const leading = inputs.filter((input) => from !== to && decide(from, input) === to);
      if (leading.length > 0) lines.push(`  ${from} --> ${to}: ${leading.join(', ')}`);
    }
  }
  return lines;
}

function decisionText(status: Status, input: Input): string {
  const decision = decide(status, input);
  if (decision === 'refuse') return '—';
  return decision === status ? 'stays' : decision;
}

function refusalsPage(): string {
  return page([
    '# Refusals',
    '',
    notice,
    '',
    'Every expected "no" of the core. Each dialect says each of them in its own vendor’s words.',
    '',
    '| code | meaning |',
    '|---|---|',
    ...Object.entries(refusals).map(([code, meaning]) => `| \`${code}\` | ${cell(meaning)} |`),
  ]);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function comment(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > commentWidth) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

function page(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const toStandardOutput = process.argv.includes('--print');
  const documents = [...generatedDocuments(), ['docs/schema.md', await migratedSchema()] as const];
  for (const [path, text] of documents) {
    if (toStandardOutput) process.stdout.write(`${path}\n${text}\n`);
    else writeFileSync(new URL(path, root), text);
  }
}

/** The schema as a new installation has it. */
async function migratedSchema(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'dragoman-docs-'));
  await chmod(dataDir, 0o755);
  const log = { info: () => undefined, warn: () => undefined };
  const { connection, stop } = await startEmbedded({ dataDir, log });
  await migrate(connection);
  const db = createDatabase({
    connection,
    maxConnections: 1,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  });
  const text = await schemaPage(db);
  await db.close();
  await stop();
  await rm(dataDir, { recursive: true });
  return text;
}
