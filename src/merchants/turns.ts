// Turns: few things at once, those of one key one after the other, and none waits without limit.

import { Overloaded } from '../db/batch.ts';

export type Turns = {
  /** Runs `work` when it is its turn. Throws Overloaded when too many wait already. */
  take<T>(key: string, work: () => Promise<T>): Promise<T>;
};

export type TurnsOptions = {
  readonly atOnce: number;
  readonly maxWaiting: number;
  /** One key alone never fills the queue for the others. */
  readonly maxWaitingPerKey: number;
};

type Turn = { readonly key: string; readonly begin: () => void };

/** Of those that wait, the first whose key has none under way comes next. */
export function createTurns(options: TurnsOptions): Turns {
  const waiting: Turn[] = [];
  const running = new Set<string>();

  async function take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = waiting.filter((turn) => turn.key === key).length;
    if (waiting.length >= options.maxWaiting || mine >= options.maxWaitingPerKey) {
      throw new Overloaded('too many wait for this');
    }
    await new Promise<void>((begin) => {
      waiting.push({ key, begin });
      next();
    });
    try {
      return await work();
    } finally {
      running.delete(key);
      next();
    }
  }

  function next(): void {
    while (running.size < options.atOnce) {
      const index = waiting.findIndex(({ key }) => !running.has(key));
      const [turn] = index < 0 ? [] : waiting.splice(index, 1);
      if (!turn) return;
      running.add(turn.key);
      turn.begin();
    }
  }

  return { take };
}
