// The thread that computes password hashes, one after the other, and gives way to everybody else.

import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';
import type { PasswordAnswer, PasswordQuestion } from './passwords.ts';

const LOWEST_PRIORITY = 19;
const REST_PER_WORK = 2;
/** Nobody waits much longer for his turn because a machine is slow. */
const LONGEST_REST_MS = 100;
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

yieldToOthers();
parentPort?.on('message', (question: PasswordQuestion) => {
  const startedAt = performance.now();
  parentPort?.postMessage(answerTo(question), []);
  rest(Math.min((performance.now() - startedAt) * REST_PER_WORK, LONGEST_REST_MS));
});

/**
 * At most a third of the time is spent on hashes, however many people sign in: each of them sweeps
 * through the caches of the processor, which all others feel, whatever their priority.
 */
function rest(milliseconds: number): void {
  Atomics.wait(never, 0, 0, milliseconds);
}

// The functions that return promises would run on the pool which files and names wait for.
function answerTo(question: PasswordQuestion): PasswordAnswer {
  const { id, text, against, options } = question;
  try {
    if (against === null) return { id, hash: hashSync(text, options) };
    return { id, same: verifySync(against, text) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

function yieldToOthers(): void {
  // Linux alone keeps a priority for each thread; elsewhere this would slow the whole process.
  if (process.platform !== 'linux') return;
  try {
    setPriority(LOWEST_PRIORITY);
  } catch {
    // Some containers forbid it; sign-ins then compete with everything else, which still works.
  }
}
