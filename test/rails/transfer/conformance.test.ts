// The transfer rail passes what every rail must pass, on a desk with requisites enough.

import { createTransferRail, transferWays } from '../../../src/rails/transfer/transfer.ts';
import { createDeskWorld } from '../../desk/world.ts';
import { describeRail } from '../conformance.ts';

const requisites = 6;

describeRail({
  name: 'transfer',
  observes: false,
  open: async () => {
    const world = await createDeskWorld();
    for (let count = 0; count < requisites; count += 1) await world.addRequisite({ openLimit: 1 });
    const { id: merchantId } = world.merchant;
    const open = () =>
      createTransferRail({
        mode: 'live',
        ways: transferWays,
        serves: () => Promise.resolve(true),
        // The suite invents merchants, who have no desk.
        lease: (tx, wanted) =>
          world.lease(
            tx,
            wanted.map((one) => ({ ...one, merchantId })),
          ),
      });
    return { rail: open(), db: world.db, again: open, close: world.close };
  },
});
