// Helper processes: what disturbs the measured one runs in a process of its own, asked by messages.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export type Helper<Question, Answer> = {
  ask(question: Question): Promise<Answer>;
  stop(): Promise<void>;
};

type Reply<Answer> = { readonly answer: Answer } | { readonly error: string };

/** Starts `file` of this folder, which answers questions one after the other. */
export function startHelper<Question, Answer>(
  file: string,
  programArguments: readonly string[] = [],
): Helper<Question, Answer> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, programArguments, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });

  const ended = once(child, 'exit').then(() =>
    Promise.reject(new Error(`${file} ended by itself`)),
  );
  // Nobody may be asking just now.
  ended.catch(() => undefined);

  let asked = false;
  async function ask(question: Question): Promise<Answer> {
    // Answers carry no name: a second question would be given the answer to the first.
    if (asked) throw new Error(`${file} is asked one thing at a time`);
    asked = true;
    child.send(question as object);
    const [reply] = (await Promise.race([once(child, 'message'), ended])) as [Reply<Answer>];
    asked = false;
    if ('error' in reply) throw new Error(`${file}: ${reply.error}`);
    return reply.answer;
  }

  async function stop(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.disconnect();
    await once(child, 'exit');
  }

  return { ask, stop };
}

/** The other side: answers each message of the parent, and ends when the parent is gone. */
export function serveParent<Question, Answer>(
  answerTo: (question: Question) => Promise<Answer>,
): void {
  process.on('message', (question) => {
    answerTo(question as Question).then(
      (answer) => process.send?.({ answer }),
      (error: unknown) => process.send?.({ error: String((error as Error).stack ?? error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}
