// The report: a table for people, bench/results.json for the repository.

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Reached } from './gates.ts';
import type { Series } from './series.ts';
import { median } from './statistics.ts';

export type Facts = {
  readonly date: string;
  readonly quick: boolean;
  /** Of the machine, over the second before the run. */
  readonly idleBefore: number;
  readonly postgres: string;
  readonly databaseSettings: Readonly<Record<string, string>>;
  readonly insertTool: string;
  /** Why the figures mean nothing; empty when they do. */
  readonly voided: readonly string[];
};

/** No host name and no path: the file is committed. */
export function writeResults(facts: Facts, series: Series, reached: readonly Reached[]): void {
  const figures = Object.fromEntries(
    series.names().map((name) => {
      const values = series.values(name).map(rounded);
      return [name, { median: rounded(median(series.values(name))), values }];
    }),
  );
  const goals = reached.map((one) => ({
    id: one.id,
    what: one.what,
    figure: rounded(one.figureMedian),
    limit: one.limitMedian === null ? null : rounded(one.limitMedian),
    value: rounded(one.median),
    values: one.values.map(rounded),
    better: one.better,
    gate: one.gate,
    target: one.target,
    verdict: one.verdict,
  }));
  const machine = { cpus: cpus().length, node: process.versions.node };
  const content = { ...facts, machine, goals, figures };
  const path = fileURLToPath(new URL('results.json', import.meta.url));
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
}

export function printReport(facts: Facts, series: Series, reached: readonly Reached[]): void {
  const { databaseSettings, idleBefore, postgres, insertTool } = facts;
  const settings = Object.entries(databaseSettings).map(([name, value]) => `${name} ${value}`);
  const lines = [
    '',
    `Node ${process.versions.node}, PostgreSQL ${postgres}, ${cpus().length} processors, ` +
      `idle before: ${Math.round(idleBefore * 100)} %`,
    `${settings.join(', ')}; single and batched inserts by ${insertTool}`,
    '',
    ...figureLines(series),
    '',
    ...goalLines(reached),
    '',
  ];
  console.log(lines.join('\n'));
}

const NAME_WIDTH = 46;
const NUMBER_WIDTH = 10;

function figureLines(series: Series): string[] {
  return [
    row(['measured', 'median', 'all values']),
    ...series.names().map((name) => {
      const values = series.values(name);
      return row([name, shown(median(values)), values.map(shown).join('  ')]);
    }),
  ];
}

function row([name = '', ...cells]: string[]): string {
  const last = cells.pop() ?? '';
  const middle = cells.map((cell) => cell.padStart(NUMBER_WIDTH)).join('');
  return `${name.padEnd(NAME_WIDTH)}${middle}  ${last}`;
}

function goalLines(reached: readonly Reached[]): string[] {
  const head = ['goal', 'figure', 'limit', 'ratio', 'gate', 'target', '', 'all values'];
  return [
    goalRow(head),
    ...reached.map((one) => {
      const sign = one.better === 'higher' ? '≥' : '≤';
      return goalRow([
        `${one.id.padEnd(7)}${one.what}`,
        shown(one.figureMedian),
        one.limitMedian === null ? '' : shown(one.limitMedian),
        one.limitMedian === null ? '' : shown(one.median),
        `${sign} ${shown(one.gate)}`,
        `${sign} ${shown(one.target)}`,
        one.verdict === 'missed' ? 'MISSED' : one.verdict,
        one.values.map(shown).join('  '),
      ]);
    }),
  ];
}

const GOAL_WIDTH = 58;

function goalRow([name = '', ...cells]: string[]): string {
  const last = cells.pop() ?? '';
  const numbers = cells.map((cell) => cell.padStart(NUMBER_WIDTH)).join('');
  return `${name.padEnd(GOAL_WIDTH)}${numbers}  ${last}`;
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const precise = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

function shown(value: number): string {
  return (Math.abs(value) >= 1_000 ? whole : precise).format(value);
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
