// `dragoman merchant set`: one setting of a merchant in one mode.

import { type Config, loadConfig } from '../config.ts';
import { readPublicKey } from '../dialects/bitxpay/signature.ts';
import { limitFault, servicesFault } from '../dialects/xbillion/services.ts';
import { webhookSecretContext } from '../dialects/xbillion/settings.ts';
import { methodsFault } from '../dialects/xlink/methods.ts';
import { webhookSecretContext as xlinkSecretContext } from '../dialects/xlink/settings.ts';
import { callbackSecretContext } from '../dialects/xpay/settings.ts';
import { createMerchants } from '../merchants/merchants.ts';
import type { MerchantSettings } from '../merchants/settings.ts';
import { shell } from '../merchants/staff-log.ts';
import { createVault } from '../merchants/vault.ts';
import { findAsset } from '../money/assets.ts';
import { policyFault } from '../payments/policy.ts';
import { parsePercent } from '../rates/fraction.ts';
import { loadSecretKey } from '../secret.ts';
import { type Command, UsageError, readOptions, required } from './command.ts';
import { withDatabase } from './database.ts';
import { modeOf } from './key.ts';
import { findMerchant } from './merchant.ts';

/** Answers what is wrong with a value, or null. */
type Check = (value: unknown) => string | null;

/** A secret: kept sealed, so that no table and no answer of ours shows it. */
type Sealed = { readonly check: Check; readonly context: (merchantId: string) => string };

const yesOrNo: Check = (value) => (typeof value === 'boolean' ? null : 'is true or false');

const wholeNumber: Check = (value) =>
  Number.isInteger(value) && (value as number) > 0 ? null : 'is a whole number above 0';
const secretText: Check = (value) =>
  typeof value === 'string' && value !== '' && value.isWellFormed() ? null : 'is a text';

const webUrl: Check = (value) => (isWebUrl(value) ? null : 'is an http or https URL');
const oneOf =
  (...words: readonly unknown[]): Check =>
  (value) =>
    words.includes(value) ? null : `is one of ${words.join(', ')}`;

const bitxpaySettings: Readonly<Record<string, Check>> = {
  webhookUrl: webUrl,
  initialStatus: oneOf('processing', 'pending'),
  lifetimeSeconds: wholeNumber,
  publicKeys: (value) =>
    Array.isArray(value) && value.every((key) => typeof key === 'string' && readPublicKey(key))
      ? null
      : 'is a list of public keys, PEM or "Ed25519:<base64 DER>"',
  requireSignature: yesOrNo,
  createdEvent: yesOrNo,
  acceptWebhookUrl: yesOrNo,
  genericForm: yesOrNo,
};
const xpaySettings: Readonly<Record<string, Check | Sealed>> = {
  cancelledSpelling: oneOf('auto', 'canceled', 'cancelled'),
  hideForeignTransactions: yesOrNo,
  listPaging: yesOrNo,
  waitingTimeSeconds: wholeNumber,
  callbackSecret: { check: secretText, context: callbackSecretContext },
};
const xbillionSettings: Readonly<Record<string, Check | Sealed>> = {
  services: servicesFault,
  minimum: limitFault,
  maximum: limitFault,
  lifetimeSeconds: wholeNumber,
  returnUrls: (value) => {
    const { success, fail, ...rest } = Object(value) as Record<string, unknown>;
    const urls = [success, fail].every((url) => url === undefined || isWebUrl(url));
    const whole = urls && Object.keys(rest).length === 0;
    return whole ? null : 'is {"success": "https://…", "fail": "https://…"}, or one of them';
  },
  webhookUrl: webUrl,
  webhookSecret: { check: secretText, context: webhookSecretContext },
  webhookOn: oneOf('final', 'change'),
  allowInsecureWebhook: yesOrNo,
  allowDuplicates: yesOrNo,
  strictEmail: yesOrNo,
  lenientIp: yesOrNo,
  fees: oneOf('array', 'object', 'omit'),
  amountsAsText: yesOrNo,
  unknownIdStatus: oneOf(403, 404),
  settlementCurrency: (value) =>
    typeof value === 'string' && findAsset(value) ? null : 'is the code of a currency',
  settlementNet: yesOrNo,
};
const xlinkSettings: Readonly<Record<string, Check | Sealed>> = {
  methods: methodsFault,
  callbackUrl: webUrl,
  returnUrl: webUrl,
  webhookSecret: { check: secretText, context: xlinkSecretContext },
  reportExpired: yesOrNo,
  allowKeylessSessions: yesOrNo,
  lifetimeSeconds: wholeNumber,
};

