// `dragoman user create`, `list` and `set`.

import { newPassword } from '../merchants/passwords.ts';
import { shell } from '../merchants/staff-log.ts';
import type { User, UserPatch } from '../merchants/users.ts';
import { type Command, type Options, columns, readOptions, required } from './command.ts';
import { modeOf } from './key.ts';
import { findMerchant } from './merchant.ts';
import { findUser, onOff, roleOf, withPeople } from './user-work.ts';

const profileNames = ['first-name', 'last-name', 'language', 'phone', 'country'];

export const userCreate: Command = {
  usage:
    'user create --email <e-mail> --role <role> --mode test|live [--merchant <id or name>] ' +
    '[--first-name <text>] [--last-name <text>] [--language en] [--phone <text>] [--country CO]',
  summary:
    'Makes a person who signs in, and prints password and token. Roles: operator (without a ' +
    'merchant), manager, terminal, accountant, support, trader.',
  async run(words, terminal) {
    const options = readOptions(words, ['email', 'role', 'mode', 'merchant', ...profileNames]);
    const email = required(options, 'email');
    const role = roleOf(required(options, 'role'));
    const mode = modeOf(required(options, 'mode'));
    await withPeople(terminal, async ({ users }, db) => {
      const merchant = options.merchant ? await findMerchant(db, options.merchant) : null;
      const password = newPassword();
      const given = { email, role, mode, password, ...profileOf(options) };
      const made = await users.create({ ...given, merchantId: merchant?.id ?? null }, shell);
      const { id, number } = made.user;
      const shown = { id, number, email: made.user.email, password, token: made.token };
      terminal.out(JSON.stringify(shown, null, 2));
      terminal.say('Keep the password now: only its hash is stored.');
    });
    return 0;
  },
};

export const userList: Command = {
  usage: 'user list [--merchant <id or name>]',
  summary: 'Lists the people who sign in.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant']);
    await withPeople(terminal, async ({ users }, db) => {
      const merchant = options.merchant ? await findMerchant(db, options.merchant) : null;
      const rows = (await users.list(merchant?.id)).map(rowOf);
      const header = ['number', 'e-mail', 'role', 'mode', 'merchant', 'second factor', ''];
      for (const row of columns([header, ...rows])) terminal.out(row);
    });
    return 0;
  },
};

export const userSet: Command = {
  usage:
    'user set --email <e-mail> [--active on|off] [--role <role>] [--mode test|live] ' +
    '[--new-email <e-mail>] [--first-name <text>] [--last-name <text>] [--language en] ' +
    '[--phone <text>] [--country CO]',
  summary: 'Changes a person; --active off shuts out person and token, within seconds everywhere.',
  async run(words, terminal) {
    const names = ['email', 'active', 'role', 'mode', 'new-email', ...profileNames];
    const options = readOptions(words, names);
    const email = required(options, 'email');
    const patch = patchOf(options);
    await withPeople(terminal, async (people) => {
      const { id } = await findUser(people, email);
      terminal.out(JSON.stringify(await people.users.change(id, patch, shell), null, 2));
    });
    return 0;
  },
};

function rowOf({ number, email, role, mode, merchantId, secondFactor, active }: User): string[] {
  const factor = secondFactor ? 'on' : 'off';
  return [String(number), email, role, mode, merchantId ?? '-', factor, active ? '' : 'disabled'];
}

function patchOf(options: Options): UserPatch {
  const { active, role, mode, 'new-email': email } = options;
  return {
    ...profileOf(options),
    ...(active === undefined ? {} : { active: onOff('active', active) }),
    ...(role === undefined ? {} : { role: roleOf(role) }),
    ...(mode === undefined ? {} : { mode: modeOf(mode) }),
    ...(email === undefined ? {} : { email }),
  };
}

/** An empty text takes phone and country away. */
function profileOf(options: Options) {
  const { 'first-name': firstName, 'last-name': lastName, language, phone, country } = options;
  return {
    ...(firstName === undefined ? {} : { firstName }),
    ...(lastName === undefined ? {} : { lastName }),
    ...(language === undefined ? {} : { language }),
    ...(phone === undefined ? {} : { phone: phone || null }),
    ...(country === undefined ? {} : { country: country || null }),
  };
}
