// Ad hoc plans.
import { randomUUID, randomBytes } from 'node:crypto';
import { test } from 'vitest';
import { createDeskWorld } from './world.ts';
import { sealDetails } from '../../src/desk/requisite-details.ts';
test('plans', { timeout: 100_000 }, async () => {
  const world = await createDeskWorld();
  const ids = Array.from({ length: 10000 }, () => randomUUID());
  const sealed = ids.map((id) =>
    sealDetails(world.vault, id, {
      kind: 'account',
      number: 'ACC' + id.slice(0, 8),
      holder: 'Ada',
    }),
  );
  await world.db.query(
    `insert into requisites (merchant_id, id, mode, trader_id, kind, currency, details, number_hash, last_four, max_units, day_units, day_count, month_units, month_count, open_limit, cool_down_seconds, schedule, time_zone, turn_at, created_at, unique_amounts, unique_bound)
     select $1, id, 'live', t, 'account', 'USD', d, h, '1234', 1000000, 100000000, 1000, 1000000000, 10000, 50, 1, '[{"days":[1,2,3,4,5,6,7],"from":"00:00","to":"24:00"}]', 'Asia/Jakarta', 'epoch', now(), 'decimals', 50
     from unnest($2::uuid[], $3::bytea[], $4::bytea[], $5::uuid[]) as x (id, d, h, t)`,
    [world.merchant.id, ids, sealed, ids.map(() => randomBytes(32)), ids.map(() => null)],
  );
  for (let k = 0; k < 200; k += 1) {
    world.clock.at = new Date(world.clock.at.getTime() + 20);
    await world.db.transaction(async (tx) =>
      world.lease(
        {
          query: async (t: string, v?: readonly unknown[], n?: string) => {
            if (k === 199 && n) {
              await tx.query('savepoint x');
              const rows = await tx.query<Record<string, string>>(
                'explain (analyze, buffers, wal, costs off) ' + t,
                v,
              );
              await tx.query('rollback to x');
              console.log(n, '\n', rows.map((r) => Object.values(r)[0]).join('\n'));
            }
            return tx.query(t, v, n) as never;
          },
        },
        Array.from({ length: 64 }, () =>
          world.request(BigInt(100 + Math.floor(Math.random() * 100))),
        ),
      ),
    );
  }
  await world.close();
});
