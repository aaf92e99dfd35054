// `dragoman merchant set`: one setting of a merchant in one mode.

import { loadConfig } from '../config.ts';
import { readPublicKey } from '../dialects/bitxpay/signature.ts';
import { createMerchants } from '../merchants/merchants.ts';
import type { MerchantSettings } from '../merchants/settings.ts';
import { policyFault } from '../payments/policy.ts';
import { type Command, UsageError, readOptions, required } from './command.ts';
import { withDatabase } from './database.ts';
import { modeOf } from './key.ts';
import { findMerchant } from './merchant.ts';

/** Answers what is wrong with a value, or null. */
type Check = (value: unknown) => string | null;

const yesOrNo: Check = (value) => (typeof value === 'boolean' ? null : 'is true or false');

/** The settings by the name an operator types; policy members are checked as a whole. */
const bitxpaySettings: Readonly<Record<string, Check>> = {
  webhookUrl: (value) => (value === null || isWebUrl(value) ? null : 'is an http or https URL'),
  initialStatus: (value) =>
    value === 'processing' || value === 'pending' ? null : 'is "processing" or "pending"',
  lifetimeSeconds: (value) =>
    Number.isInteger(value) && (value as number) > 0 ? null : 'is a whole number above 0',
  publicKeys: (value) =>
    Array.isArray(value) && value.every((key) => typeof key === 'string' && readPublicKey(key))
      ? null
      : 'is a list of public keys, PEM or "Ed25519:<base64 DER>"',
  requireSignature: yesOrNo,
  createdEvent: yesOrNo,
  acceptWebhookUrl: yesOrNo,
  genericForm: yesOrNo,
};
const policyNames = ['tolerance', 'late', 'short', 'over', 'confirmations'];

export const merchantSet: Command = {
  usage: 'merchant set --merchant <id or name> --mode test|live --name <setting> --value <JSON>',
  summary:
    'Changes one setting: bitxpay.webhookUrl, bitxpay.initialStatus, policy.late … ' +
    '(docs/MONEY.md and src/dialects/bitxpay/README.md name them all). A value of null unsets it.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant', 'mode', 'name', 'value']);
    const mode = modeOf(required(options, 'mode'));
    const change = changeOf(required(options, 'name'), valueOf(required(options, 'value')));
    await withDatabase(loadConfig(), terminal, async (db) => {
      const merchant = await findMerchant(db, required(options, 'merchant'));
      const merchants = createMerchants({ db, now: () => new Date() });
      const changed = await merchants.updateSettings(merchant.id, mode, change);
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

function changeOf(name: string, value: unknown): (settings: MerchantSettings) => MerchantSettings {
  const [group, member = ''] = name.split('.', 2);
  if (group === 'policy' && policyNames.includes(member)) return policyChange(member, value);
  const check = group === 'bitxpay' ? bitxpaySettings[member] : undefined;
  if (!check) throw new UsageError(`"${name}" is no setting of a merchant`);
  const fault = value === null ? null : check(value);
  if (fault !== null) throw new UsageError(`${name} ${fault}`);
  return (settings) => ({
    ...settings,
    dialects: {
      ...settings.dialects,
      bitxpay: withMember(settings.dialects?.bitxpay ?? {}, member, value),
    },
  });
}

function policyChange(
  member: string,
  value: unknown,
): (settings: MerchantSettings) => MerchantSettings {
  const fault = value === null ? null : policyFault({ [member]: value });
  if (fault !== null) throw new UsageError(fault);
  return (settings) => ({
    ...settings,
    policy: withMember(settings.policy ?? {}, member, value),
  });
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
