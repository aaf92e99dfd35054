// The chosen roles of this process: started one after the other, stopped in the order that is safe.

import type { FastifyInstance } from 'fastify';
import { type AppOptions, createApp } from './app.ts';
import type { Config } from './config.ts';
import type { Embedded } from './db/embedded.ts';
import { firstStart, welcome } from './first-start.ts';
import { StartRefused } from './start-refused.ts';
import { type Loop, startWorker } from './worker.ts';

export type Running = { stop(): Promise<void> };

/** Who stops them stops the embedded database too, last; so does a start that fails. */
export async function startRoles(options: AppOptions, embedded: Embedded | null): Promise<Running> {
  const app = await createApp(options);
  const { config } = options;
  let worker: Loop | null = null;
  const api = config.roles.includes('api') ? app.server() : null;
  const stop = async (): Promise<void> => {
    // First no new requests, then no new work, then the connections, the database last.
    await api?.close();
    await worker?.stop();
    await app.close();
    await embedded?.stop();
  };
  try {
    await app.changes.start();
    await app.rates.start();
    if (config.roles.includes('worker')) worker = await startWorker(app, embedded !== null);
    if (api) {
      const listening = await listen(api, config);
      const origin = config.publicOrigin ?? listening;
      console.log(welcome(origin, await firstStart(app, origin), config));
    }
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function listen(api: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    return await api.listen({ host, port });
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'EADDRINUSE') {
      throw new StartRefused(`something else listens on ${host}:${port}; set PORT to another port`);
    }
    throw error;
  }
}
