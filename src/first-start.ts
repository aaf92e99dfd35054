// The first start: a demo merchant in test mode, and a file that says how to be it.

import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { App } from './app.ts';
import { keyForms } from './cli/key-forms.ts';

/** `data/demo.json`: credentials of the demo merchant, readable by the owner of the file alone. */
export type Demo = {
  readonly origin: string;
  readonly merchant: { readonly id: string; readonly shop_id: number; readonly name: string };
  readonly bitxpay: { readonly api_key: string; readonly merchant_key: string };
};

const NAME = 'Demo shop';
const OWNER_ONLY = 0o600;

/**
 * Makes the demo merchant on an installation that has none; a later start leaves file and merchant
 * as they are. Answers null when there are merchants but no file: somebody else's installation.
 */
export async function firstStart(app: App, origin: string): Promise<Demo | null> {
  const { config, log } = app.options;
  const path = join(config.dataDir, 'demo.json');
  const known = await read(path);
  if (known) return known;
  const merchants = await app.merchants.list();
  // Killed between making the merchant and writing the file: it gets a new key, and the file.
  const [first] = merchants;
  if (merchants.length > 1 || (first && first.name !== NAME)) return null;
  const merchant = first ?? (await app.merchants.create(NAME));
  const form = keyForms.get('bitxpay');
  if (!form) throw new Error('there is no form of a BitXPay key');
  const beside = await form.prepare(app.merchants, merchant, 'test');
  const secret = form.newSecret('test');
  const { id: merchantId } = merchant;
  const label = 'demo';
  const owner = { merchantId, dialect: 'bitxpay', mode: 'test', label } as const;
  await app.credentials.issue({ ...owner, secret });
  const demo: Demo = {
    origin,
    merchant: { id: merchant.id, shop_id: merchant.shopId, name: merchant.name },
    bitxpay: { api_key: secret, merchant_key: beside['merchant_key'] ?? '' },
  };
  await write(config.dataDir, path, demo);
  log.info({ path }, 'the demo merchant is ready');
  return demo;
}

async function read(path: string): Promise<Demo | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Demo;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`${path} cannot be read; delete it to have it made again`, { cause: error });
  }
}

// The file appears whole or not at all, and never replaces one that is there.
async function write(folder: string, path: string, demo: Demo): Promise<void> {
  await mkdir(folder, { recursive: true });
  const half = `${path}.${randomUUID()}`;
  try {
    const file = await open(half, 'wx', OWNER_ONLY);
    await file.writeFile(`${JSON.stringify(demo, null, 2)}\n`);
    await file.sync();
    await file.close();
    await link(half, path);
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

  Stop with Ctrl-C; everything is kept.
`;
}
