// The first start: a demo merchant in test mode, and a file that says how to be it.

import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { App } from './app.ts';
import { keyForms } from './cli/key-forms.ts';
import { type DemoPeople, demoPeople } from './demo-people.ts';
import { testMethodIds } from './dialects/xlink/methods.ts';
import type { Merchant } from './merchants/settings.ts';
import { createVault } from './merchants/vault.ts';

/** `data/demo.json`: credentials of the demo merchant, readable by the owner of the file alone. */
export type Demo = {
  readonly origin: string;
  readonly merchant: { readonly id: string; readonly shop_id: number; readonly name: string };
  readonly bitxpay: { readonly api_key: string; readonly merchant_key: string };
} & Added;

/** What releases after the first one know of. */
type Added = DemoPeople & {
  readonly xlink: {
    readonly api_key: string;
    readonly shop_id: number;
    readonly webhook_secret: string;
  };
  readonly xbillion: {
    readonly merchant_id: string;
    readonly secret: string;
    /** One that sends the payer to our page, and one that shows an account to pay to. */
    readonly services: { readonly redirect: string; readonly details: string };
  };
};

/** As an older release may have written it. */
type KnownDemo = Omit<Demo, keyof Added> & Partial<Added>;

type Needs = Pick<App, 'merchants' | 'credentials' | 'users' | 'options'>;

const NAME = 'Demo shop';
const OWNER_ONLY = 0o600;

/**
 * Makes the demo merchant and its people on an installation that has none; a later start leaves
 * them as they are, and only adds to the file what an older release did not know. Answers null
 * when there are merchants but no file: somebody else's installation.
 */
export async function firstStart(app: Needs, origin: string): Promise<Demo | null> {
  const { config, log } = app.options;
  const path = join(config.dataDir, 'demo.json');
  const known = await read(path);
  if (known) return completed(app, path, known);
  const merchants = await app.merchants.list();
  // Killed between making the merchant and writing the file: it gets a new key, and the file.
  const [first] = merchants;
  if (merchants.length > 1 || (first && first.name !== NAME)) return null;
  const merchant = first ?? (await app.merchants.create(NAME));
  const { operator, xlink, xpay, xbillion } = await added(app, merchant, {});
  const demo: Demo = {
    origin,
    operator,
    merchant: { id: merchant.id, shop_id: merchant.shopId, name: merchant.name },
    xlink,
    xpay,
    bitxpay: await bitxpayKey(app, merchant),
    xbillion,
  };
  if (await write(config.dataDir, path, demo, 'new')) {
    log.info({ path }, 'the demo merchant is ready');
    return demo;
  }
  // Another process was faster.
  const other = await read(path);
  return other && completed(app, path, other);
}

async function bitxpayKey(app: Needs, merchant: Merchant): Promise<Demo['bitxpay']> {
  const form = keyForms.get('bitxpay');
  if (!form) throw new Error('there is no form of a BitXPay key');
  const beside = await form.prepare(app.merchants, merchant, 'test');
  const secret = form.newSecret('test');
  const owner = { merchantId: merchant.id, dialect: 'bitxpay', mode: 'test' } as const;
  await app.credentials.issue({ ...owner, label: 'demo', secret });
  return { api_key: secret, merchant_key: beside['merchant_key'] ?? '' };
}

async function xlinkKey(app: Needs, merchant: Merchant): Promise<Demo['xlink']> {
  const form = keyForms.get('xlink');
  if (!form?.prepareSealed) throw new Error('there is no form of an X-Link key');
  const vault = createVault(app.options.vaultKey);
  const beside = await form.prepareSealed(app.merchants, merchant, 'test', vault);
  const secret = form.newSecret('test');
  const owner = { merchantId: merchant.id, dialect: 'xlink', mode: 'test' } as const;
  await app.credentials.issue({ ...owner, label: 'demo', secret });
  const webhookSecret = beside['webhook_secret'] ?? '';
  return { api_key: secret, shop_id: merchant.shopId, webhook_secret: webhookSecret };
}

async function xbillionKey(app: Needs, merchant: Merchant): Promise<Demo['xbillion']> {
  const form = keyForms.get('xbillion');
  if (!form?.credential) throw new Error('there is no form of an xBillion secret');
  const secret = form.newSecret('test');
  const owner = { merchantId: merchant.id, dialect: 'xbillion', mode: 'test' } as const;
  const pair = form.credential(merchant, secret);
  await app.credentials.issue({ ...owner, label: 'demo', secret: pair });
  const services = { redirect: 'crypto', details: 'bank-transfer' };
  return { merchant_id: merchant.id, secret, services };
}

