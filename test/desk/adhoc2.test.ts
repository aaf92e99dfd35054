// Ad hoc plans.
import { test } from 'vitest';
import { createDeskWorld } from './world.ts';
test('plans', { timeout: 100_000 }, async () => {
  const world = await createDeskWorld();
  const texts: string[] = [];
  await world.addRequisite({ uniqueAmounts: 'decimals', uniqueBound: 3 });
  const seen = new Set<string>();
  const a = await world.db.transaction(async (tx) => world.lease({ query: async (t: string, v?: readonly unknown[], n?: string) => { if (n && !seen.has(n)) { seen.add(n); texts.push(t); } return tx.query(t, v, n) as never; } }, [world.request(5n)]));
  console.log(a.length);
  for (const t of texts) {
    const rows = await world.db.query<Record<string, string>>('explain (generic_plan, costs off) ' + t);
    console.log(t.slice(0, 60), '\n', rows.map((r) => Object.values(r)[0]).join('\n'));
  }
  await world.close();
});
