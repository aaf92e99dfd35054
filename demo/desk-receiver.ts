// The merchant's webhook receiver of three dialects: believes nothing that it has not verified.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DemoFailed, until } from './timeline.ts';

/** The words that were told of payments, by their ids, in the order in which they came. */
export type Words = ReadonlyMap<string, readonly string[]>;

export type DeskReceiver = {
  readonly url: string;
  /** What signs the webhooks of X-Link, and what opens the door to those of xBillion. */
  expect(keys: { readonly xlinkSecret: string; readonly xbillionPair: string }): void;
  /** The key of a BitXPay link, under the id of its payment. */
  expectLink(id: string, secret: string): void;
  /** Waits for these words, and then a moment for what should not come. */
  prove(expected: Words): Promise<number>;
  close(): Promise<void>;
};

/** Deliveries begin at once: what has not come by then was not sent. */
const graceMs = 1_500;

export async function startDeskReceiver(): Promise<DeskReceiver> {
  const told = new Map<string, string[]>();
  const links = new Map<string, string>();
  const failures: string[] = [];
  let keys = { xlinkSecret: '', xbillionPair: '' };
  let count = 0;

  /** The payment and the word; throws when the message is not genuine. */
  function read(path: string, body: string, headers: IncomingMessage['headers']) {
    if (path === '/xlink') {
      assertSame(headers['x-webhook-signature'], digest(keys.xlinkSecret, body));
      const { data } = JSON.parse(body) as { data: { operation_id: string; status: string } };
      return { id: data.operation_id, word: data.status };
    }
    if (path === '/xbillion') {
      const pair = Buffer.from(keys.xbillionPair).toString('base64');
      assertSame(headers.authorization, `Basic ${pair}`);
      const { id, status } = JSON.parse(body) as { id: string; status: string };
      return { id, word: status };
    }
    const link = JSON.parse(body) as { payment_id: string; status: string; signature: string };
    const secret = links.get(link.payment_id) ?? '';
    const unsigned = body.replace(/,"signature":"[0-9a-f]{64}"}$/, '}');
    assertSame(headers['x-bitxpay-signature'], digest(secret, body));
    assertSame(link.signature, digest(secret, unsigned));
    return { id: link.payment_id, word: link.status };
  }

  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      try {
        const { id, word } = read(request.url ?? '', body, request.headers);
        told.set(id, [...(told.get(id) ?? []), word]);
        count += 1;
      } catch (error) {
        failures.push(`${request.url}: ${(error as Error).message}: ${body}`);
      }
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  async function prove(expected: Words): Promise<number> {
    const wanted = [...expected.values()].flat().length;
    const end = performance.now() + 30_000;
    await until('all webhooks', async () => {
      return count >= wanted || performance.now() > end ? true : null;
    });
    await new Promise((resolve) => setTimeout(resolve, graceMs));
    const [failure] = failures;
    if (failure) throw new DemoFailed(`a webhook is not genuine: ${failure}`);
    const ids = new Set([...expected.keys(), ...told.keys()]);
    const wrong = [...ids].filter((id) => sorted(expected.get(id)) !== sorted(told.get(id)));
    if (wrong.length > 0) {
      const lines = wrong.map(
        (id) => `${id}: expected ${sorted(expected.get(id))}, got ${sorted(told.get(id))}`,
      );
      throw new DemoFailed(`webhooks of ${wrong.length} payments:\n${lines.join('\n')}`);
    }
    return count;
  }

  return {
    url: `http://127.0.0.1:${port}`,
    expect: (given) => {
      keys = given;
    },
    expectLink: (id, secret) => void links.set(id, secret),
    prove,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

// Two deliveries a moment apart may overtake each other: how often each word came is what counts.
function sorted(words: readonly string[] = []): string {
  return words.toSorted().join(' ') || 'nothing';
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function digest(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

function assertSame(given: string | string[] | undefined, wanted: string): void {
  const [one, other] = [Buffer.from(String(given)), Buffer.from(wanted)];
  const same = one.length === other.length && timingSafeEqual(one, other);
  if (!same) throw new Error('the signature does not verify');
}
