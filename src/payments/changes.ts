// Changes: who waits for news of one payment hears of it, whichever process made the change.

import type { ListenerOptions } from '../db/listen.ts';
import { createListener } from '../db/listen.ts';
import { changesChannel } from './events.ts';

export type Changes = {
  /** Calls `listener` after each change of the payment until the answer is called. */
  onChange(paymentId: string, listener: () => void): () => void;
  /** Calls `listener` after any change of any payment. */
  onAny(listener: () => void): () => void;
  start(): Promise<void>;
  stop(): Promise<void>;
};

export function createChanges(options: Pick<ListenerOptions, 'connection' | 'onError'>): Changes {
  const byPayment = new Map<string, Set<() => void>>();
  const all = new Set<() => void>();
  const { start, stop } = createListener({
    ...options,
    channel: changesChannel,
    onMessage: (payload) => (payload === '*' ? everybody() : told(payload.split(','))),
    onGap: everybody,
  });

  function told(ids: readonly string[]): void {
    for (const listener of all) listener();
    for (const id of ids) {
      for (const listener of byPayment.get(id) ?? []) listener();
    }
  }

  function everybody(): void {
    told([...byPayment.keys()]);
  }

  function onChange(paymentId: string, listener: () => void): () => void {
    const listeners = byPayment.get(paymentId) ?? new Set();
    byPayment.set(paymentId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) byPayment.delete(paymentId);
    };
  }

  function onAny(listener: () => void): () => void {
    all.add(listener);
    return () => all.delete(listener);
  }

  return { onChange, onAny, start, stop };
}
