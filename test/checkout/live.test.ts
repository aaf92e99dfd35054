// Live status: one read per change however many watch, bounded streams, a clean end.

import { once } from 'node:events';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mount, type Mounted } from './mounted.ts';

let page: Mounted;

beforeAll(async () => {
  page = await mount({ deps: () => ({ limits: { streams: 6, streamsPerPayment: 4 } }) });
});
afterAll(() => page.close());

type Stream = {
  readonly response: IncomingMessage;
  /** The next event's data; waits for it. */
  next(): Promise<{ status: string; version: string }>;
  close(): void;
};

async function open(id: string, origin = page.origin): Promise<Stream> {
  const request = httpGet(`${origin}/p/${id}/events`);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const waiting: ((data: { status: string; version: string }) => void)[] = [];
  const ready: { status: string; version: string }[] = [];
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (data === undefined) continue;
      const event = JSON.parse(data);
      const taker = waiting.shift();
      if (taker) taker(event);
      else ready.push(event);
    }
  });
  response.on('error', () => undefined);
  return {
    response,
    next: () => {
      const event = ready.shift();
      return event ? Promise.resolve(event) : new Promise((resolve) => waiting.push(resolve));
    },
    close: () => request.destroy(),
  };
}

describe('the stream', () => {
  test('says the present at once and every change after it', async () => {
    const { id } = await page.core.create();
    const stream = await open(id);
    expect(stream.response.statusCode).toBe(200);
    expect(stream.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers['content-security-policy']).toContain(`default-src 'none'`);
    const first = await stream.next();
    expect(first.status).toBe('awaiting');
    await page.play(id, 'pay');
    const seen = await stream.next();
    expect(seen.status).toBe('confirming');
    expect(seen.version).not.toBe(first.version);
    await page.play(id, 'confirm');
    expect((await stream.next()).status).toBe('completed');
    stream.close();
    const polled = await page.server.inject(`/p/${id}/status`);
    expect(polled.json()).toMatchObject({ status: 'completed' });
  });

  test('costs one read per change, not one per viewer', async () => {
    const { id } = await page.core.create();
    const streams = await Promise.all([open(id), open(id), open(id), open(id)]);
    await Promise.all(streams.map((stream) => stream.next()));
    const before = page.reads.count;
    await page.play(id, 'pay');
    await Promise.all(streams.map((stream) => stream.next()));
    expect(page.reads.count - before).toBe(1);
    for (const stream of streams) stream.close();
  });

  test('is full at its limit, and has room again when somebody leaves', async () => {
    const { id } = await page.core.create();
    const streams = await Promise.all([open(id), open(id), open(id), open(id)]);
    const refused = await open(id);
    expect(refused.response.statusCode).toBe(503);
    expect(refused.response.headers['retry-after']).toBe('30');
    refused.close();
    streams[0]?.close();
    await expect
      .poll(async () => {
        const stream = await open(id);
        if (stream.response.statusCode === 200) streams.push(stream);
        else stream.close();
        return stream.response.statusCode;
      })
      .toBe(200);
    for (const stream of streams) stream.close();
  });

  test('of a closed payment tells the browser to stay away', async () => {
    const { id } = await page.core.create();
    await page.play(id, 'fail');
    const stream = await open(id);
    expect(stream.response.statusCode).toBe(204);
    stream.close();
  });

  test('ends after its time, so that the browser opens the next one', async () => {
    const short = await mount({ deps: () => ({ limits: { streamMs: 1, heartbeatMs: 20 } }) });
    const { id } = await short.core.create();
    const stream = await open(id, short.origin);
    await stream.next();
    await once(stream.response, 'end');
    await short.close();
  });

  test('ends when the server stops', async () => {
    const other = await mount();
    const { id } = await other.core.create();
    const stream = await open(id, other.origin);
    await stream.next();
    const ended = once(stream.response, 'end');
    await other.close();
    await ended;
  });
});

describe('snapshots', () => {
  test('pages of one payment share what was read, until it changes', async () => {
    const { id, reference } = await page.core.create();
    await page.server.inject(`/link/${reference}`);
    const before = page.reads.count;
    await Promise.all(Array.from({ length: 20 }, () => page.server.inject(`/link/${id}`)));
    expect(page.reads.count - before).toBe(0);
    await page.play(id, 'pay');
    await expect
      .poll(async () => (await page.server.inject(`/link/${reference}`)).body)
      .toContain('data-kind="confirming"');
  });

  test('pages that are opened together share one read', async () => {
    const { id } = await page.core.create();
    await page.server.inject(`/link/${id}`);
    page.core.clock.at = new Date(page.core.clock.at.getTime() + 60_000);
    const before = page.reads.count;
    await Promise.all(Array.from({ length: 20 }, () => page.server.inject(`/link/${id}`)));
    expect(page.reads.count - before).toBe(1);
  });
});
