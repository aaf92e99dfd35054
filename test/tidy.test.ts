// What a reviewer need not look for: who imports whom, sizes, bans, documents that match the code.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generatedDocuments } from '../scripts/generate-docs.ts';
import { type Source, projectFolder, readSources } from './tidy/source.ts';

const sources = readSources(['src']);
const everything = [...sources, ...readSources(['test', 'bench', 'demo', 'scripts'])];

/** DESIGN 3: the folder on the left imports only from those on the right, and from itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  money: [],
  db: [],
  jobs: ['db'],
  ledger: ['money', 'db'],
  merchants: ['db'],
  rates: ['money', 'db'],
  rails: ['money', 'db'],
  desk: ['money', 'db', 'jobs', 'ledger', 'merchants'],
  payments: ['money', 'db', 'jobs', 'ledger', 'merchants', 'rates', 'rails/rail.ts'],
  exchanges: ['money', 'db', 'jobs', 'ledger', 'merchants', 'rates', 'payments'],
  webhooks: ['db', 'jobs', 'merchants', 'payments'],
  checkout: ['money', 'payments', 'merchants'],
  dialects: ['money', 'merchants', 'payments', 'webhooks', 'desk'],
};

/** Files at the root of src and the shell's commands see everything; nobody imports them back. */
const rootFolders = ['cli'];

const MAX_LINES = 400;
const MAX_FUNCTION_LINES = 70;
const MAX_COLUMNS = 100;
const bannedNames = /(^|[-/])(utils?|helpers?|common|shared|misc|manager|base|types)(\.|\/|-)/;

describe('imports', () => {
  test('every folder imports only what the table allows', () => {
    expect(sources.flatMap(foreignImports)).toEqual([]);
  });

  test('one rail knows no other, one dialect knows no other', () => {
    const crossings = sources.flatMap(({ path, imports }) => {
      const own = /^src\/(rails|dialects)\/(\w+)\//.exec(path);
      return imports
        .filter(({ path: to }) => own && new RegExp(`^src/${own[1]}/\\w+/`).test(to))
        .filter(({ path: to }) => !to.startsWith(`src/${own?.[1]}/${own?.[2]}/`))
        .map(({ path: to }) => `${path} -> ${to}`);
    });
    expect(crossings).toEqual([]);
  });

  test('no cycles, not even of types', () => {
    expect(cyclesOf(sources)).toEqual([]);
  });
});

describe('sizes', () => {
  test(`files have at most ${MAX_LINES} lines, lines at most ${MAX_COLUMNS} columns`, () => {
    const long = everything.filter(({ lines }) => lines.length > MAX_LINES + 1);
    expect(long.map(({ path, lines }) => `${path}: ${lines.length}`)).toEqual([]);
    const wide = everything.flatMap(({ path, lines }) =>
      lines.flatMap((line, at) => ([...line].length > MAX_COLUMNS ? [`${path}:${at + 1}`] : [])),
    );
    expect(wide).toEqual([]);
  });

  test(`functions have at most ${MAX_FUNCTION_LINES} lines of their own`, () => {
    const long = sources.flatMap(({ path, functions }) =>
      functions
        .filter(({ length }) => length > MAX_FUNCTION_LINES)
        .map(({ line, length }) => `${path}:${line}: ${length}`),
    );
    expect(long).toEqual([]);
  });
});

describe('words', () => {
  test('every file begins with its caption', () => {
    const bare = everything.filter(({ lines }) => !/^\/\/ \S.{10,}/.test(lines[0] ?? ''));
    expect(bare.map(({ path }) => path)).toEqual([]);
  });

  test('no file has a name that says nothing', () => {
    expect(everything.map(({ path }) => path).filter((path) => bannedNames.test(path))).toEqual([]);
  });

  test('nothing is left for another day', () => {
    const others = everything.filter(({ path }) => path !== 'test/tidy.test.ts');
    expect(linesWith(others, /TODO|FIXME|HACK|not implemented/)).toEqual([]);
  });
});

