// A proxy between the app and its database that breaks connections at chosen statements: most of
// all between a commit and its answer, where nobody can say whether it happened.

import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type pg from 'pg';

/**
 * `reply`: the commit reaches the database, its answer is dropped with the connection. `request`:
 * the connection is dropped before the commit gets there. `silence`: the commit gets there, and the
 * connection stays open without a word.
 */
export type How = 'reply' | 'request' | 'silence';

export type Cut = {
  readonly how: How;
  /** Only commits of transactions that ran a statement like this. */
  readonly of?: RegExp;
  /** How many such commits are let through before. */
  readonly skip?: number;
};

export type Proxy = {
  readonly connection: pg.ClientConfig;
  /** Each applies to one commit, in this order; replaces what was planned before. */
  plan(cuts: readonly Cut[]): void;
  /** How many commits have been cut. */
  cuts(): number;
  /** Cuts every connection and refuses new ones. */
  leave(): void;
  comeBack(): void;
  /** Resolves when so many connections have been refused. */
  refused(count: number): Promise<void>;
  close(): Promise<void>;
};

type Link = {
  readonly client: Socket;
  readonly server: Socket;
  /** Texts of prepared statements by name. */
  readonly prepared: Map<string, string>;
  /** What the open transaction has run. */
  ran: string;
  cut: How | null;
  /** What the database has answered since the cut. */
  lost: string;
};

const HEAD_BYTES = 5;
/** How the database says that a transaction is over. */
const ended = /(COMMIT|ROLLBACK)\0/;

export async function startProxy(upstream: pg.ClientConfig): Promise<Proxy> {
  const links = new Set<Link>();
  const waiting = new Set<() => void>();
  let planned: { cut: Cut; skip: number }[] = [];
  let count = 0;
  let refusals = 0;
  let isAway = false;

  function open(client: Socket): void {
    client.on('error', () => undefined);
    if (isAway) {
      client.destroy();
      refusals += 1;
      for (const look of waiting) look();
      return;
    }
    const server = connect({ path: `${upstream.host}/.s.PGSQL.${upstream.port}` });
    const link: Link = { client, server, prepared: new Map(), ran: '', cut: null, lost: '' };
    links.add(link);
    const end = (): void => drop(link);
    server.on('error', end).on('close', end);
    client.on('close', end);
    client.on(
      'data',
      splitter((message) => forward(link, message)),
    );
    server.on('data', (data) => {
      if (link.cut === null) client.write(data);
      link.lost += link.cut === null ? '' : data.toString('latin1');
      // Statements that went off before the commit are answered first.
      if (link.cut === 'reply' && ended.test(link.lost)) drop(link);
    });
  }

  function drop(link: Link): void {
    links.delete(link);
    link.client.destroy();
    link.server.destroy();
  }

  function forward(link: Link, message: Buffer): void {
    if (!links.has(link)) return;
    note(link, message);
    const how = isCommit(message) ? cutFor(link) : null;
    if (how !== null) count += 1;
    if (how === 'request') {
      drop(link);
      return;
    }
    link.cut = how;
    link.server.write(message);
  }

  function cutFor({ ran }: Link): How | null {
    const [next] = planned;
    if (!next || (next.cut.of && !next.cut.of.test(ran))) return null;
    if (next.skip > 0) {
      next.skip -= 1;
      return null;
    }
    planned.shift();
    return next.cut.how;
  }

  const listener = createServer(open);
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    connection: { ...upstream, host: '127.0.0.1', port, ssl: false },
    plan: (cuts) => {
      count = 0;
      planned = cuts.map((cut) => ({ cut, skip: cut.skip ?? 0 }));
    },
    cuts: () => count,
    leave: () => {
      isAway = true;
      refusals = 0;
      for (const link of links) drop(link);
    },
    comeBack: () => {
      isAway = false;
    },
    refused: (wanted) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (refusals < wanted) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: async () => {
      for (const link of links) drop(link);
      listener.close();
      await once(listener, 'close');
    },
  };
}

// Messages of the protocol: Q asks a plain text, P prepares a text under a name, B runs a name.
function note(link: Link, message: Buffer): void {
  const type = String.fromCharCode(message[0] ?? 0);
  const [first = '', second = ''] = message.subarray(HEAD_BYTES).toString('latin1').split('\0', 2);
  if (type === 'Q' && first === 'begin') link.ran = '';
  if (type === 'P') link.prepared.set(first, second);
  if (type === 'B') link.ran += `${link.prepared.get(second)}\n`;
}

function isCommit(message: Buffer): boolean {
  return message.toString('latin1', 0, 1) === 'Q' && message.includes('commit', HEAD_BYTES);
}

/** Cuts the client's bytes into messages; the first one, the start-up packet, has no type. */
function splitter(take: (message: Buffer) => void): (data: Buffer) => void {
  let rest = Buffer.alloc(0);
  let isFirst = true;
  return (data) => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      const typeBytes = isFirst ? 0 : 1;
      if (rest.length < typeBytes + 4) return;
      const length = typeBytes + rest.readUInt32BE(typeBytes);
      if (rest.length < length) return;
      isFirst = false;
      const message = rest.subarray(0, length);
      rest = rest.subarray(length);
      take(message);
    }
  };
}
