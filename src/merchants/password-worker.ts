// The thread that computes password hashes, one after the other, and gives way to everybody else.

import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';
import type { PasswordAnswer, PasswordQuestion } from './passwords.ts';

const LOWEST_PRIORITY = 19;

yieldToOthers();
parentPort?.on('message', (question: PasswordQuestion) => {
  parentPort?.postMessage(answerTo(question), []);
});

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
