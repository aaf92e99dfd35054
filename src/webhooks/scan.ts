// Looking for what is due: a cheap question to the database, asked when somebody says so and, for
// what other processes wrote, once in a while.

import type { Tx } from '../db/database.ts';
import { waitingUrls } from './claims.ts';
import type { WaitingUrl } from './claims.ts';
import type { Lanes } from './lanes.ts';

export type Scan = {
  ask(): void;
  /** Asks the database if it is time to; the lanes hear the answer. */
  runIfDue(): Promise<void>;
  /** Milliseconds until `runIfDue` has something to do. */
  pauseMs(): number;
};

const urlsPerPage = 1_000;
const pagesPerScan = 5;
/** After a scan, rest this many times as long: scans take at most a fifth of the time. */
const restFactor = 4;

export function createScan(deps: { db: Tx; lanes: Lanes; now: () => Date; pollMs: number }): Scan {
  const { db, lanes, now } = deps;
  let asked = true;
  let after = '';
  /** By the process's own clock: no scan before the first, one anyway at the second. */
  let restUntil = 0;
  let pollAt = 0;

  function pauseMs(): number {
    return Math.max(0, (asked ? restUntil : pollAt) - performance.now());
  }

  async function runIfDue(): Promise<void> {
    if (pauseMs() > 0) return;
    asked = false;
    const startedAt = performance.now();
    const sinceTurn = lanes.turn();
    const fromTheStart = after === '';
    const { waiting, complete } = await read();
    lanes.learn(waiting, sinceTurn, complete && fromTheStart);
    const endedAt = performance.now();
    restUntil = endedAt + (endedAt - startedAt) * restFactor;
    pollAt = endedAt + deps.pollMs;
    // A list that was cut short goes on where it stopped.
    if (!complete) asked = true;
  }

  async function read(): Promise<{ waiting: WaitingUrl[]; complete: boolean }> {
    const waiting: WaitingUrl[] = [];
    for (let page = 0; page < pagesPerScan; page += 1) {
      const found = await waitingUrls(db, { now: now(), after, limit: urlsPerPage });
      waiting.push(...found);
      after = found.length < urlsPerPage ? '' : (found.at(-1)?.url ?? '');
      if (after === '') return { waiting, complete: true };
    }
    return { waiting, complete: false };
  }

  return {
    ask: () => {
      asked = true;
    },
    runIfDue,
    pauseMs,
  };
}
