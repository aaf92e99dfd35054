// Everything a day at the desk needs: a gateway, a merchant, its people, requisites and devices.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../src/cli/main.ts';
import { type Person, createPerson } from './desk-http.ts';
import { type Currency } from './desk-plan.ts';
import { type DeskReceiver, startDeskReceiver } from './desk-receiver.ts';
import { type ShopKeys, type Shops, createShops, methods } from './desk-shops.ts';
import { type Device, type DeviceKeys, createDevice } from './desk-witness.ts';
import { createGateway } from './gateway.ts';
import type { Cleanup } from './stage.ts';
import { DemoFailed, say } from './timeline.ts';

/** Three traders, and `own`: the merchant's own desk, at which its manager works. */
export const desks = ['own', 'anna', 'min', 'wanjiru'] as const;
export type DeskName = (typeof desks)[number];
export type TraderName = Exclude<DeskName, 'own'>;

export type DeskStage = {
  readonly origin: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly merchantId: string;
  readonly manager: Person;
  readonly operator: Person;
  readonly traders: Readonly<Record<TraderName, Person>>;
  readonly devices: Readonly<Record<DeskName, Device>>;
  /** The accounts whose bank sends statements. */
  readonly ibans: Readonly<Record<'own' | 'anna', { readonly id: string; readonly iban: string }>>;
  readonly shops: Shops;
  readonly receiver: DeskReceiver;
};

/** What each trader leaves with the house before the day begins. */
export const deposits: Readonly<
  Record<TraderName, { readonly currency: Currency; readonly units: bigint }>
> = {
  anna: { currency: 'EUR', units: 5_000_000n },
  min: { currency: 'KRW', units: 30_000_000n },
  wanjiru: { currency: 'KES', units: 100_000_000n },
};

const merchant = 'Demo market';
const mode = ['--merchant', merchant, '--mode', 'live'];

export async function buildDeskStage(later: Cleanup): Promise<DeskStage> {
  const folder = await mkdtemp(join(tmpdir(), 'dragoman-demo-'));
  later('folder', () => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const environment = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    DATA_DIR: join(folder, 'data'),
    LOG_LEVEL: 'warn',
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
  };
  // The shell's commands run in this process, which spares a dozen starts of Node.
  Object.assign(process.env, environment);
  const receiver = await startDeskReceiver();
  later('receiver', receiver.close);
  const gateway = await createGateway(environment);
  later('gateway', gateway.stop);
  await gateway.start();
  const { origin } = gateway;
  const merchantId = await command('merchant create', '--name', merchant);
  const [, keys, people] = await Promise.all([
    settings(receiver.url),
    makeKeys(merchantId),
    hire(origin, merchantId),
  ]);
  receiver.expect({ xlinkSecret: keys.xlink.webhookSecret, xbillionPair: keys.xbillion.pair });
  const ibans = await addRequisites(people);
  const devices = await addDevices(origin, people);
  const terms = { traders_confirm: true, pledged: true, open_limit: 20, take_minutes: 60 };
  await people.manager.call('payout-terms', { method: 'PATCH', body: terms });
  say('desk ready', 'a manager, three traders with deposits, eight requisites, four devices');
  const shops = createShops(origin, keys, receiver);
  return { origin, environment, merchantId, ...people, devices, ibans, shops, receiver };
}

async function settings(webhooks: string): Promise<void> {
  const transfer = { kind: 'details', method: 'bank-transfer', currencies: ['EUR'] };
  const fee = { percent: '2', payer: 'merchant' };
  const services = {
    transfer: { ...transfer, fee },
    'transfer-quick': { ...transfer, fee, lifetimeSeconds: 6 },
  };
  const wanted = {
    'xlink.methods': methods,
    'xlink.callbackUrl': `${webhooks}/xlink`,
    'xlink.reportExpired': true,
    'xbillion.services': services,
    'xbillion.webhookUrl': `${webhooks}/xbillion`,
    // The receiver is this very process: nothing leaves the machine.
    'xbillion.allowInsecureWebhook': true,
    'bitxpay.webhookUrl': `${webhooks}/bitxpay`,
  };
  for (const [name, value] of Object.entries(wanted)) {
    await command('merchant set', ...mode, '--name', name, '--value', JSON.stringify(value));
  }
}