describe('bans', () => {
  const inside = (folders: RegExp) => sources.filter(({ path }) => folders.test(path));

  test('the environment is read in config.ts alone', () => {
    const others = sources.filter(({ path }) => path !== 'src/config.ts');
    expect(linesWith(others, /process\.env/)).toEqual([]);
  });

  test('no JavaScript number becomes money', () => {
    // Outside money/ and a dialect's JSON edge, where texts and numbers meet.
    const core = inside(/^src\/(payments|ledger|rates|rails|webhooks|checkout|merchants|jobs)\//);
    expect(linesWith(core, /\bNumber\(|parseFloat|toFixed|toPrecision/)).toEqual([]);
  });

  test('classes are errors, and nothing is exported by default', () => {
    expect(
      linesWith(sources, /^\s*(export )?class (?!\w+ extends \w*(Error|Refusal|Refused))/),
    ).toEqual([]);
    expect(linesWith(sources, /^export default/)).toEqual([]);
    expect(linesWith(sources, /^\s*(export )?(const )?enum /)).toEqual([]);
  });

  test('the core branches on the name of no rail and no dialect', () => {
    const core = inside(/^src\/(payments|ledger|webhooks|checkout|jobs|db|money)\//);
    const names = /'(bitxpay|xpay|xlink|xbillion|utxo|evm|sandbox)'/;
    expect(linesWith(core, names)).toEqual([]);
  });

  test('one statement writes the status of a payment', () => {
    const writers = sources.filter(({ text }) => /update payments/i.test(text));
    expect(writers.map(({ path }) => path)).toEqual(['src/payments/writes.ts']);
  });

  test('a client that leaves the process asserts that no transaction is open', () => {
    const clients = sources.filter(({ text }) => /from 'undici'/.test(text));
    const careless = clients.filter(
      ({ path, text }) => !/assertOutsideTransaction\(/.test(text) && !path.endsWith('connect.ts'),
    );
    expect(careless.map(({ path }) => path)).toEqual([]);
  });
});

/** DESIGN 6: a table is written by one folder only. */
test('every table is written by one folder', () => {
  const writers = new Map<string, Set<string>>();
  for (const { path, text } of sources) {
    const folder = path.split('/').slice(1, -1).join('/') || 'root';
    const writes = text.matchAll(/(?:insert into|update|delete from) ([a-z_]+_?[a-z]+)/g);
    for (const [, table] of writes) {
      if (table && tables().has(table)) {
        writers.set(table, (writers.get(table) ?? new Set()).add(folder));
      }
    }
  }
  const contested = [...writers].filter(([, folders]) => folders.size > 1);
  expect(contested.map(([table, folders]) => `${table}: ${[...folders].join(', ')}`)).toEqual([]);
});

describe('documents', () => {
  for (const [path, text] of generatedDocuments()) {
    test(`${path} is what the code says (npm run docs)`, () => {
      const file = join(projectFolder, path);
      expect(existsSync(file) ? readFileSync(file, 'utf8') : '').toBe(text);
    });
  }

  test('every dependency has its written reason', () => {
    const text = readFileSync(join(projectFolder, 'package.json'), 'utf8');
    const { dependencies, devDependencies } = JSON.parse(text) as Record<string, object>;
    const reasons = readFileSync(join(projectFolder, 'docs/dependencies.md'), 'utf8');
    const names = Object.keys({ ...dependencies, ...devDependencies });
    expect(names.filter((name) => !reasons.includes(`\`${name}\``))).toEqual([]);
  });
});

function foreignImports({ path, imports }: Source): string[] {
  const folder = /^src\/(\w+)\//.exec(path)?.[1];
  if (!folder || rootFolders.includes(folder)) return [];
  const allowed = [folder, ...(mayImport[folder] ?? [])];
  return imports
    .map(({ path: to }) => to)
    .filter((to) => !allowed.some((one) => isUnder(to, `src/${one}`)))
    .map((to) => `${path} -> ${to}`);
}

function isUnder(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

function cyclesOf(files: readonly Source[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
    if (done.has(path) || trail.includes(path)) return;
    for (const { path: to } of byPath.get(path)?.imports ?? []) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return cycles;
}

function linesWith(files: readonly Source[], pattern: RegExp): string[] {
  return files.flatMap(({ path, lines }) =>
    lines.flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
  );
}

function tables(): ReadonlySet<string> {
  const folder = join(projectFolder, 'src/db/migrations');
  const sql = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const created = sql.join('\n').matchAll(/create table (\w+)/g);
  return new Set([...created].map((match) => match[1] ?? ''));
}
