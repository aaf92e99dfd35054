// `dragoman merchant commerce`: what the operator decides about a merchant.

import { loadConfig } from '../config.ts';
import { createMerchants } from '../merchants/merchants.ts';
import {
  type Commerce,
  type IdentityDocument,
  type Merchant,
  verifications,
} from '../merchants/settings.ts';
import { shell } from '../merchants/staff-log.ts';
import { type Command, type Options, UsageError, readOptions, required } from './command.ts';
import { withDatabase } from './database.ts';
import { findMerchant } from './merchant.ts';
import { onOff } from './user-work.ts';

const documentNames = ['document-type', 'document-country', 'document-number'] as const;
const longestText = 100;

export const merchantCommerce: Command = {
  usage:
    'merchant commerce --merchant <id or name> [--active on|off] ' +
    `[--verification ${verifications.join('|')}] [--document-type N.I.T. --document-country CO ` +
    '--document-number <text> | --document none] [--fiat-withdraw on|off] [--email <e-mail>]',
  summary: 'Shows what the operator decided about a merchant, and changes what is given.',
  async run(words, terminal) {
    const others = ['active', 'verification', 'document', 'fiat-withdraw', 'email'];
    const options = readOptions(words, ['merchant', ...others, ...documentNames]);
    const word = required(options, 'merchant');
    const patch = patchOf(options);
    await withDatabase(loadConfig(), terminal, async (db) => {
      const { id } = await findMerchant(db, word);
      const merchants = createMerchants({ db, now: () => new Date() });
      terminal.out(
        JSON.stringify(shown(await merchants.changeCommerce(id, patch, shell)), null, 2),
      );
    });
    return 0;
  },
};

function shown({ email, active, verification, document, fiatWithdraw }: Merchant): Commerce {
  return { email, active, verification, document, fiatWithdraw };
}

function patchOf(options: Options): Partial<Commerce> {
  const { active, email, 'fiat-withdraw': fiatWithdraw } = options;
  const verification = verificationOf(options.verification);
  const document = documentOf(options);
  if (email && !/^[^\s@]+@[^\s@]+$/.test(email)) throw new UsageError('--email is no e-mail');
  return {
    ...(active === undefined ? {} : { active: onOff('active', active) }),
    ...(verification === undefined ? {} : { verification }),
    ...(document === undefined ? {} : { document }),
    ...(fiatWithdraw === undefined ? {} : { fiatWithdraw: onOff('fiat-withdraw', fiatWithdraw) }),
    ...(email === undefined ? {} : { email: email || null }),
  };
}

function verificationOf(word: string | undefined): Commerce['verification'] | undefined {
  const found = verifications.find((one) => one === word);
  if (word !== undefined && found === undefined) {
    throw new UsageError(`--verification must be one of ${verifications.join(', ')}`);
  }
  return found;
}

function documentOf(options: Options): IdentityDocument | null | undefined {
  const given = documentNames.filter((name) => options[name] !== undefined);
  if (options.document !== undefined) {
    if (options.document !== 'none' || given.length > 0) {
      throw new UsageError(
        '--document none takes the document away; give the three parts to set it',
      );
    }
    return null;
  }
  if (given.length === 0) return undefined;
  const [type = '', country = '', number = ''] = documentNames.map((name) =>
    required(options, name),
  );
  if (!/^[A-Z]{2}$/.test(country)) throw new UsageError('--document-country is like CO');
  if (type.length > longestText || number.length > longestText) {
    throw new UsageError(`a document’s parts have at most ${longestText} characters`);
  }
  return { type, country, number };
}
