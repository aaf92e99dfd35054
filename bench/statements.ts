// A statement of ten thousand lines against ten thousand open payments: matched, and imported.

import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { type App, createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { expectedOf } from '../src/desk/inbox.ts';
import type { Worker } from '../src/desk/person.ts';
import { shell } from '../src/merchants/staff-log.ts';
import { VAULT_KEY_BYTES, createVault } from '../src/merchants/vault.ts';
import { readMatchable } from '../src/desk/moneys.ts';
import { matchAll } from '../src/desk/matching/match.ts';
import { soughtBy } from '../src/desk/matching/sought.ts';
import { incomingOfEntry } from '../src/desk/matching/witnessed.ts';
import { webhookSecretContext } from '../src/dialects/xlink/settings.ts';
import { readStatements } from '../src/desk/statements/read.ts';
import type { Scene } from './scene.ts';

const LINES = 10_000;
const TURNS = 3;
const email = 'statements@example.com';
const callbackUrl = 'https://shop.example.com/callback';
const iban = 'DE89370400440532013000';
const currency = 'EUR';
/** In cents; every payment asks for another amount. */
const SMALLEST = 1_000;

type Desk = { readonly merchantId: string; readonly requisiteId: string };

export async function measureStatements(scene: Scene): Promise<void> {
  const { beside: db, besideConnection: connection, series } = scene;
  const config = loadConfig({ environment: {}, folder: '/nonexistent' });
  const log = pino({ level: 'warn' });
  const vaultKey = randomBytes(VAULT_KEY_BYTES);
  const now = (): Date => new Date();
  const app = await createApp({ config, connection, vaultKey, version: '0', log, now });
  try {
    const { id: merchantId } = await app.merchants.create('Statements');
    const worker: Worker = { merchantId, mode: 'live', traderId: null, actor: shell };
    const own = { merchantId, mode: 'live', traderId: null, kind: 'iban', currency } as const;
    const given = { ...own, number: iban, holder: 'Example Holder' };
    const { id: requisiteId } = await app.desk.requisites.add(given, shell);
    const payments = await openPayments(db, { merchantId, requisiteId });
    const whole = statementOf(payments);
    for (let turn = 0; turn < TURNS; turn += 1) {
      const startedAt = performance.now();
      const settled = await match(db, worker, requisiteId, whole);
      series.add('statement matched s', (performance.now() - startedAt) / 1_000);
      if (settled !== LINES) throw new Error(`${settled} lines of ${LINES} found their payments`);
    }
    await tellShop(app, vaultKey, merchantId);
    series.add('statement imported s', await importOver(app, merchantId, { requisiteId, whole }));
    await checkImported(scene, merchantId);
  } finally {
    await app.close();
  }
}

/** Each payment that is completed is told to its shop: these are only written down. */
async function tellShop(app: App, vaultKey: Buffer, merchantId: string): Promise<void> {
  const context = webhookSecretContext(merchantId);
  const webhookSecret = createVault(vaultKey).seal('a secret', context).toString('base64');
  await app.merchants.updateSettings(merchantId, 'live', (settings) => ({
    ...settings,
    dialects: { ...settings.dialects, xlink: { webhookSecret } },
  }));
}

/** Over HTTP, until all of it is settled; in seconds. */
async function importOver(
  app: App,
  merchantId: string,
  { requisiteId, whole }: { readonly requisiteId: string; readonly whole: Buffer },
): Promise<number> {
  const manager = { merchantId, role: 'manager', mode: 'live', email } as const;
  const { token } = await app.users.create({ ...manager, password: 'Correct horse 9!' }, shell);
  const server = app.server();
  const origin = await server.listen({ port: 0, host: '127.0.0.1' });
  try {
    const startedAt = performance.now();
    const answered = await fetch(`${origin}/desk/v1/statements?requisite=${requisiteId}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/xml' },
      body: whole,
    });
    const text = await answered.text();
    if (answered.status !== 200) throw new Error(`the import answered ${text}`);
    return (performance.now() - startedAt) / 1_000;
  } finally {
    await server.close();
  }
}

/** From the bytes of the file to what is sure; the payments come from the database. */
async function match(
  db: Scene['beside'],
  worker: Worker,
  requisiteId: string,
  content: Buffer,
): Promise<number> {
  const entries = readStatements(content, null).statements.flatMap((one) => one.entries);
  const incomings = entries.flatMap((entry) => incomingOfEntry(entry, requisiteId) ?? []);
  const leases = (await readMatchable(db, worker, soughtBy(incomings), new Date())) ?? [];
  const expecteds = leases.map((lease) => expectedOf(lease, new Date()));
  const { settled } = matchAll(incomings, expecteds);
  return settled.length;
}

type Asked = { readonly reference: string; readonly units: string };

async function openPayments(
  db: Scene['beside'],
  { merchantId, requisiteId }: Desk,
): Promise<Asked[]> {
  const asked = await db.query<Asked>(
    `with made as (
       insert into payments (merchant_id, id, mode, number, reference, dialect, name, price_units,
         price_asset, price_value, status, created_at, expires_at, callback_url)
       select $1, uuidv7(), 'live', -n, 'YYY-' || lpad(n::text, 6, '0') || '-PMT', 'xlink',
              'ORDER-' || n, $3 + n, $4, ($3 + n) / 100.0, 'awaiting',
              now() - interval '10 minutes', now() + interval '1 day', $6
         from generate_series(1, $5::int) as n
       returning merchant_id, id, reference, price_units, created_at
     ), told as (
       insert into instructions (merchant_id, payment_id, id, rail, method, asset, expected_units,
         price_units, target, quote, created_at)
       select merchant_id, id, uuidv7(), 'transfer', 'bank-transfer', $4, price_units, price_units,
              '**** 3000', '{}', created_at
         from made returning merchant_id, payment_id, id, price_units, created_at
     ), leased as (
       insert into leases (merchant_id, id, requisite_id, payment_id, mode, asset, asked_units,
         units, apart, day, leased_at)
       select merchant_id, id, $2, payment_id, 'live', $4, price_units, price_units, false,
              current_date, created_at from told
     ), counted as (
       update requisites r
          set open_count = made.count, counted_day = current_date, used_day_units = made.units,
              used_day_count = made.count, used_month_units = made.units,
              used_month_count = made.count
         from (select sum(price_units) as units, count(*) as count from made) as made
        where r.merchant_id = $1 and r.id = $2
     )
     select reference, price_units as units from made order by reference`,
    [merchantId, requisiteId, SMALLEST, currency, LINES, callbackUrl],
  );
  await db.query('analyze payments, instructions, leases');
  return asked;
}

/** camt.053: half of the payers wrote the reference, the others have only their amounts. */
function statementOf(payments: readonly Asked[]): Buffer {
  const day = new Date().toISOString();
  const entries = payments.map(({ reference, units }, at) => {
    const amount = `${units.slice(0, -2)}.${units.slice(-2)}`;
    const text = at % 2 === 0 ? `Order ${reference} thank you` : 'Transfer';
    return `<Ntry><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Sts><Cd>BOOK</Cd></Sts><BookgDt><DtTm>${day}</DtTm></BookgDt>
<AcctSvcrRef>BANK-${at}</AcctSvcrRef><NtryDtls><TxDtls>
<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
<RltdPties><Dbtr><Pty><Nm>Payer ${at}</Nm></Pty></Dbtr></RltdPties>
<RmtInf><Ustrd>${text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`;
  });
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<Stmt><Id>1</Id><Acct><Id><IBAN>${iban}</IBAN></Id><Ccy>${currency}</Ccy></Acct>
${entries.join('\n')}
</Stmt></BkToCstmrStmt></Document>`);
}

/** Every line has completed its payment and closed its lease. */
async function checkImported({ beside: db }: Scene, merchantId: string): Promise<void> {
  const [row] = await db.query<Record<'completed' | 'closed' | 'told' | 'waiting', number>>(
    `select (select count(*) from payments where merchant_id = $1 and status = 'completed')
              as completed,
            (select count(*) from leases where merchant_id = $1 and status = 'closed') as closed,
            (select count(*) from deliveries where merchant_id = $1) as told,
            (select count(*) from incomings where merchant_id = $1 and status = 'waiting')
              as waiting`,
    [merchantId],
  );
  const { completed, closed, told, waiting } = row ?? {};
  if ([completed, closed, told].some((count) => count !== LINES) || waiting !== 0) {
    throw new Error(`of ${LINES} lines came ${JSON.stringify(row)}`);
  }
}
