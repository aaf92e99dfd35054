// A rail whose outside world is written by a test: what was queued is what it observes.

import type { Observation, Rail } from '../../src/rails/rail.ts';

export type ScriptedRail = Rail & { readonly queue: Observation[] };

/** Takes any currency one to one; needs two confirmations. */
export function createScriptedRail(): ScriptedRail {
  const queue: Observation[] = [];
  const method = { id: 'scripted', asset: 'price', label: 'Scripted', network: 'Test' } as const;
  const second = { ...method, id: 'scripted-two' };
  return {
    name: 'scripted',
    mode: 'test',
    queue,
    methods: () => [method, second],
    confirmations: () => [{ below: null, needed: 2 }],
    instruct: (_tx, requests) =>
      Promise.resolve(requests.map(({ reference }) => ({ target: reference, uri: null }))),
    observe: async (cursor) => {
      if (queue.length === 0) return null;
      const turn = BigInt(cursor ?? '0') + 1n;
      return { observations: queue.splice(0), next: turn.toString() };
    },
    health: () => Promise.resolve(null),
  };
}