async function makeKeys(merchantId: string): Promise<ShopKeys> {
  const key = async (dialect: string): Promise<Record<string, string>> =>
    JSON.parse(await command('key create', ...mode, '--dialect', dialect)) as Record<
      string,
      string
    >;
  const [xlink, xbillion, bitxpay] = await Promise.all([
    key('xlink'),
    key('xbillion'),
    key('bitxpay'),
  ]);
  return {
    xlink: {
      apiKey: member(xlink, 'api_key'),
      shopId: Number(member(xlink, 'shop_id')),
      webhookSecret: member(xlink, 'webhook_secret'),
    },
    xbillion: { pair: `${merchantId}:${member(xbillion, 'secret')}` },
    bitxpay: { apiKey: member(bitxpay, 'api_key'), merchantKey: member(bitxpay, 'merchant_key') },
  };
}

type People = Pick<DeskStage, 'manager' | 'operator' | 'traders'>;

async function hire(origin: string, merchantId: string): Promise<People> {
  const person = async (name: string, role: string, ...more: string[]): Promise<Person> => {
    const email = `${name}@market.example`;
    const words = ['--email', email, '--role', role, '--mode', 'live', ...more];
    const made = JSON.parse(await command('user create', ...words)) as Record<string, string>;
    const who = { name, userId: member(made, 'id'), token: member(made, 'token') };
    return createPerson(origin, who, role === 'operator' ? `merchant=${merchantId}` : '');
  };
  const trader = async (name: TraderName): Promise<Person> => {
    const hired = await person(name, 'trader', '--merchant', merchant);
    const { currency, units } = deposits[name];
    const amount = `${currency === 'KRW' ? units : `${units / 100n}.00`} ${currency}`;
    const words = ['--trader', `${name}@market.example`, '--amount', amount];
    await command('desk trader deposit', ...words, '--reference', `opening-${name}`);
    return hired;
  };
  const [manager, operator, anna, min, wanjiru] = await Promise.all([
    person('boss', 'manager', '--merchant', merchant),
    person('house', 'operator'),
    trader('anna'),
    trader('min'),
    trader('wanjiru'),
  ]);
  return { manager, operator, traders: { anna, min, wanjiru } };
}

/** The merchant's own by the shell, the traders' by themselves: one of every kind. */
async function addRequisites({ traders }: People): Promise<DeskStage['ibans']> {
  const own = 'DE89370400440532013000';
  const words = ['--currency', 'EUR', '--kind', 'iban', '--number', own, '--holder', merchant];
  const ownId = await command('desk requisite add', ...mode, ...words, '--bank', 'Commerzbank');
  const { anna, min, wanjiru } = traders;
  const add = async (trader: Person, currency: Currency, body: object): Promise<string> => {
    const given = { currency, holder: trader.name, ...body };
    return (await trader.call<{ id: string }>('requisites', { body: given })).id;
  };
  const iban = 'NL91ABNA0417164300';
  const annaId = await add(anna, 'EUR', { kind: 'iban', number: iban, bank: 'ABN AMRO' });
  await add(anna, 'EUR', { kind: 'card', number: '4111 1111 1111 1111', maximum: '5000.00' });
  await add(min, 'KRW', { kind: 'account', number: '110-234-567890', bank: 'Shinhan' });
  await add(min, 'KRW', { kind: 'account', number: '352-0912-3456-78', bank: 'Nonghyup' });
  await add(wanjiru, 'KES', { kind: 'phone', number: '+254 712 345678', bank: 'M-PESA' });
  await add(wanjiru, 'KES', { kind: 'account', number: '01134567890100', bank: 'Equity' });
  const cents = { unique_amounts: 'decimals', unique_bound: 60 };
  await add(wanjiru, 'KES', { kind: 'wallet', number: 'till-5071234', ...cents });
  return { own: { id: ownId, iban: own }, anna: { id: annaId, iban } };
}

async function addDevices(
  origin: string,
  { manager, traders }: People,
): Promise<DeskStage['devices']> {
  const device = async (person: Person): Promise<Device> => {
    const body = { name: `phone of ${person.name}` };
    return createDevice(origin, await person.call<DeviceKeys>('devices', { body }));
  };
  return {
    own: await device(manager),
    anna: await device(traders.anna),
    min: await device(traders.min),
    wanjiru: await device(traders.wanjiru),
  };
}

/** A command of the shell; answers what it prints. */
export async function command(name: string, ...words: string[]): Promise<string> {
  const printed: string[] = [];
  const said: string[] = [];
  const terminal = {
    out: (line: string) => void printed.push(line),
    say: (line: string) => void said.push(line),
  };
  const code = await runCommand([...name.split(' '), ...words], terminal);
  if (code !== 0) throw new DemoFailed(`dragoman ${name}: ${[...said, ...printed].join('\n')}`);
  return printed.join('\n');
}

function member(made: Readonly<Record<string, string>>, name: string): string {
  const value = made[name];
  if (!value) throw new DemoFailed(`nothing was printed as ${name}`);
  return value;
}
