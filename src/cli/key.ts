// `dragoman key create`, `list` and `revoke`.

import { loadConfig } from '../config.ts';
import { modes, type Mode } from '../db/mode.ts';
import { createCredentials } from '../merchants/credentials.ts';
import { createMerchants } from '../merchants/merchants.ts';
import { createVault } from '../merchants/vault.ts';
import { loadSecretKey } from '../secret.ts';
import { columns, readOptions, required, UsageError, type Command } from './command.ts';
import { withDatabase } from './database.ts';
import { keyForms } from './key-forms.ts';
import { findMerchant } from './merchant.ts';

const now = (): Date => new Date();

export const keyCreate: Command = {
  usage: 'key create --merchant <id or name> --mode test|live [--dialect <name>] [--label <text>]',
  summary: 'Makes an API key (of bitxpay, or of another dialect) and prints it, this once.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant', 'mode', 'dialect', 'label']);
    const word = required(options, 'merchant');
    const mode = modeOf(required(options, 'mode'));
    const dialect = options.dialect ?? 'bitxpay';
    const form = keyForms.get(dialect);
    if (!form) throw new UsageError(`--dialect must be one of ${[...keyForms.keys()].join(', ')}`);
    const config = loadConfig();
    await withDatabase(config, terminal, async (db) => {
      const merchant = await findMerchant(db, word);
      const merchants = createMerchants({ db, now });
      const vault = form.prepareSealed && createVault(await loadSecretKey(config));
      const beside = {
        ...(await form.prepare(merchants, merchant, mode)),
        ...(vault && (await form.prepareSealed?.(merchants, merchant, mode, vault))),
      };
      const secret = form.newSecret(mode);
      const label = options.label ?? 'made in the shell';
      const { id } = await createCredentials({ db, now }).issue({
        merchantId: merchant.id,
        dialect,
        mode,
        label,
        secret: form.credential?.(merchant, secret) ?? secret,
      });
      const shown = { id, [form.secretName ?? 'api_key']: secret, ...beside };
      terminal.out(JSON.stringify(shown, null, 2));
      terminal.say('Keep the key now: only its hash is stored.');
    });
    return 0;
  },
};

export const keyList: Command = {
  usage: 'key list [--merchant <id or name>]',
  summary: 'Lists API keys by their first characters.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant']);
    await withDatabase(loadConfig(), terminal, async (db) => {
      const merchant = options.merchant ? await findMerchant(db, options.merchant) : null;
      const keys = await createCredentials({ db, now }).list(merchant?.id);
      const rows = keys.map((key) => [
        key.id,
        key.dialect,
        key.mode,
        `${key.prefix}…`,
        key.label,
        key.revokedAt ? `revoked ${key.revokedAt.toISOString()}` : '',
      ]);
      const header = ['id', 'dialect', 'mode', 'key', 'label', ''];
      for (const row of columns([header, ...rows])) terminal.out(row);
    });
    return 0;
  },
};

export const keyRevoke: Command = {
  usage: 'key revoke --id <id>',
  summary: 'Makes an API key worthless, within seconds everywhere.',
  async run(words, terminal) {
    const id = required(readOptions(words, ['id']), 'id');
    if (!/^[0-9a-f-]{36}$/i.test(id)) throw new UsageError('--id is the id that "key list" shows');
    return withDatabase(loadConfig(), terminal, async (db) => {
      const revoked = await createCredentials({ db, now }).revoke(id);
      terminal.say(revoked ? `The key ${id} is revoked.` : `There is no valid key ${id}.`);
      return revoked ? 0 : 1;
    });
  },
};

export function modeOf(word: string): Mode {
  const mode = modes.find((one) => one === word);
  if (!mode) throw new UsageError('--mode must be test or live');
  return mode;
}
