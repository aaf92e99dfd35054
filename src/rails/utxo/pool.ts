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
  /** The holder's address; the same one whenever it asks again. Needs no network. */
  take(tx: Tx, holder: Holder): Promise<string>;
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

// One derivation takes about 1.5 ms: eight of them are the longest that others wait for.
const derivedPerTurn = 8;
const derivedPerCommit = 64;
const namespace = '5b0c8f1e-5d5f-4c0e-9a59-0d4a5c1e7b12';

export function createAddressPool(deps: PoolDeps): AddressPool {
  const { chain, xpub, account, db, now, poolSize } = deps;
  // The same account has the same id in every process, so that no process has to ask for it.
  const accountId = uuidOfName(`${chain.name} ${xpub}`, namespace);

  async function take(tx: Tx, holder: Holder): Promise<string> {
    // Two requests for one instruction must not both find that it has no address yet.
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [holder.instructionId]);
    const known = await tx.query<{ address: string }>(
      'select address from utxo_addresses where instruction_id = $1 and chain = $2',
      [holder.instructionId, chain.name],
    );
    if (known[0]) return known[0].address;
    return (await takeFree(tx, holder)) ?? (await deriveNow(tx, holder));
  }

  async function takeFree(tx: Tx, holder: Holder): Promise<string | null> {
    const taken = await tx.query<{ address: string }>(
      `update utxo_addresses
          set merchant_id = $2, payment_id = $3, instruction_id = $4, assigned_at = $5
        where chain = $6 and script = (
          select script from utxo_addresses
           where account_id = $1 and instruction_id is null and assigned_at is null
           order by index limit 1 for update skip locked)
        returning address`,
      [accountId, holder.merchantId, holder.paymentId, holder.instructionId, now(), chain.name],
    );
    return taken[0]?.address ?? null;
  }

  // A sudden rush has emptied the pool: slower for this one payer, but never a refusal.
  async function deriveNow(tx: Tx, holder: Holder): Promise<string> {
    await ensureAccount(tx);
    const [row] = await tx.query<{ index: number }>(
      `update utxo_accounts set next_index = next_index + 1 where id = $1
       returning next_index - 1 as index`,
      [accountId],
    );
    if (!row) throw new Error('the account of the address pool is missing');
    await insert(tx, [account.derive(row.index)], row.index);
    const address = await takeFree(tx, holder);
    if (address === null) throw new Error('a freshly derived address was taken by somebody else');
    return address;
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
