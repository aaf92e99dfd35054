// Passwords: argon2id (RFC 9106) in a thread of its own, so that sign-ins never hold up payments.

import { randomBytes, randomInt } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { Overloaded } from '../db/batch.ts';

export type Passwords = {
  /** A PHC string with salt and parameters. Throws Overloaded when too many wait. */
  hash(text: string): Promise<string>;
  /** Without a hash (nobody has that e-mail) it takes as long as with one, and answers false. */
  verify(hash: string | null, text: string): Promise<boolean>;
  /** False for a hash made with other parameters than today's: it is to be made again. */
  isCurrent(hash: string): boolean;
  /** Ends the thread; what still waits is told so. */
  close(): Promise<void>;
};

/** One at a time: `against` is the hash to compare with, null asks for a new hash. */
export type PasswordQuestion = {
  readonly id: number;
  readonly text: string;
  readonly against: string | null;
  readonly options: typeof options;
};

export type PasswordAnswer = { readonly id: number } & (
  { readonly hash: string } | { readonly same: boolean } | { readonly error: string }
);

// OWASP's second choice for argon2id: 19 MiB, two passes, one lane; about 9 ms where it was
// measured. Algorithm 2 is argon2id; the package's enum exists in its types alone.
const options = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const prefix = `$argon2id$v=19$m=${options.memoryCost},t=${options.timeCost},p=1$`;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

const HEAP_MB = 32;
const MAX_WAITING = 64;
/** Longer ones are wrong without being looked at; dialects have limits of their own below it. */
export const MAX_PASSWORD_CHARACTERS = 1_024;

type Thread = {
  readonly worker: Worker;
  readonly waiting: Map<number, PromiseWithResolvers<PasswordAnswer>>;
};

/** The thread starts with the first question, and again after it died. */
export function createPasswords(): Passwords {
  let thread: Thread | null = null;
  let closed = false;
  let lastId = 0;
  const decoy = `${prefix}${base64(randomBytes(SALT_BYTES))}$${base64(randomBytes(HASH_BYTES))}`;

  async function hash(text: string): Promise<string> {
    if (text.length > MAX_PASSWORD_CHARACTERS) throw new Error('the password is too long');
    const answer = await ask(text, null);
    if (!('hash' in answer)) throw new Error('the password thread answered something else');
    return answer.hash;
  }

  async function verify(known: string | null, text: string): Promise<boolean> {
    const short = text.slice(0, MAX_PASSWORD_CHARACTERS);
    const answer = await ask(short, known ?? decoy);
    return known !== null && short === text && 'same' in answer && answer.same;
  }

  async function ask(text: string, against: string | null): Promise<PasswordAnswer> {
    if (closed) throw new Error('passwords are closed');
    const { worker, waiting } = (thread ??= start());
    if (waiting.size >= MAX_WAITING) throw new Overloaded('too many sign-ins');
    // Somebody waits: the process must not end while the thread works.
    worker.ref();
    const id = (lastId += 1);
    const question = Promise.withResolvers<PasswordAnswer>();
    waiting.set(id, question);
    // One password, however the keyboard composed its letters (NIST SP 800-63B, 3.1.1.2).
    const normal = text.normalize('NFKC');
    worker.postMessage({ id, text: normal, against, options } satisfies PasswordQuestion, []);
    const answer = await question.promise;
    if ('error' in answer) throw new Error(`a password could not be checked: ${answer.error}`);
    return answer;
  }

  function start(): Thread {
    const worker = new Worker(new URL('./password-worker.ts', import.meta.url), {
      execArgv: [],
      // It keeps nothing; what a hash needs is taken outside this heap.
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: HEAP_MB },
    });
    const waiting: Thread['waiting'] = new Map();
    worker.on('message', (answer: PasswordAnswer) => {
      const question = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (waiting.size === 0) worker.unref();
      question?.resolve(answer);
    });
    const gone = (error: Error): void => {
      if (thread?.worker === worker) thread = null;
      for (const question of waiting.values()) question.reject(error);
      waiting.clear();
    };
    worker.on('error', gone);
    worker.on('exit', () => gone(new Error('the password thread ended')));
    return { worker, waiting };
  }

  async function close(): Promise<void> {
    closed = true;
    await thread?.worker.terminate();
  }

  return { hash, verify, isCurrent: (known) => known.startsWith(prefix), close };
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

const lowerCase = 'abcdefghijkmnopqrstuvwxyz';
const upperCase = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
const digits = '23456789';
const symbols = '%&*#@!+$_-';
const PASSWORD_LENGTH = 20;

/**
 * A password of 20 characters that satisfies every rule a dialect may have: each kind of character
 * is in it, and none that is mistaken for another. `draw(n)` answers a whole number below n.
 */
export function newPassword(draw: (below: number) => number = randomInt): string {
  const pick = (from: string): string => from.charAt(draw(from.length));
  const all = lowerCase + upperCase + digits + symbols;
  const kinds = [lowerCase, upperCase, digits, symbols];
  const letters = kinds.map(pick);
  while (letters.length < PASSWORD_LENGTH) letters.push(pick(all));
  // Fisher and Yates: otherwise the kind of the first four would be known.
  for (let last = letters.length - 1; last > 0; last -= 1) {
    const other = draw(last + 1);
    [letters[last], letters[other]] = [letters[other] ?? '', letters[last] ?? ''];
  }
  return letters.join('');
}
