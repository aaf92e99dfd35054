// The source as the tidy test sees it: files, their imports, and how long their functions are.

import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';

export type Source = {
  /** From the project's folder, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** Paths of our own files that this one imports, types included. */
  readonly imports: readonly { readonly path: string; readonly typeOnly: boolean }[];
  /** Lines of each function without the functions nested in it, which are counted by themselves. */
  readonly functions: readonly { readonly line: number; readonly length: number }[];
};

export const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

export function readSources(folders: readonly string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(projectFolder, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readSource(join(folder, name))),
  );
}

function readSource(path: string): Source {
  const text = readFileSync(join(projectFolder, path), 'utf8');
  const { program, module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const statements = [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({
      from: moduleRequest.value,
      typeOnly: entries.length > 0 && entries.every((entry) => entry.isType),
    })),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap((entry) =>
        entry.moduleRequest ? [{ from: entry.moduleRequest.value, typeOnly: entry.isType }] : [],
      ),
    ),
  ];
  const imports = statements
    .filter(({ from }) => from.startsWith('.'))
    .map(({ from, typeOnly }) => ({ path: resolved(path, from), typeOnly }));
  return { path, text, lines: text.split('\n'), imports, functions: functionsOf(program, text) };
}

function resolved(path: string, from: string): string {
  return relative(projectFolder, join(projectFolder, dirname(path), from));
}

type Node = { readonly type: string; readonly start: number; readonly end: number };

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function functionsOf(program: unknown, text: string): { line: number; length: number }[] {
  const found: { line: number; length: number }[] = [];
  walk(program);
  return found;

  /** Answers how many lines of functions lie below the node. */
  function walk(value: unknown): number {
    if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + walk(one), 0);
    if (typeof value !== 'object' || value === null) return 0;
    const below = Object.values(value).reduce((sum: number, one) => sum + walk(one), 0);
    if (!isNode(value) || !/^(Arrow)?Function(Declaration|Expression)$/.test(value.type)) {
      return below;
    }
    const length = text.slice(value.start, value.end).split('\n').length;
    // A callback on one line lies on a line of its parent's.
    if (length === 1) return below;
    found.push({ line: text.slice(0, value.start).split('\n').length, length: length - below });
    return length;
  }
}
