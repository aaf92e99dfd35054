// What the rail keeps about outputs to our addresses, until they are buried. Repeating any write
// here is harmless: rows say what the chain says, and what was reported is decided elsewhere.

import type { Database, Tx } from '../../db/database.ts';

/** An output to one of our addresses, as a block or the mempool shows it. */
export type Found = {
  readonly txid: string;
  readonly vout: number;
  readonly script: Buffer;
  readonly units: bigint;
  readonly block: { readonly hash: string; readonly height: number } | null;
  readonly seenAt: Date;
  readonly inputs: readonly string[];
};

/** A kept output with its owner. */
export type Kept = {
  readonly txid: string;
  readonly vout: number;
  readonly units: bigint;
  readonly blockHeight: number | null;
  readonly seenAt: Date;
  readonly present: boolean;
  readonly inputs: readonly string[];
  readonly merchantId: string;
  readonly paymentId: string;
  readonly instructionId: string;
};

/** `free`: the address waits in the pool and was promised to nobody. */
export type Match = { readonly script: Buffer; readonly free: boolean };

export type Store = {
  match(scripts: readonly Buffer[]): Promise<Match[]>;
  /** Forgets what was known of blocks above `height` and writes what was found instead. */
  write(height: number, found: readonly Found[], spoiled: readonly Buffer[]): Promise<void>;
  markAbsent(outputs: readonly { txid: string; vout: number }[]): Promise<void>;
  load(): Promise<Kept[]>;
  forget(buriedHeight: number, absentSince: Date): Promise<{ txid: string; vout: number }[]>;
  /** When the first address of this chain was given to a payer. */
  firstAssignment(): Promise<Date | null>;
};

export function createStore(deps: { chain: string; db: Database; now: () => Date }): Store {
  const { chain, db, now } = deps;

  function match(scripts: readonly Buffer[]): Promise<Match[]> {
    if (scripts.length === 0) return Promise.resolve([]);
    return db.query<Match>(
      `select script, instruction_id is null as free from utxo_addresses
        where chain = $1 and script = any($2::bytea[])`,
      [chain, scripts],
    );
  }

  function write(
    height: number,
    found: readonly Found[],
    spoiled: readonly Buffer[],
  ): Promise<void> {
    return db.transaction(async (tx) => {
      await tx.query(
        `update utxo_outputs set block_hash = null, block_height = null
          where chain = $1 and block_height > $2`,
        [chain, height],
      );
      if (found.length > 0) await upsert(tx, found);
      if (spoiled.length > 0) await spoil(tx, spoiled);
    });
  }

  // The first sight keeps its time, and a mempool's word does not undo a block's.
  async function upsert(tx: Tx, found: readonly Found[]): Promise<void> {
    await tx.query(
      `insert into utxo_outputs
         (chain, txid, vout, script, units, block_hash, block_height, seen_at, inputs)
       select $1, txid, vout, script, units, block_hash, block_height, seen_at,
              string_to_array(inputs, ',')
         from unnest($2::text[], $3::int[], $4::bytea[], $5::numeric[], $6::text[], $7::int[],
                     $8::timestamptz[], $9::text[])
           as seen (txid, vout, script, units, block_hash, block_height, seen_at, inputs)
       on conflict (chain, txid, vout) do update set
         block_hash = coalesce(excluded.block_hash, utxo_outputs.block_hash),
         block_height = coalesce(excluded.block_height, utxo_outputs.block_height),
         inputs = excluded.inputs,
         present = true`,
      [
        chain,
        found.map((each) => each.txid),
        found.map((each) => each.vout),
        found.map((each) => each.script),
        found.map((each) => each.units.toString()),
        found.map((each) => each.block?.hash ?? null),
        found.map((each) => each.block?.height ?? null),
        found.map((each) => each.seenAt),
        found.map((each) => each.inputs.join(',')),
      ],
    );
  }

  // Money on an address that nobody was told: it is known outside, and must not be given out.
  async function spoil(tx: Tx, scripts: readonly Buffer[]): Promise<void> {
    await tx.query(
      `update utxo_addresses set assigned_at = $3
        where chain = $1 and script = any($2::bytea[]) and instruction_id is null`,
      [chain, scripts, now()],
    );
  }

  async function markAbsent(outputs: readonly { txid: string; vout: number }[]): Promise<void> {
    if (outputs.length === 0) return;
    await db.query(
      `update utxo_outputs set present = false
         from unnest($2::text[], $3::int[]) as gone (txid, vout)
        where chain = $1 and utxo_outputs.txid = gone.txid and utxo_outputs.vout = gone.vout`,
      [chain, outputs.map((each) => each.txid), outputs.map((each) => each.vout)],
    );
  }

  async function load(): Promise<Kept[]> {
    const rows = await db.query<Omit<Kept, 'units'> & { units: string }>(
      `select txid, vout, units, block_height as "blockHeight", seen_at as "seenAt", present,
              inputs, merchant_id as "merchantId", payment_id as "paymentId",
              instruction_id as "instructionId"
         from utxo_outputs join utxo_addresses using (chain, script)
        where chain = $1 and instruction_id is not null
        order by seen_at, txid, vout`,
      [chain],
    );
    return rows.map((row) => ({ ...row, units: BigInt(row.units) }));
  }

  function forget(
    buriedHeight: number,
    absentSince: Date,
  ): Promise<{ txid: string; vout: number }[]> {
    return db.query<{ txid: string; vout: number }>(
      `delete from utxo_outputs
        where chain = $1
          and (block_height <= $2 or (block_height is null and not present and seen_at < $3))
        returning txid, vout`,
      [chain, buriedHeight, absentSince],
    );
  }

  async function firstAssignment(): Promise<Date | null> {
    const [row] = await db.query<{ at: Date | null }>(
      `select min(assigned_at) as at from utxo_addresses
        where chain = $1 and instruction_id is not null`,
      [chain],
    );
    return row?.at ?? null;
  }

  return { match, write, markAbsent, load, forget, firstAssignment };
}
