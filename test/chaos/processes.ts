// Processes: who descends from whom, and how to end them without a word.

import { execFileSync } from 'node:child_process';

/** The process and everything below it, parents first; empty when it is gone. */
export function treeOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  let found = false;
  for (const line of listing().split('\n')) {
    const [own, parent] = line
      .trim()
      .split(/\s+/)
      .map((text) => Number.parseInt(text, 10));
    if (own === undefined || parent === undefined) continue;
    if (own === pid) found = true;
    children.set(parent, [...(children.get(parent) ?? []), own]);
  }
  if (!found) return [];
  const tree = [pid];
  for (const one of tree) tree.push(...(children.get(one) ?? []));
  return tree;
}

/** SIGKILL: no handler runs, nothing is flushed. Those that are gone already are skipped. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** What a process was started with; empty when there is no such process. */
export function commandOf(pid: number): string {
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', 'args='], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

function listing(): string {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
}
