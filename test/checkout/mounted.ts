// The hosted page on the real core and a real listener: a database, the sandbox, live changes.

import fastify from 'fastify';
import { createCheckout } from '../../src/checkout/checkout.ts';
import type { CheckoutDeps } from '../../src/checkout/needs.ts';
import { createChanges } from '../../src/payments/changes.ts';
import type { SandboxEvent } from '../../src/payments/play.ts';
import { type Core, createCore } from '../harness/core.ts';

export type Mounted = Awaited<ReturnType<typeof mount>>;

type Options = {
  readonly core?: Parameters<typeof createCore>[0];
  readonly deps?: (core: Core) => Partial<CheckoutDeps>;
};

/** `origin` is set once it listens; `reads` counts what the page asked of the database. */
export async function mount(options: Options = {}) {
  const core = await createCore(options.core ?? {});
  const errors: unknown[] = [];
  const changes = createChanges({
    connection: core.connection,
    onError: (error) => errors.push(error),
  });
  await changes.start();
  const reads = { count: 0 };
  const server = fastify();
  server.register(
    createCheckout({
      payments: {
        ...core.payments,
        findForPage: (name) => {
          reads.count += 1;
          return core.payments.findForPage(name);
        },
      },
      onChange: changes.onChange,
      merchantName: async (id) => (await core.merchants.load(core.db, id)).name,
      now: core.now,
      testButtons: true,
      ...options.deps?.(core),
    }),
  );
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });

  async function play(id: string, event: SandboxEvent, units?: bigint): Promise<void> {
    const { payment } = await core.view(id);
    await core.payments.play(payment, event, units);
  }

  async function close(): Promise<void> {
    await server.close();
    await changes.stop();
    await core.close();
  }

  return { core, server, origin, reads, errors, play, close };
}

/** What a browser sends when a form is submitted. */
export function form(fields: Readonly<Record<string, string>>) {
  return {
    method: 'POST',
    payload: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  } as const;
}
