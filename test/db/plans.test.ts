// Prepared statements keep the plan of their first minutes: it must be right on empty tables, too.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { testMethodIds } from '../../src/dialects/xlink/methods.ts';
import { shell } from '../../src/merchants/staff-log.ts';
import { type House, dialects, openHouse } from '../dialects/across/house.ts';
import { type TestDatabase, createTestDatabase } from '../harness/database.ts';

let house: House;
let empty: TestDatabase;
beforeAll(async () => {
  [house, empty] = await Promise.all([openHouse(), createTestDatabase()]);
}, 60_000);
afterAll(() => Promise.all([house.close(), empty.drop()]));

/** By these alone an index leaves most rows of a shop that is alone on its server. */
const coarse = ['merchant_id', 'mode', 'status', 'chain'];

/** Rows that are added up and replaced by their sum: all of a merchant's are read on purpose. */
const readWhole = ['payment-tallies', 'payment-tallies-fold'];

test('every prepared statement finds its rows by an index that fits', async () => {
  await everyDay();
  const statements = await prepared();
  expect([...statements.keys()]).toEqual(expect.arrayContaining(hot));
  const unique = await uniqueKeys();
  const wide: string[] = [];
  for (const [name, text] of statements) {
    if (readWhole.includes(name)) continue;
    for (const scan of await scansOf(text)) {
      const columns = columnsOf(scan);
      const key = unique.get(scan['Index Name'] ?? '');
      const isOne = key?.every((column) => columns.includes(column)) ?? false;
      const isWide = columns.every((column) => coarse.includes(column));
      if (isWide && !isOne) wide.push(`${name}: ${JSON.stringify(scan)}`);
    }
  }
  expect(wide).toEqual([]);
}, 60_000);

/** A smaller index that begins like the primary key takes its place while the table is small. */
test('few indexes begin like the primary key of their table', async () => {
  const rows = await empty.db.query<{ name: string }>(
    `select other.indexrelid::regclass::text as name from pg_index own
       join pg_index other on other.indrelid = own.indrelid and other.indkey[0] = own.indkey[0]
       join pg_class on pg_class.oid = own.indrelid
        and relnamespace = current_schema()::regnamespace
      where own.indisprimary and not other.indisprimary
        and own.indnatts > 1 and other.indpred is null order by 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual([
    // Its statements are planned each time.
    'deliveries_by_payment',
    // Lists are read in its order; it is never smaller than the primary key.
    'payments_by_state',
    // Blocks are followed by a statement that is planned each time.
    'utxo_outputs_by_height',
  ]);
});

/** If these were not prepared, the day was not like others. */
const hot = [
  'payments-insert',
  'payments-read',
  'idempotency-recall',
  'payment-views',
  'sightings-write',
  'webhook_fanout',
  'ledger_find_posted',
  'desk-take-free',
  'desk-open-amounts',
  'desk-settle',
];

/** Money that comes in through every dialect, on a trader's account as well; lists and reads. */
async function everyDay(): Promise<void> {
  const { app, merchant } = house;
  const { desk } = app;
  const person = { role: 'trader', email: 'trader@example.com', password: 'Secret1?pass' } as const;
  const own = { merchantId: merchant.id, mode: 'test' } as const;
  const { user } = await app.users.create({ ...own, ...person }, shell);
  const amount = { units: 1_000_00n, asset: 'USD' };
  const deposit = { traderId: user.id, amount, direction: 'in', reference: 'first' } as const;
  await desk.traders.changeDeposit(deposit, shell);
  const account = { kind: 'account', currency: 'USD', holder: 'Ada Lovelace' } as const;
  const limits = { dayCount: 1, uniqueAmounts: 'decimals', uniqueBound: 10 } as const;
  for (const number of ['ACC00000001', 'ACC00000002']) {
    await desk.requisites.add({ ...own, ...account, number, traderId: user.id, ...limits }, shell);
  }
  const transfer = { payment_method_type_id: testMethodIds.bankUsd, callback_url: null };
  for (const change of [transfer, transfer]) {
    await house.play(await house.make('xlink', change), 'pay', 'confirm');
  }
  for (const dialect of dialects) {
    const payment = await house.make(dialect);
    await house.read(dialect, payment);
    await house.play(payment, 'pay', 'confirm');
    await house.expire(await house.make(dialect));
    if (dialect !== 'xbillion') await house.list(dialect);
  }
}

/** What the connections of the pool have prepared: statements by their names. */
async function prepared(): Promise<Map<string, string>> {
  const { pool } = house.db;
  const clients = await Promise.all(
    Array.from({ length: pool.options.max ?? 0 }, () => pool.connect()),
  );
  const statements = new Map<string, string>();
  for (const client of clients) {
    const { rows } = await client.query<{ name: string; statement: string }>(
      'select name, statement from pg_prepared_statements',
    );
    for (const { name, statement } of rows) statements.set(name, statement);
    client.release();
  }
  return statements;
}

type Node = {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Alias?: string;
  readonly Plans?: readonly Node[];
};

/** Where a generic plan for empty tables reads rows of a table. */
async function scansOf(text: string): Promise<Node[]> {
  const [row] = await empty.db.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
    `explain (generic_plan, verbose, costs off, format json) ${text}`,
  );
  const walk = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(walk)];
  const nodes = row ? walk(row['QUERY PLAN'][0].Plan) : [];
  return nodes.filter((node) => /Index|^Seq Scan/.test(node['Node Type']));
}

/** The columns of the table itself that the index is asked for. */
function columnsOf({ Alias: alias, 'Index Cond': condition = '' }: Node): string[] {
  const found = [...condition.matchAll(/(\w+)"?\.(\w+)/g)];
  // Of a bitmap it is not said which table it is for.
  const own = found.filter(([, table]) => alias === undefined || table === alias);
  return own.map(([, , column]) => column ?? '');
}

async function uniqueKeys(): Promise<Map<string, string[]>> {
  const rows = await empty.db.query<{ name: string; columns: string[] }>(
    `select indexrelid::regclass::text as name, array_agg(attname::text) as columns
       from pg_index join pg_attribute on attrelid = indrelid and attnum = any(indkey)
      where indisunique group by 1`,
  );
  return new Map(rows.map(({ name, columns }) => [name, columns]));
}
