// The report: a line for each kill, a line for each check that failed, and the sum of both.

import type { Check } from './snapshot.ts';

export type Report = {
  header(columns: readonly string[]): void;
  row(cells: readonly (string | number)[]): void;
  /** Runs the checks and answers how many failed. */
  judge(when: string, checks: readonly Check[]): Promise<number>;
  /** The run itself could not go on. */
  broke(error: unknown): void;
  passed(): number;
  failed(): number;
};

const SHOWN = 5;
const WIDTH = 12;

export function createReport(): Report {
  let passed = 0;
  let failed = 0;

  function print(cells: readonly (string | number)[]): void {
    console.log(cells.map((cell) => String(cell).padStart(WIDTH)).join(''));
  }

  async function judge(when: string, checks: readonly Check[]): Promise<number> {
    let bad = 0;
    for (const { name, find } of checks) {
      const problems = await find().catch((error: unknown) => [`the check broke: ${error}`]);
      if (problems.length === 0) {
        passed += 1;
        continue;
      }
      bad += 1;
      console.log(`FAILED ${when}: ${name}: ${problems.length} problems`);
      for (const problem of problems.slice(0, SHOWN)) console.log(`  ${problem}`);
    }
    failed += bad;
    return bad;
  }

  return {
    header: print,
    row: print,
    judge,
    broke: (error) => {
      failed += 1;
      console.log('FAILED', error);
    },
    passed: () => passed,
    failed: () => failed,
  };
}
