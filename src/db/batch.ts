// Group commit: commands that wait together are written together, and each caller hears of its own.

import { isConnectionTrouble } from './database.ts';

export type Batcher<Command, Result> = {
  /** Resolves once the batch that carries the command is durable. */
  submit(command: Command): Promise<Result>;
  /** Resolves when nothing is waiting or in flight. */
  drain(): Promise<void>;
  readonly waiting: () => number;
};

export type BatchOptions<Command, Result> = {
  /** Writes all in one transaction; answers in the same order, an Error for a refused one. */
  readonly run: (commands: Command[]) => Promise<(Result | Error)[]>;
  readonly maxSize: number;
  readonly maxInFlight: number;
  /** So many must wait before a batch goes beside another one; 1 unless said. */
  readonly leastBeside?: number;
  readonly maxWaiting: number;
};

/** Thrown at once when too many commands wait already: the caller should be told to come back. */
export class Overloaded extends Error {
  override name = 'Overloaded';
}

type Waiter<Command, Result> = {
  readonly command: Command;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * No timer delays anybody: a lone command goes within the same turn of the event loop, after what
 * else has arrived in it, and while a commit is in flight the next batch collects by itself. When a
 * whole batch fails, its commands are tried one by one, so that one poisonous command cannot take
 * its neighbours down; but not when the database is away, which would be as many failures, one
 * after the other.
 */
export function createBatcher<Command, Result>(
  options: BatchOptions<Command, Result>,
): Batcher<Command, Result> {
  const { leastBeside = 1 } = options;
  const queue: Waiter<Command, Result>[] = [];
  let inFlight = 0;
  let isPumpDue = false;
  const idle: (() => void)[] = [];

  function submit(command: Command): Promise<Result> {
    if (queue.length >= options.maxWaiting) return Promise.reject(new Overloaded('too busy'));
    return new Promise((resolve, reject) => {
      queue.push({ command, resolve, reject });
      pumpSoon();
    });
  }

  // Requests are read from many sockets in one turn. Without waiting for its end the first of them
  // would go alone, and the others behind it (measured: batches of 12 instead of 20).
  function pumpSoon(): void {
    if (isPumpDue || inFlight >= options.maxInFlight) return;
    isPumpDue = true;
    setImmediate(() => {
      isPumpDue = false;
      pump();
    });
  }

  function pump(): void {
    while (inFlight < options.maxInFlight && queue.length >= (inFlight > 0 ? leastBeside : 1)) {
      const batch = queue.splice(0, options.maxSize);
      inFlight += 1;
      void settle(batch).finally(() => {
        inFlight -= 1;
        if (queue.length > 0) pumpSoon();
        if (inFlight === 0 && queue.length === 0) {
          for (const wake of idle.splice(0)) wake();
        }
      });
    }
  }

  async function settle(batch: Waiter<Command, Result>[]): Promise<void> {
    try {
      answer(batch, await options.run(batch.map((waiter) => waiter.command)));
    } catch (error) {
      if (batch.length > 1 && !isConnectionTrouble(error)) {
        for (const waiter of batch) await settle([waiter]);
        return;
      }
      for (const waiter of batch) waiter.reject(error);
    }
  }

  function drain(): Promise<void> {
    if (inFlight === 0 && queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => idle.push(resolve));
  }

  return { submit, drain, waiting: () => queue.length };
}

function answer<Command, Result>(
  batch: Waiter<Command, Result>[],
  results: (Result | Error)[],
): void {
  batch.forEach((waiter, index) => {
    const result = results[index];
    if (result instanceof Error) waiter.reject(result);
    else waiter.resolve(result as Result);
  });
}
