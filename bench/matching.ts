// Finding our money in a block: 10,000 outputs against 1,000,000 watched addresses.

import { createScanner } from '../src/rails/utxo/scan.ts';
import { parseBlock } from '../src/rails/utxo/block.ts';
import type { Node } from '../src/rails/utxo/node.ts';
import { createStore } from '../src/rails/utxo/store.ts';
import { buildBlock, buildTransaction } from '../test/rails/utxo/bytes.ts';
import type { Scene } from './scene.ts';

const CHAIN = 'litecoin-regtest';
const ADDRESSES = 1_000_000;
const OUTPUTS = 10_000;
const OUTPUTS_PER_TRANSACTION = 5;
/** So many of the block's outputs are ours. */
const OURS = 100;
const SCRIPT_BYTES = 22;
const ACCOUNT = '01990000-0000-7000-8000-00000000000a';
const TURNS = 5;

/** Each turn reads another block: what the database remembers of the last one does not help. */
export async function measureMatching({ beside, series }: Scene): Promise<void> {
  await watchAddresses(beside);
  const now = (): Date => new Date();
  const store = createStore({ chain: CHAIN, db: beside, now });
  // Matching asks the database alone.
  const node = {} as Node;
  const scanner = createScanner({ node, store, now, blocksPerStep: 1 });
  for (let turn = 0; turn < TURNS; turn += 1) {
    const raw = await blockBytes(beside);
    const startedAt = performance.now();
    const { transactions, hash } = parseBlock(raw);
    const block = { hash, height: 1 };
    const { found } = await scanner.pick(transactions, { block, seenAt: now() });
    series.add('block matched s', (performance.now() - startedAt) / 1_000);
    if (found.length !== OURS) throw new Error(`${found.length} outputs were found, not ${OURS}`);
  }
}

type Tables = Scene['beside'];

async function watchAddresses(db: Tables): Promise<void> {
  await db.query(
    `insert into utxo_accounts (id, chain, xpub, created_at) values ($1, $2, 'bench', now())`,
    [ACCOUNT, CHAIN],
  );
  // In the order of the scripts: an index that grows at its end is made in seconds.
  await db.query(
    `insert into utxo_addresses
       (chain, script, account_id, index, address, merchant_id, payment_id, instruction_id,
        assigned_at)
     select $1, script, $2, row_number() over (), 'address', $2, uuidv7(), uuidv7(), now()
     from (select decode('0014' || md5(n::text) || left(md5((-n)::text), 8), 'hex') as script
             from generate_series(1, $3::int) as n order by 1) as made`,
    [CHAIN, ACCOUNT, ADDRESSES],
  );
  await db.query('analyze utxo_addresses');
}

async function blockBytes(db: Tables): Promise<Buffer> {
  const ours = await db.query<{ script: Buffer }>(
    'select script from utxo_addresses tablesample bernoulli (0.1) limit $1',
    [OURS],
  );
  const others = await db.query<{ script: Buffer }>(
    `select decode('0014' || md5(random()::text) || '00000000', 'hex') as script
       from generate_series(1, $1)`,
    [OUTPUTS - ours.length],
  );
  const every = OUTPUTS / OURS;
  const scripts = others.map(({ script }) => script);
  for (const [at, { script }] of ours.entries()) scripts.splice(at * every, 0, script);
  return buildBlock({ hash: '0'.repeat(64), height: 0 }, transactionsOf(scripts), 1_700_000_000)
    .raw;
}

function transactionsOf(scripts: readonly Buffer[]) {
  const count = scripts.length / OUTPUTS_PER_TRANSACTION;
  return Array.from({ length: count }, (_, at) => {
    const own = scripts.slice(at * OUTPUTS_PER_TRANSACTION, (at + 1) * OUTPUTS_PER_TRANSACTION);
    if (own.some((script) => script.length !== SCRIPT_BYTES)) throw new Error('a strange script');
    const outputs = own.map((script) => ({ script, units: 1_000n }));
    return buildTransaction([`${'1'.repeat(64)}:${at}`], outputs);
  });
}
