// Listening: hearing what this and other processes announced with NOTIFY, over one connection.

import pg from 'pg';

export type Listener = {
  start(): Promise<void>;
  stop(): Promise<void>;
};

export type ListenerOptions = {
  readonly connection: pg.ClientConfig;
  readonly channel: string;
  readonly onMessage: (payload: string) => void;
  /** Messages may have been missed: whoever depends on them must look for themselves. */
  readonly onGap: () => void;
  readonly onError: (error: Error) => void;
};

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/** Reconnects for as long as it has not been stopped. */
export function createListener(options: ListenerOptions): Listener {
  let client: pg.Client | null = null;
  let stopped = false;
  let retry: NodeJS.Timeout | null = null;
  let pauseMs = FIRST_PAUSE_MS;

  async function connect(): Promise<void> {
    const fresh = new pg.Client({ ...options.connection, keepAlive: true });
    fresh.on('error', (error) => lost(fresh, error));
    fresh.on('end', () => lost(fresh, null));
    fresh.on('notification', (message) => options.onMessage(message.payload ?? ''));
    client = fresh;
    await fresh.connect();
    await fresh.query(`listen ${pg.escapeIdentifier(options.channel)}`);
    pauseMs = FIRST_PAUSE_MS;
    options.onGap();
  }

  function lost(which: pg.Client, error: Error | null): void {
    if (stopped || client !== which) return;
    client = null;
    if (error) options.onError(error);
    which.end().catch(() => undefined);
    again();
  }

  function again(): void {
    if (stopped || retry) return;
    retry = setTimeout(() => {
      retry = null;
      connect().catch((error: Error) => {
        options.onError(error);
        client = null;
        again();
      });
    }, pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }

  async function stop(): Promise<void> {
    stopped = true;
    if (retry) clearTimeout(retry);
    const open = client;
    client = null;
    await open?.end().catch(() => undefined);
  }

  return { start: connect, stop };
}
