// The utxo rail passes what every rail must pass, on a stand-in node.

import { randomBytes } from 'node:crypto';
import { type Chain, findChain } from '../../../src/rails/utxo/chains.ts';
import { describeRail } from '../conformance.ts';
import type { FakeTransaction } from './bytes.ts';
import { createWorld } from './world.ts';

const elsewhere = { script: Buffer.concat([Buffer.from([0, 20]), randomBytes(20)]), units: 1n };

for (const name of ['litecoin-regtest', 'bitcoin-cash-regtest']) {
  const chain = findChain(name) as Chain;
  describeRail({
    name: `utxo-${name} on a stand-in node`,
    observes: true,
    open: async () => {
      const world = await createWorld({ chain });
      const paid: FakeTransaction[] = [];
      return {
        rail: world.rail,
        db: world.db,
        again: () => world.open(),
        pay: async ({ target }, units) => {
          const [row] = await world.db.query<{ script: Buffer }>(
            'select script from utxo_addresses where address = $1',
            [target],
          );
          if (!row) throw new Error('an unknown address');
          paid.push(world.node.pay([{ script: row.script, units }]));
        },
        confirm: async () => void world.node.mine(),
        reverse: async () => {
          const depth = 3;
          const thieves = paid.map((payment) => world.node.pay([elsewhere], payment.inputs));
          world.node.reorganise(depth, [thieves, [], [], []], { vanish: true });
        },
        close: world.close,
      };
    },
  });
}
