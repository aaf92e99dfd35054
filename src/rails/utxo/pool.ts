// The address pool: derived ahead of need, taken lowest index first, never given out twice.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { v5 as uuidOfName } from 'uuid';
import type { Database, Tx } from '../../db/database.ts';
import type { Chain } from './chains.ts';
import type { Account, ReceiveAddress } from './xpub.ts';

export type Holder = {
  readonly instructionId: string;
  readonly merchantId: string;
  readonly paymentId: string;
};

export type AddressPool = {
  /** Each holder's address; the same one whenever it asks again. Needs no network. */
  take(tx: Tx, holders: readonly Holder[]): Promise<string[]>;
  /** Derives until `poolSize` addresses are free; answers how many it added. */
  refill(): Promise<number>;
};

export type PoolDeps = {
  readonly chain: Chain;
  readonly xpub: string;
  readonly account: Account;
  readonly db: Database;
  readonly now: () => Date;
  readonly poolSize: number;
};

type Taken = { readonly instruction_id: string; readonly address: string };

// One derivation takes about 1.5 ms: eight of them are the longest that others wait for.
const derivedPerTurn = 8;
const derivedPerCommit = 64;
const namespace = '5b0c8f1e-5d5f-4c0e-9a59-0d4a5c1e7b12';

export function createAddressPool(deps: PoolDeps): AddressPool {
  const { chain, xpub, account, db, now, poolSize } = deps;
  // The same account has the same id in every process, so that no process has to ask for it.
  const accountId = uuidOfName(`${chain.name} ${xpub}`, namespace);

  async function take(tx: Tx, holders: readonly Holder[]): Promise<string[]> {
    const ids = holders.map((holder) => holder.instructionId);
    // Two requests for one instruction must not both find that it has no address yet. Locked in one
    // order, so that two batches cannot wait for each other.
    await tx.query(
      `select pg_advisory_xact_lock(hashtextextended(id, 0))
         from unnest($1::text[]) as id order by id`,
      [ids.toSorted()],
      'utxo-lock-instructions',
    );
    const given = await known(tx, ids);
    const without = holders.filter((holder) => !given.has(holder.instructionId));
    await takeFree(tx, without, given);
    const unserved = without.filter((holder) => !given.has(holder.instructionId));
    if (unserved.length > 0) await deriveNow(tx, unserved, given);
    return ids.map((id) => {
      const address = given.get(id);
      if (address === undefined) throw new Error('an instruction was left without an address');
      return address;
    });
  }

  async function known(tx: Tx, ids: readonly string[]): Promise<Map<string, string>> {
    const rows = await tx.query<Taken>(
      `select instruction_id, address from utxo_addresses
        where instruction_id = any($1::uuid[]) and chain || '' = $2`,
      [ids, chain.name],
      'utxo-known-addresses',
    );
    return new Map(rows.map((row) => [row.instruction_id, row.address]));
  }

  async function takeFree(
    tx: Tx,
    holders: readonly Holder[],
    given: Map<string, string>,
  ): Promise<void> {
    if (holders.length === 0) return;
    const taken = await tx.query<Taken>(
      `with free as (
         select chain, script, row_number() over (order by index) as at from (
           select chain, script, index from utxo_addresses
            where account_id = $1 and instruction_id is null and assigned_at is null
            order by index limit cardinality($2::uuid[]) for update skip locked) as lowest
       )
       update utxo_addresses a
          set merchant_id = w.merchant_id, payment_id = w.payment_id,
              instruction_id = w.instruction_id, assigned_at = $5
         from free join unnest($2::uuid[], $3::uuid[], $4::uuid[]) with ordinality
           as w (instruction_id, merchant_id, payment_id, at) using (at)
        where a.chain = free.chain and a.script = free.script
       returning a.instruction_id, a.address`,
      [
        accountId,
        holders.map((holder) => holder.instructionId),
        holders.map((holder) => holder.merchantId),
        holders.map((holder) => holder.paymentId),
        now(),
      ],
      'utxo-take-addresses',
    );
    for (const row of taken) given.set(row.instruction_id, row.address);
  }

  // A sudden rush has emptied the pool: slower for these payers, but never a refusal.
  async function deriveNow(
    tx: Tx,
    holders: readonly Holder[],
    given: Map<string, string>,
  ): Promise<void> {
    await ensureAccount(tx);
    const [row] = await tx.query<{ index: number }>(
      `update utxo_accounts set next_index = next_index + $2 where id = $1
       returning next_index - $2 as index`,
      [accountId, holders.length],
    );
    if (!row) throw new Error('the account of the address pool is missing');
    const addresses = await deriveSeveral(row.index, holders.length);
    await insert(tx, addresses, row.index);
    await takeFree(tx, holders, given);
  }

  async function refill(): Promise<number> {
    await ensureAccount(db);
    let added = 0;
    for (let turn = 0; turn <= poolSize; turn += 1) {
      const { missing, next } = await need(db);
      if (missing === 0) break;
      // Derived before the account is locked; another process may have been quicker.
      const addresses = await deriveSeveral(next, Math.min(missing, derivedPerCommit));
      added += await db.transaction((tx) => addFrom(tx, next, addresses));
    }
    return added;
  }

  async function addFrom(tx: Tx, first: number, addresses: ReceiveAddress[]): Promise<number> {
    await tx.query('select 1 from utxo_accounts where id = $1 for update', [accountId]);
    const { missing, next } = await need(tx);
    if (next !== first) return 0;
    const wanted = addresses.slice(0, missing);
    await insert(tx, wanted, first);
    await tx.query('update utxo_accounts set next_index = $2 where id = $1', [
      accountId,
      first + wanted.length,
    ]);
    return wanted.length;
  }

  async function need(tx: Tx): Promise<{ missing: number; next: number }> {
    const [row] = await tx.query<{ free: number; next: number }>(
      `select next_index as next, (
         select count(*) from (
           select 1 from utxo_addresses
            where account_id = $1 and instruction_id is null and assigned_at is null
            limit $2) as those) as free
       from utxo_accounts where id = $1`,
      [accountId, poolSize],
    );
    if (!row) throw new Error('the account of the address pool is missing');
    return { missing: Math.max(0, poolSize - row.free), next: row.next };
  }

  async function deriveSeveral(first: number, count: number): Promise<ReceiveAddress[]> {
    const addresses: ReceiveAddress[] = [];
    for (let offset = 0; offset < count; offset += 1) {
      if (offset % derivedPerTurn === 0) await nextTurn();
      addresses.push(account.derive(first + offset));
    }
    return addresses;
  }

  async function insert(tx: Tx, addresses: ReceiveAddress[], first: number): Promise<void> {
    await tx.query(
      `insert into utxo_addresses (chain, account_id, script, index, address)
       select $1, $2, script, $3 + ordinality - 1, address
         from unnest($4::bytea[], $5::text[])
           with ordinality as fresh (script, address, ordinality)`,
      [
        chain.name,
        accountId,
        first,
        addresses.map((each) => Buffer.from(each.script)),
        addresses.map((each) => each.address),
      ],
    );
  }

  async function ensureAccount(tx: Tx): Promise<void> {
    await tx.query(
      `insert into utxo_accounts (id, chain, xpub, created_at) values ($1, $2, $3, $4)
       on conflict do nothing`,
      [accountId, chain.name, xpub, now()],
    );
  }

  return { take, refill };
}
