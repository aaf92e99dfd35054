// Stolen time: what a virtual machine's host gave to others while somebody here wanted to run.

import { readFileSync } from 'node:fs';

/** Ticks of all processors since they were started; null where nobody counts them. */
type Ticks = { readonly stolen: number; readonly all: number };

/** The last of them is what was stolen; those behind it are in others already: proc_stat(5). */
const FIELDS = 8;

/**
 * The percentage of the machine's time that was stolen while `work` was done, with what it
 * answers; null where it is not known.
 */
export async function countingStolen<T>(
  work: () => Promise<T>,
): Promise<{ readonly done: T; readonly stolenPercent: number | null }> {
  const before = ticks();
  const done = await work();
  const after = ticks();
  if (!before || !after || after.all === before.all) return { done, stolenPercent: null };
  const stolenPercent = ((after.stolen - before.stolen) / (after.all - before.all)) * 100;
  return { done, stolenPercent };
}

function ticks(): Ticks | null {
  if (process.platform !== 'linux') return null;
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const fields = line
    .trim()
    .split(/\s+/)
    .slice(1, 1 + FIELDS)
    .map(Number);
  return { stolen: fields.at(-1) ?? 0, all: fields.reduce((sum, one) => sum + one, 0) };
}
