// Ad hoc measurement of leasing; never committed.
import { Session } from 'node:inspector/promises';
import { randomUUID, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createBatcher } from '../../src/db/batch.ts';
import { createDatabase } from '../../src/db/database.ts';
import { sealDetails } from '../../src/desk/requisite-details.ts';
import { settleLeases } from '../../src/desk/settling.ts';
import { createDeskWorld, isLeased } from './world.ts';

const N = 10_000;
for (const withTraders of [false, true])
  test(`speed traders=${withTraders}`, { timeout: 300_000 }, async () => {
    const world = await createDeskWorld();
    const traders = withTraders
      ? await Promise.all(Array.from({ length: 100 }, () => world.addTrader(10n ** 15n)))
      : [];
    const ids = Array.from({ length: N }, () => randomUUID());
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
      [
        world.merchant.id,
        ids,
        sealed,
        ids.map(() => randomBytes(32)),
        ids.map((_, i) => traders[i % 100] ?? null),
      ],
    );

    let statements = 0;
    let sizes: number[] = [];
    let ms: Record<string, number> = {};
    const batcher = createBatcher<ReturnType<typeof world.request>, string>({
      run: (batch) => {
        sizes.push(batch.length);
        return world.db.transaction(async (tx) => {
          const counted = {
            query: async (t: string, v?: readonly unknown[], n?: string) => {
              statements += 1;
              const s = performance.now();
              const r = await tx.query(t, v, n);
              const k = n ?? t.slice(0, 30);
              ms[k] = (ms[k] ?? 0) + performance.now() - s;
              return r as never;
            },
          };
          const a = await world.lease(counted, batch);
          return a.map((x) => (isLeased(x) ? 'ok' : x.refusal));
        });
      },
      maxSize: 100,
      maxInFlight: 4,
      maxWaiting: 10_000,
    });
    world.clock.at = new Date();
    const timer = setInterval(() => {
      world.clock.at = new Date();
    }, 1);
    for (const phase of ['warm', 'run']) {
      const end = performance.now() + (phase === 'warm' ? 3000 : 10000);
      let done = 0,
        refused = 0;
      statements = 0;
      ms = {};
      const reasons = new Map<string, number>();
      const session = new Session();
      session.connect();
      if (phase === 'run') {
        await session.post('Profiler.enable');
        await session.post('Profiler.start');
      }
      const cpu0 = process.cpuUsage();
      const s = performance.now();
      const refs: string[] = [];
      await Promise.all(
        Array.from({ length: 64 }, async () => {
          while (performance.now() < end) {
            const r = world.request(BigInt(100 + Math.floor(Math.random() * 100)));
            const a = await batcher.submit(r);
            if (a === 'ok') {
              done += 1;
              refs.push(r.reference);
            } else {
              refused += 1;
              reasons.set(a, (reasons.get(a) ?? 0) + 1);
            }
          }
        }),
      );
      const cpu = process.cpuUsage(cpu0);
      console.log(
        'node cpu µs/lease',
        Math.round((cpu.user + cpu.system) / done),
        'cpu s',
        (cpu.user + cpu.system) / 1e6,
      );
      if (phase === 'run') {
        const { profile } = await session.post('Profiler.stop');
        const self = new Map<string, number>();
        const byId = new Map(profile.nodes.map((n) => [n.id, n]));
        profile.samples!.forEach((id, i) => {
          const f = byId.get(id)!.callFrame;
          const k =
            f.functionName + ' ' + f.url.split('/').slice(-2).join('/') + ':' + f.lineNumber;
          self.set(k, (self.get(k) ?? 0) + profile.timeDeltas![i]!);
        });
        console.log(
          [...self]
            .sort((a, b) => b[1] - a[1])
            .slice(0, 25)
            .map(([k, v]) => k + ' ' + (v / 1000).toFixed(0))
            .join('\n'),
        );
      }
      const sec = (performance.now() - s) / 1000;
      console.log('batches', sizes.length, 'avg', sizes.reduce((a, b) => a + b, 0) / sizes.length);
      sizes = [];
      console.log(
        phase,
        withTraders,
        'leases/s',
        Math.round(done / sec),
        'refused',
        refused,
        [...reasons].slice(0, 3),
        'stmts/lease',
        (statements / done).toFixed(2),
      );
      if (phase === 'run') {
        console.log(
          Object.entries(ms)
            .sort((a, b) => b[1] - a[1])
            .map(([k, v]) => `${k}: ${v.toFixed(0)}`)
            .join('; '),
        );
        const s2 = performance.now();
        const some = refs.slice(0, 10000);
        for (let i = 0; i < some.length; i += 50) {
          const part = some
            .slice(i, i + 50)
            .map((instructionId) => ({
              merchantId: world.merchant.id,
              instructionId,
              state: 'closed' as const,
              receivedUnits: i % 2 ? 0n : 100n,
            }));
          await world.db.transaction((tx) => settleLeases(tx, part, world.clock.at));
        }
        console.log(
          'settled/s one by one batch of 50',
          Math.round(some.length / ((performance.now() - s2) / 1000)),
        );
      }
    }
    clearInterval(timer);
    const over = await world.db.query(
      `select count(*) from requisites r where open_count > 50 or open_count <> (select count(*) from leases l where l.merchant_id = r.merchant_id and l.requisite_id = r.id and status = 'open')`,
    );
    console.log('over', over, 'audit', await world.auditOk());
    await world.close();
  });
