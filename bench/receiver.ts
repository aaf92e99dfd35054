// The shop's side of webhooks: one port that takes every message, one that never answers.

import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { serveParent } from './child.ts';

export type ReceiverQuestion = 'ports' | 'count';
export type ReceiverAnswer = {
  readonly good: number;
  readonly silent: number;
  /** Messages taken since the last question. */
  readonly received: number;
};

const HEAD_END = '\r\n\r\n';
const LENGTH_HEADER = 'ontent-length: ';
const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');

let received = 0;
const good = await listen(take);
// Reads what comes, so that the sender cannot tell it from a slow shop, and says nothing.
const silent = await listen((socket) => void socket.resume());

serveParent<ReceiverQuestion, ReceiverAnswer>(async () => {
  const counted = received;
  received = 0;
  return { good, silent, received: counted };
});

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Answers each whole request; a connection carries one at a time. */
function take(socket: Socket): void {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    const end = text.indexOf(HEAD_END);
    if (end < 0) return;
    const at = text.indexOf(LENGTH_HEADER);
    const body = at < 0 ? 0 : Number.parseInt(text.slice(at + LENGTH_HEADER.length), 10);
    if (text.length < end + HEAD_END.length + body) return;
    text = '';
    received += 1;
    socket.write(answer);
  });
}