/** The settings by the name an operator types; policy members are checked as a whole. */
const dialectSettings: Readonly<Record<string, Readonly<Record<string, Check | Sealed>>>> = {
  bitxpay: bitxpaySettings,
  xpay: xpaySettings,
  xbillion: xbillionSettings,
  xlink: xlinkSettings,
};
const policyNames = ['tolerance', 'late', 'short', 'over', 'confirmations'];

export const merchantSet: Command = {
  usage: 'merchant set --merchant <id or name> --mode test|live --name <setting> --value <JSON>',
  summary:
    'Changes one setting: bitxpay.webhookUrl, xpay.callbackSecret, policy.late, spreadPercent … ' +
    '(docs/MONEY.md and src/dialects/*/README.md name them all). A value of null unsets it.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant', 'mode', 'name', 'value']);
    const mode = modeOf(required(options, 'mode'));
    const name = required(options, 'name');
    const value = checked(name, valueOf(required(options, 'value')));
    const config = loadConfig();
    await withDatabase(config, terminal, async (db) => {
      const merchant = await findMerchant(db, required(options, 'merchant'));
      const merchants = createMerchants({ db, now: () => new Date() });
      const kept = await sealedIfSecret(config, merchant.id, name, value);
      const change = changeOf(name, kept);
      const by = { ...shell, subject: name };
      const changed = await merchants.updateSettings(merchant.id, mode, change, by);
      terminal.out(JSON.stringify(changed.settings[mode], null, 2));
    });
    return 0;
  },
};

/** JSON, or a bare word for those who do not like quoting quotes. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The value as it will be kept, but for sealing. Throws UsageError for anything wrong. */
function checked(name: string, value: unknown): unknown {
  const [group, member = ''] = name.split('.', 2);
  if (name === 'spreadPercent') return value === null ? null : percentText(value);
  const isPolicy = group === 'policy' && policyNames.includes(member);
  const setting = isPolicy ? null : settingOf(name);
  if (!isPolicy && setting === null) throw new UsageError(`"${name}" is no setting of a merchant`);
  if (value === null) return null;
  if (setting === null) {
    const fault = policyFault({ [member]: value });
    if (fault !== null) throw new UsageError(fault);
    return value;
  }
  const fault = (typeof setting === 'function' ? setting : setting.check)(value);
  if (fault !== null) throw new UsageError(`${name} ${fault}`);
  return value;
}

function settingOf(name: string): Check | Sealed | null {
  const [group = '', member = ''] = name.split('.', 2);
  const known = Object.hasOwn(dialectSettings, group) ? dialectSettings[group] : undefined;
  return (known && Object.hasOwn(known, member) ? known[member] : undefined) ?? null;
}

function percentText(value: unknown): string {
  const text = String(value);
  try {
    parsePercent(text);
  } catch (error) {
    throw new UsageError(`spreadPercent: ${(error as Error).message}`);
  }
  return text;
}

async function sealedIfSecret(
  config: Config,
  merchantId: string,
  name: string,
  value: unknown,
): Promise<unknown> {
  const setting = settingOf(name);
  if (value === null || setting === null || typeof setting === 'function') return value;
  const vault = createVault(await loadSecretKey(config));
  return vault.seal(String(value), setting.context(merchantId)).toString('base64');
}

function changeOf(name: string, value: unknown): (settings: MerchantSettings) => MerchantSettings {
  const [group = '', member = ''] = name.split('.', 2);
  return (settings) => {
    if (member === '') return withMember(settings, name, value);
    if (group === 'policy') {
      return { ...settings, policy: withMember(settings.policy ?? {}, member, value) };
    }
    const bag = withMember(settings.dialects?.[group] ?? {}, member, value);
    return { ...settings, dialects: { ...settings.dialects, [group]: bag } };
  };
}

function withMember(
  bag: Readonly<Record<string, unknown>>,
  member: string,
  value: unknown,
): Record<string, unknown> {
  const { [member]: _, ...rest } = bag;
  return value === null ? rest : { ...rest, [member]: value };
}

function isWebUrl(value: unknown): boolean {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
}
