// What the machine and the database can do by themselves: fsyncs, single inserts, batched inserts.

import { execFile } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { type Helper, startHelper } from './child.ts';
import type { PlainLoad } from './plain-inserts.ts';

const BLOCK_BYTES = 8 * 1024;
const FILE_BLOCKS = 2_048;
const execute = promisify(execFile);

/** Overwrites a file of fixed size block by block, as a database writes its log. */
export function fsyncsPerSecond(folder: string, seconds: number): number {
  const file = openSync(join(folder, 'fsync.probe'), 'w');
  const block = Buffer.alloc(BLOCK_BYTES, 1);
  try {
    for (let at = 0; at < FILE_BLOCKS; at += 1) writeSync(file, block, 0, BLOCK_BYTES);
    fdatasyncSync(file);
    const begin = performance.now();
    let count = 0;
    for (; performance.now() - begin < seconds * 1_000; count += 1) {
      writeSync(file, block, 0, BLOCK_BYTES, (count % FILE_BLOCKS) * BLOCK_BYTES);
      fdatasyncSync(file);
    }
    return count / ((performance.now() - begin) / 1_000);
  } finally {
    closeSync(file);
  }
}

/** Payment, event and idempotency row, as a create writes them, all made by the database itself. */
function insertOf(rows: number): string {
  const time = rows === 1 ? 'now()' : 'clock_timestamp()';
  return `
with input as materialized (
  select '01990000-0000-7000-8000-000000000001'::uuid as merchant_id, uuidv7() as id,
    (random() * 1000000000)::bigint as number,
    'SDF-' || lpad((random() * 999999)::int::text, 6, '0') || '-PMT' as reference,
    ${time} as at, sha256(uuidv7()::text::bytea) as hash
  from generate_series(1, ${rows})
), keyed as (
  insert into idempotency
    (merchant_id, mode, scope, key, request_hash, payment_id, answer, created_at)
  select merchant_id, 'test', 'bitxpay.links', id::text, hash, id, repeat('answer', 80), at
  from input order by input.id on conflict do nothing returning payment_id
), made as (
  insert into payments
    (merchant_id, id, mode, number, reference, dialect, name, price_units, price_asset,
     price_value, status, max_uses, payer, metadata, success_url, cancel_url, callback_secret,
     created_at, expires_at)
  select merchant_id, id, 'test', number, reference, 'bitxpay', 'Premium Subscription', 1250,
    'USD', 12.50, 'awaiting', 1, repeat('payer', 24), repeat('data', 7), repeat('url', 13),
    repeat('url', 13), decode(repeat('ab', 53), 'hex'), at, at + interval '25 minutes'
  from input where id in (select payment_id from keyed)
  on conflict (merchant_id, id) do nothing returning merchant_id, id, status, created_at
), noted as (
  insert into events (merchant_id, payment_id, seq, kind, status, at)
  select merchant_id, id, 1, 'created', status, created_at from made
)
select count(*) from made`;
}

export type Inserts = {
  /** `pgbench`, or `pg` when the machine has none. */
  readonly tool: string;
  /** Rows a second, each of `clients` writing `rows` of them in every transaction. */
  rowsPerSecond(options: { rows: number; clients: number; seconds: number }): Promise<number>;
  stop(): Promise<void>;
};

export async function createInserts(connection: pg.ClientConfig): Promise<Inserts> {
  const found = await execute('pgbench', ['--version']).catch(() => null);
  return found ? withPgbench(connection) : withDriver(connection);
}

function withPgbench({ host, port, user, database }: pg.ClientConfig): Inserts {
  return {
    tool: 'pgbench',
    async rowsPerSecond({ rows, clients, seconds }) {
      const script = join(tmpdir(), `dragoman-bench-${process.pid}.sql`);
      await writeFile(script, `${insertOf(rows).replaceAll('\n', ' ')};\n`);
      const { stdout } = await execute('pgbench', [
        '-n',
        '-M',
        'prepared',
        '-f',
        script,
        '-c',
        `${clients}`,
        '-T',
        `${Math.ceil(seconds)}`,
        '-h',
        `${host}`,
        '-p',
        `${port}`,
        '-U',
        `${user}`,
        `${database}`,
      ]);
      await rm(script);
      const [, rate = ''] = /tps = ([\d.]+)/.exec(stdout) ?? [];
      return Number(rate) * rows;
    },
    stop: async () => undefined,
  };
}

function withDriver(connection: pg.ClientConfig): Inserts {
  const helper: Helper<PlainLoad, number> = startHelper('plain-inserts.ts');
  return {
    tool: 'pg',
    async rowsPerSecond({ rows, clients, seconds }) {
      const load = { connection, statement: insertOf(rows), clients, seconds };
      return (await helper.ask(load)) * rows;
    },
    stop: helper.stop,
  };
}
