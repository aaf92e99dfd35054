// The whole gateway as a shell command meets it: every module, no server and no worker.

import { pino } from 'pino';
import { type App, createApp } from '../app.ts';
import type { Config } from '../config.ts';
import { loadSecretKey } from '../secret.ts';
import { bringUpToDate, reachDatabase } from './database.ts';
import type { Terminal } from './command.ts';

/** Runs `work` on an up-to-date database; what it does is told as the gateway would tell it. */
export async function withApp<T>(
  config: Config,
  terminal: Terminal,
  work: (app: App) => Promise<T>,
): Promise<T> {
  const reached = await reachDatabase(config, terminal);
  try {
    await bringUpToDate(reached);
    const app = await createApp({
      config,
      connection: reached.connection,
      vaultKey: await loadSecretKey(config),
      version: 'shell',
      log: pino({ level: 'silent' }),
      now: () => new Date(),
    });
    try {
      return await work(app);
    } finally {
      await app.close();
    }
  } finally {
    await reached.stop();
  }
}
