// Live status by server-sent events: bounded in number and in time, quiet until something changes.

import type { ServerResponse } from 'node:http';
import type { Snapshot, Snapshots } from './snapshots.ts';

export type LiveLimits = {
  readonly streams: number;
  readonly streamsPerPayment: number;
  /** After this long a stream ends and the browser opens the next one by itself. */
  readonly streamMs: number;
  /** A comment this often keeps proxies from closing a quiet connection. */
  readonly heartbeatMs: number;
};

export const defaultLiveLimits: LiveLimits = {
  streams: 2_000,
  streamsPerPayment: 40,
  streamMs: 600_000,
  heartbeatMs: 20_000,
};

export type Live = {
  /** Whether one more viewer of this payment has a place. */
  hasRoom(id: string): boolean;
  /** Takes the response over: sends the present status now and every later one. */
  join(response: ServerResponse, headers: Headers, snapshot: Snapshot): void;
  /** Ends every stream; the browsers come back by themselves. */
  close(): void;
};

type Headers = Readonly<Record<string, string | number | string[] | undefined>>;

type Stream = { readonly id: string; readonly response: ServerResponse; readonly endAt: number };

const RETRY_MS = 3_000;
/** A viewer who does not read is let go rather than buffered for. */
const MOST_BUFFERED_BYTES = 65_536;
/** Streams end spread over this part of their time, not all at once after a restart. */
const SPREAD = 0.2;

/** What both the stream and the polled status say. */
export function statusOf({ view, version }: Snapshot): { status: string; version: string } {
  return { status: view.payment.status, version };
}

export function createLive(snapshots: Snapshots, limits: LiveLimits): Live {
  const streams = new Set<Stream>();
  const counts = new Map<string, number>();
  let timer: NodeJS.Timeout | null = null;

  function hasRoom(id: string): boolean {
    return streams.size < limits.streams && (counts.get(id) ?? 0) < limits.streamsPerPayment;
  }

  function join(response: ServerResponse, headers: Headers, snapshot: Snapshot): void {
    const { id } = snapshot.view.payment;
    const lifeMs = limits.streamMs * (1 - SPREAD * Math.random());
    const stream: Stream = { id, response, endAt: performance.now() + lifeMs };
    const unwatch = snapshots.watch(id, (next) => send(stream, frame(next)));
    streams.add(stream);
    counts.set(id, (counts.get(id) ?? 0) + 1);
    timer ??= setInterval(beat, limits.heartbeatMs).unref();
    response.once('close', () => {
      unwatch();
      forget(stream);
    });
    response.on('error', () => response.destroy());
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // Tells nginx not to hold the events back.
      'x-accel-buffering': 'no',
    });
    send(stream, `retry: ${RETRY_MS}\n${frame(snapshot)}`);
  }

  function forget(stream: Stream): void {
    if (!streams.delete(stream)) return;
    const left = (counts.get(stream.id) ?? 1) - 1;
    if (left > 0) counts.set(stream.id, left);
    else counts.delete(stream.id);
    if (streams.size === 0) stopTimer();
  }

  function beat(): void {
    for (const stream of streams) {
      if (performance.now() >= stream.endAt) stream.response.end();
      else send(stream, ':\n\n');
    }
  }

  function stopTimer(): void {
    if (timer !== null) clearInterval(timer);
    timer = null;
  }

  function close(): void {
    for (const { response } of streams) response.end();
    stopTimer();
  }

  return { hasRoom, join, close };
}

function send({ response }: Stream, text: string): void {
  if (response.writableEnded || response.destroyed) return;
  response.write(text);
  if (response.writableLength > MOST_BUFFERED_BYTES) response.destroy();
}

function frame(snapshot: Snapshot): string {
  return `event: state\nid: ${snapshot.version}\ndata: ${JSON.stringify(statusOf(snapshot))}\n\n`;
}
