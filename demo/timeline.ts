// What happened when: printed line by line, and the checks that decide the exit code.

import { setTimeout as pause } from 'node:timers/promises';

/** Something did not hold; the sentence says what. */
export class DemoFailed extends Error {
  override name = 'DemoFailed';
}

// A webhook that a killed gateway had just sent is tried again when its lease has run out.
const limitMs = 150_000;
const stepMs = 50;
const startedAt = performance.now();

/** Prints one line; `at` is when it happened, now unless said otherwise. */
export function say(what: string, detail = '', at: Date | null = null): void {
  const clock = at ? at.getTime() - performance.timeOrigin : performance.now();
  const hundredths = Math.round((clock - startedAt) / 10)
    .toString()
    .padStart(3, '0');
  const seconds = `${hundredths.slice(0, -2)}.${hundredths.slice(-2)}`;
  console.log(`${seconds.padStart(7)} s  ${what.padEnd(30)} ${detail}`.trimEnd());
}

export function check(holds: boolean, sentence: string): void {
  if (!holds) throw new DemoFailed(sentence);
}

/** Asks again until there is an answer other than null; fails when that takes too long. */
export async function until<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > end) throw new DemoFailed(`waited in vain for this: ${what}`);
    await pause(stepMs);
  }
}
