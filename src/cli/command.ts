// What a shell command is: a line of help, and what it does with its arguments.

import { parseArgs, type ParseArgsConfig } from 'node:util';

export type Terminal = {
  /** Results go to standard output, so that programs can read them. */
  out(line: string): void;
  /** Everything said to a person goes to standard error. */
  say(line: string): void;
};

export type Command = {
  /** How it is called, after `dragoman`. */
  readonly usage: string;
  readonly summary: string;
  /** Answers the exit code. */
  run(words: string[], terminal: Terminal): Promise<number>;
};

/** The command was called wrongly; the caller is shown its usage. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export type Options = Readonly<Record<string, string | undefined>>;

/** Reads `--name value` for the names given, all optional, and refuses everything else. */
export function readOptions(words: string[], names: readonly string[]): Options {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const name of names) options[name] = { type: 'string' };
  try {
    return parseArgs({ args: words, options, strict: true }).values as Options;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

export function required(options: Options, name: string): string {
  const value = options[name]?.trim();
  if (!value) throw new UsageError(`--${name} is missing`);
  return value;
}

/** Columns of equal width, as a table for people. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