/** Makes what is not known yet. */
async function added(app: Needs, merchant: Merchant, known: Partial<Added>): Promise<Added> {
  const { operator, xlink, xpay, xbillion } = known;
  const people = operator && xpay ? { operator, xpay } : await demoPeople(app, merchant);
  return {
    ...people,
    xlink: xlink ?? (await xlinkKey(app, merchant)),
    xbillion: xbillion ?? (await xbillionKey(app, merchant)),
  };
}

/** What is in the file stays as it is, also members that only somebody else knows. */
async function completed(app: Needs, path: string, known: KnownDemo): Promise<Demo | null> {
  const { operator, xlink, xpay, xbillion } = known;
  if (operator && xlink && xpay && xbillion) return { ...known, operator, xlink, xpay, xbillion };
  const merchant = (await app.merchants.list()).find(({ id }) => id === known.merchant.id);
  // The file of another database: nothing in it opens anything here.
  if (!merchant) return null;
  const demo = { ...known, ...(await added(app, merchant, known)) };
  await write(app.options.config.dataDir, path, demo, 'replace');
  app.options.log.info({ path }, 'the demo merchant knows the newer APIs now');
  return demo;
}

async function read(path: string): Promise<KnownDemo | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as KnownDemo;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`${path} cannot be read; delete it to have it made again`, { cause: error });
  }
}

// The file appears whole or not at all; a new one never replaces one that is there: then false.
async function write(
  folder: string,
  path: string,
  demo: Demo,
  how: 'new' | 'replace',
): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  const half = `${path}.${randomUUID()}`;
  try {
    const file = await open(half, 'wx', OWNER_ONLY);
    await file.writeFile(`${JSON.stringify(demo, null, 2)}\n`);
    await file.sync();
    await file.close();
    await (how === 'new' ? link(half, path) : rename(half, path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(half, { force: true });
  }
}

/** What a newcomer reads after the first start. */
export function welcome(origin: string, demo: Demo | null, config: { dataDir: string }): string {
  const places = `
  Dragoman is running.

    merchant APIs   ${origin}            (documentation: ${origin}/docs)
    health          ${origin}/healthz  ${origin}/readyz  ${origin}/metrics
    data            ${config.dataDir}
`;
  if (!demo) return places;
  const { api_key: key, merchant_key: merchantKey } = demo.bitxpay;
  const { token } = demo.xpay.terminal;
  const { merchant_id: merchantId, secret } = demo.xbillion;
  const { api_key: xlinkApiKey, shop_id: shopId } = demo.xlink;
  return `${places}    demo keys       ${join(config.dataDir, 'demo.json')}

  A first payment, in test mode, as a BitXPay shop makes it:

    curl -s ${origin}/api/v1/payments/links \\
      -H 'X-API-Key: ${key}' -H 'Content-Type: application/json' \\
      -d '{"merchant_key":"${merchantKey}","order_currency":"USD","order_amount":12.5,
           "payment_name":"Coffee beans","payer_email":"payer@example.com",
           "success_url":"https://shop.example.com/thanks",
           "cancel_url":"https://shop.example.com/cart"}'

  Open the hosted_url it answers in a browser, or pay it from here (id or payment_reference):

    curl -s ${origin}/sandbox/payments/PASTE-THE-ID -H 'X-API-Key: ${key}' \\
      -H 'Content-Type: application/json' -d '{"event":"pay"}'

  The same in crypto, as an xpay till makes it, and what became of it (the id it answers):

    curl -s ${origin}/api/v1/transactions/create/ \\
      -H 'Authorization: Token ${token}' -H 'Content-Type: application/json' \\
      -d '{"src_currency":"BTC","tgt_currency":"COC","amount":100000,"exchange_id":1}'

    curl -s ${origin}/api/v1/transactions/PASTE-THE-ID/ -H 'Authorization: Token ${token}'

  And in one call, as an xBillion shop makes it:

    curl -s ${origin}/api/v1/payments -u '${merchantId}:${secret}' \\
      -H 'Content-Type: application/json' \\
      -d '{"amount":100,"currency":"USD","order_id":"A-1001","service":"crypto",
           "customer":{"email":"payer@example.com","ip":"203.0.113.7"}}'

  A bank transfer in won, as an X-Link shop makes it (the session says where to pay):

    curl -s ${origin}/api/v1/p2p/sessions \\
      -H 'X-API-KEY: ${xlinkApiKey}' -H 'Content-Type: application/json' \\
      -d '{"shop_id":${shopId},"payment_method_type_id":"${testMethodIds.bankKrw}",
           "operation_type":"PAYIN","operation_number":"ORDER-1","amount":"50000",
           "currency":"KRW"}'

  Stop with Ctrl-C; everything is kept.
`;
}
