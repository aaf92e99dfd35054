// The load generator: raw sockets in a process of its own, so that it costs the machine little.

import { type Socket, connect } from 'node:net';
import { serveParent } from './child.ts';
import { counterMark } from './requests.ts';
import { type Percentiles, percentilesOf } from './statistics.ts';

/** What is sent, to whom, for how long. */
export type Load = {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Requests of the first moments are sent and counted as acknowledged, but not measured. */
  readonly warmUpSeconds: number;
  /** Whole requests, taken in turn; `counterMark` in one of them becomes a number of its own. */
  readonly requests: readonly string[];
  /** Open loop: so many requests a second. Otherwise each connection asks again when answered. */
  readonly perSecond?: number;
  /** The connections come from so many addresses of this machine. */
  readonly addresses?: number;
  /** Ends after so many requests, if the time is not up before. */
  readonly atMost?: number;
};

export type LoadResult = {
  /** Answers of 2xx in the measured time. */
  readonly answered: number;
  readonly perSecond: number;
  /** Answers of 2xx altogether, warm-up included. */
  readonly acknowledged: number;
  /** By status, everything that was not 2xx; connections that broke count as `broken`. */
  readonly failures: Readonly<Record<string, number>>;
  readonly latencyMs: Percentiles;
};

const BUFFER_BYTES = 256 * 1024;
const HEAD_BYTES = 2_048;
const PACE_MS = 2;
const HEAD_END = '\r\n\r\n';
const LENGTH_HEADER = 'ontent-length: ';

type Template = { readonly bytes: Buffer; readonly mark: number };

let counter = 0;

serveParent(run);

async function run(load: Load): Promise<LoadResult> {
  const templates = load.requests.map(templateOf);
  const latencies: number[] = [];
  const failures: Record<string, number> = {};
  const turns = load.perSecond === undefined ? null : createTurns(load.perSecond);
  const begin = performance.now();
  const from = begin + load.warmUpSeconds * 1_000;
  const until = from + load.seconds * 1_000;
  let sent = 0;
  let acknowledged = 0;

  /** The next request, or null when the load is over. */
  function next(): Template | null {
    if (performance.now() >= until || sent >= (load.atMost ?? Infinity)) return null;
    sent += 1;
    return templates[sent % templates.length] ?? null;
  }

  function answered(status: string, startedAt: number): void {
    const now = performance.now();
    if (!status.startsWith('2')) {
      failures[status] = (failures[status] ?? 0) + 1;
      return;
    }
    acknowledged += 1;
    if (now >= from && now < until) latencies.push(now - startedAt);
  }

  const options = { port: load.port, next, answered, turns };
  const { connections, addresses = 1 } = load;
  const closed = Array.from({ length: connections }, (_, at) =>
    converse({ ...options, from: `127.0.0.${1 + (at % addresses)}` }),
  );
  await turns?.giveUntil(until);
  for (const end of await Promise.all(closed)) {
    if (end !== null) failures[end] = (failures[end] ?? 0) + 1;
  }
  const seconds = (Math.min(performance.now(), until) - from) / 1_000;
  const latencyMs = percentilesOf(latencies);
  const perSecond = latencies.length / seconds;
  return { answered: latencies.length, perSecond, acknowledged, failures, latencyMs };
}

type Conversation = {
  readonly port: number;
  readonly from: string;
  readonly next: () => Template | null;
  readonly answered: (status: string, startedAt: number) => void;
  /** Where the connection waits for its turn; null: it asks at once. */
  readonly turns: Turns | null;
};

/** One connection, one request after the other. Resolves at its end: null when that was planned. */
function converse(options: Conversation): Promise<string | null> {
  const { port, from, next, answered, turns } = options;
  return new Promise((resolve) => {
    const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
    let scratch = Buffer.alloc(0);
    let startedAt = 0;
    let missing = 0;
    let status = '';
    let finished = false;

    const socket: Socket = connect({
      port,
      host: '127.0.0.1',
      localAddress: from,
      noDelay: true,
      onread: { buffer, callback: (length) => read(length) },
    });
    socket.on('connect', () => ask());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(finished ? null : 'broken'));

    function ask(): void {
      if (turns === null) send();
      else turns.await(send);
    }

    function send(): void {
      const template = next();
      if (template === null) {
        finished = true;
        socket.end();
        return;
      }
      startedAt = performance.now();
      socket.write(filled(template));
    }

    // The copy may be reused: its answer comes only after all of it was sent.
    function filled({ bytes, mark }: Template): Buffer {
      if (mark < 0) return bytes;
      if (scratch.length !== bytes.length) scratch = Buffer.alloc(bytes.length);
      bytes.copy(scratch);
      counter += 1;
      scratch.write(String(counter).padStart(counterMark.length, '0'), mark, 'latin1');
      return scratch;
    }

    // An answer's head comes in one piece: heads are short and sent with the first of the body.
    function read(length: number): boolean {
      if (missing > 0) missing -= length;
      else {
        const head = buffer.toString('latin1', 0, Math.min(length, HEAD_BYTES));
        const end = head.indexOf(HEAD_END);
        const at = head.indexOf(LENGTH_HEADER);
        status = head.slice(9, 12);
        const body = at < 0 ? 0 : Number.parseInt(head.slice(at + LENGTH_HEADER.length), 10);
        missing = end + HEAD_END.length + body - length;
      }
      if (missing === 0) {
        answered(status, startedAt);
        ask();
      }
      return true;
    }
  });
}

type Turns = {
  await(turn: () => void): void;
  giveUntil(until: number): Promise<void>;
};

/** Turns at a steady rate; one that finds no idle connection is taken as soon as there is one. */
function createTurns(perSecond: number): Turns {
  const idle: (() => void)[] = [];
  let over = false;

  async function giveUntil(until: number): Promise<void> {
    const begin = performance.now();
    let given = 0;
    while (performance.now() < until) {
      const due = ((performance.now() - begin) / 1_000) * perSecond;
      for (; given < due && idle.length > 0; given += 1) idle.shift()?.();
      await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
    over = true;
    for (const turn of idle.splice(0)) turn();
  }

  return { await: (turn) => (over ? turn() : void idle.push(turn)), giveUntil };
}

function templateOf(text: string): Template {
  const bytes = Buffer.from(text);
  return { bytes, mark: bytes.indexOf(counterMark) };
}
