// A look into the ledger beside the running gateway: what was booked, when, and whether it adds up.

import { withApp } from '../src/cli/app.ts';
import { withDatabase } from '../src/cli/database.ts';
import { keyForms } from '../src/cli/key-forms.ts';
import { loadConfig } from '../src/config.ts';
import type { Database } from '../src/db/database.ts';
import { audit } from '../src/ledger/audit.ts';
import { createCredentials } from '../src/merchants/credentials.ts';
import { createMerchants } from '../src/merchants/merchants.ts';
import { newPassword } from '../src/merchants/passwords.ts';
import { shell } from '../src/merchants/staff-log.ts';
import type { ExchangeKeys } from '../src/rates/exchange.ts';
import type { ShopKeys } from './shop.ts';
import { check, DemoFailed, say } from './timeline.ts';

export type Books = {
  /** A merchant that takes real money, with a key and its webhook address. */
  openShop(settings: { webhookUrl: string; lifetimeSeconds: number }): Promise<ShopKeys>;
  /** A commerce that takes real money at the till, a manager of it, and its exchange account. */
  openTill(keys: ExchangeKeys): Promise<{ email: string; password: string }>;
  /** How the share was sold, once that has ended; null before. */
  conversion(): Promise<{ status: string; sold: string; received: string } | null>;
  /** Prints what was booked: all that came in, less what was sold, and what that brought. */
  proveTill(expected: { units: bigint; soldAtMost: bigint }): Promise<void>;
  /** Prints what was booked, and proves the balances and the whole ledger. */
  prove(expected: { available: bigint; suspense: bigint }): Promise<void>;
};

const now = (): Date => new Date();
const quiet = { out: () => undefined, say: () => undefined };

export function createBooks(environment: NodeJS.ProcessEnv): Books {
  // The project's own folder is not read: its settings are somebody's real installation.
  const config = loadConfig({ environment, folder: environment['DATA_DIR'] ?? '' });

  function openShop(settings: { webhookUrl: string; lifetimeSeconds: number }): Promise<ShopKeys> {
    return withDatabase(config, quiet, async (db) => {
      const merchants = createMerchants({ db, now });
      const merchant = await merchants.create('Demo roastery');
      const form = keyForms.get('bitxpay');
      if (!form) throw new DemoFailed('there is no form of a BitXPay key');
      const beside = await form.prepare(merchants, merchant, 'live');
      const secret = form.newSecret('live');
      const key = { dialect: 'bitxpay', mode: 'live', label: 'demo' } as const;
      await createCredentials({ db, now }).issue({ merchantId: merchant.id, ...key, secret });
      await merchants.updateSettings(merchant.id, 'live', (before) => ({
        ...before,
        dialects: {
          ...before.dialects,
          bitxpay: { ...before.dialects?.['bitxpay'], ...settings },
        },
      }));
      return { apiKey: secret, merchantKey: beside['merchant_key'] ?? '' };
    });
  }

  function prove(expected: { available: bigint; suspense: bigint }): Promise<void> {
    return withDatabase(config, quiet, async (db) => {
      for (const { debit, credit, units, at } of await transfersOf(db)) {
        say('  was booked', `${units} litoshis  ${debit} -> ${credit}`, at);
      }
      const report = await audit(db);
      check(report.ok, 'the ledger does not add up');
      const available = await balanceOf(db, 'live/available/LTC');
      const suspense = await balanceOf(db, 'live/suspense/LTC');
      check(available === expected.available, `available is ${available}`);
      check(suspense === expected.suspense, `suspense is ${suspense}`);
      say('ledger adds up', `available ${available}, suspense ${suspense} litoshis`);
    });
  }

  function openTill(keys: ExchangeKeys): Promise<{ email: string; password: string }> {
    return withApp(config, quiet, async (app) => {
      const merchant = await app.merchants.create('Demo café');
      const document = { type: 'N.I.T.', country: 'CO', number: '9001234567' };
      const approved = { active: true, verification: 'approved', document } as const;
      await app.merchants.changeCommerce(merchant.id, approved, shell);
      const account = { merchantId: merchant.id, mode: 'live', exchange: 1 } as const;
      const market = { ...account, orderType: 'market', limitBasisPoints: 100 } as const;
      await app.db.transaction((tx) => app.exchanges.accounts.set(tx, market, keys));
      const person = { email: 'manager@cafe.example', password: newPassword() };
      const role = { merchantId: merchant.id, role: 'manager', mode: 'live' } as const;
      await app.users.create({ ...role, ...person }, shell);
      return person;
    });
  }

  function conversion() {
    return withDatabase(config, quiet, async (db) => {
      const [row] = await db.query<{ status: string; sold: string; received: string }>(
        `select status, sold_units || ' smallest ' || asset as sold,
                received_units || ' smallest ' || quote_asset as received
           from conversions where status not in ('planned', 'sending', 'open')`,
      );
      return row ?? null;
    });
  }

  function proveTill({ units, soldAtMost }: { units: bigint; soldAtMost: bigint }): Promise<void> {
    return withDatabase(config, quiet, async (db) => {
      for (const { debit, credit, asset, units: moved, at } of await transfersOf(db)) {
        say('  was booked', `${moved} smallest ${asset}  ${debit} -> ${credit}`, at);
      }
      check((await audit(db)).ok, 'the ledger does not add up');
      const kept = await balanceOf(db, 'live/available/LTC');
      check(kept >= units - soldAtMost && kept < units, `available is ${kept} litoshis`);
      const brought = await balanceOf(db, 'live/available/USDT');
      check(brought > 0n, `the sale brought ${brought}`);
      say('ledger adds up', `${kept} litoshis kept, ${brought} millionths of USDT gained`);
    });
  }

  return { openShop, prove, openTill, conversion, proveTill };
}

type Transfer = { debit: string; credit: string; asset: string; units: string; at: Date };

function transfersOf(db: Database): Promise<Transfer[]> {
  return db.query<Transfer>(
    `select debit_account as debit, credit_account as credit, asset, units, at
       from ledger_transfers order by at, id`,
  );
}

async function balanceOf(db: Database, account: string): Promise<bigint> {
  const [row] = await db.query<{ units: string }>(
    `select coalesce(sum(credits - debits), 0) as units from ledger_accounts where id = $1`,
    [account],
  );
  return BigInt(row?.units ?? '0');
}
