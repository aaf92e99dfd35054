// The desk of the demo merchant: traders with deposits, and ten thousand requisites with limits.

import { randomBytes } from 'node:crypto';
import { postDeposit } from '../src/desk/collateral.ts';
import { sealDetails } from '../src/desk/requisite-details.ts';
import { lastFourOf } from '../src/desk/requisite-number.ts';
import { newId } from '../src/merchants/ids.ts';
import { createVault } from '../src/merchants/vault.ts';
import { loadSecretKey } from '../src/secret.ts';
import type { Scene } from './scene.ts';

const TRADERS = 200;
const REQUISITES = 10_000;
/** So many of ten are the merchant's own. */
const OWN_OF_TEN = 6;
export const currency = 'USD';
export const mode = 'test';

/** In cents: nobody's is below zero afterwards, and the small ones run out in the run. */
const deposits = [50_000n, 500_000n, 100_000_000n, 100_000_000n];

/** Taken in turn: in the course of a run most of them are reached. */
const limits: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { open_limit: 2 },
  { day_count: 3 },
  { day_units: 30_000 },
  { month_units: 100_000, month_count: 4 },
  { min_units: 5_000, max_units: 20_000 },
  { cool_down_seconds: 2, open_limit: 10 },
  { unique_amounts: 'decimals', unique_bound: 20 },
];

type Trader = { readonly id: string; readonly deposit: bigint };

/** What every trader has brought, in smallest units. */
export async function openDesk(scene: Scene): Promise<ReadonlyMap<string, bigint>> {
  const { id: merchantId } = scene.gateway.demo.merchant;
  const traders = Array.from({ length: TRADERS }, (_, at): Trader => {
    return { id: newId(), deposit: deposits[at % deposits.length] ?? 0n };
  });
  await insertTraders(scene, merchantId, traders);
  await insertRequisites(scene, merchantId, traders);
  await scene.db.query('analyze requisites');
  return new Map(traders.map(({ id, deposit }) => [id, deposit]));
}

async function insertTraders(
  { db }: Scene,
  merchantId: string,
  traders: readonly Trader[],
): Promise<void> {
  // They never sign in: their passwords are hashes of nothing.
  await db.query(
    `insert into users (id, merchant_id, role, mode, email, password_hash, token_hash, created_at)
     select id, $1, 'trader', $2, 'trader-' || id || '@example.com', '', sha256(id::text::bytea),
            now()
       from unnest($3::uuid[]) as id`,
    [merchantId, mode, traders.map(({ id }) => id)],
  );
  await db.transaction(async (tx) => {
    for (const { id: traderId, deposit: units } of traders) {
      const own = { merchantId, mode, currency, traderId } as const;
      const change = { ...own, units, reference: 'bench', direction: 'in' } as const;
      await postDeposit(tx, change, new Date());
    }
  });
}

async function insertRequisites(
  scene: Scene,
  merchantId: string,
  traders: readonly Trader[],
): Promise<void> {
  // The gateway's own, as it made it in its data folder.
  const secret = await loadSecretKey({ secretKey: null, dataDir: scene.dataDir });
  const vault = createVault(secret);
  const rows = Array.from({ length: REQUISITES }, (_, at) => {
    const id = newId();
    const number = randomBytes(8).toString('hex').toUpperCase();
    const details = { kind: 'account', number, holder: 'Example Holder', bank: 'Bank' } as const;
    const isOwn = at % 10 < OWN_OF_TEN;
    return {
      id,
      trader_id: isOwn ? null : traders[Math.floor(at / 10) % TRADERS]?.id,
      details: sealDetails(vault, id, details).toString('hex'),
      last_four: lastFourOf(number),
      ...limits[at % limits.length],
    };
  });
  await scene.db.query(
    `insert into requisites (merchant_id, id, mode, trader_id, kind, way, currency, details,
       last_four, min_units, max_units, day_units, day_count, month_units,
       month_count, open_limit, cool_down_seconds, unique_amounts, unique_bound, turn_at,
       created_at)
     select $1, id, $2, trader_id, 'account', 'bank', $3, decode(details, 'hex'),
            last_four, min_units, max_units, day_units, day_count,
            month_units, month_count, open_limit, coalesce(cool_down_seconds, 0), unique_amounts,
            unique_bound, 'epoch', now()
       from json_to_recordset($4) as r (id uuid, trader_id uuid, details text,
         last_four text, min_units numeric, max_units numeric, day_units numeric, day_count int,
         month_units numeric, month_count int, open_limit int, cool_down_seconds int,
         unique_amounts text, unique_bound int)`,
    [merchantId, mode, currency, JSON.stringify(rows)],
  );
}
