// `dragoman user password`, `token` and `second-factor`: what proves who somebody is.

import { newPassword } from '../merchants/passwords.ts';
import type { People } from '../merchants/people.ts';
import { shell } from '../merchants/staff-log.ts';
import type { User } from '../merchants/users.ts';
import { type Command, type Terminal, UsageError, readOptions, required } from './command.ts';
import { findUser, onOff, withPeople } from './user-work.ts';

export const userPassword: Command = {
  usage: 'user password --email <e-mail>',
  summary: 'Gives a person a new password and prints it, this once. The token stays.',
  async run(words, terminal) {
    const email = required(readOptions(words, ['email']), 'email');
    await withPeople(terminal, async (people) => {
      const user = await findUser(people, email);
      const password = newPassword();
      await people.users.resetPassword(user.id, password, shell);
      terminal.out(password);
    });
    return 0;
  },
};

export const userToken: Command = {
  usage: 'user token --email <e-mail> [--rotate yes]',
  summary:
    'Prints the token for a person’s programs, which also opens doors that cannot ask for a ' +
    'second factor; --rotate yes makes a new one and the old one worthless.',
  async run(words, terminal) {
    const options = readOptions(words, ['email', 'rotate']);
    const email = required(options, 'email');
    const { rotate } = options;
    if (rotate !== undefined && rotate !== 'yes') throw new UsageError('--rotate must be yes');
    await withPeople(terminal, async (people) => {
      const user = await findUser(people, email);
      const { users } = people;
      terminal.out(rotate ? await users.rotateToken(user.id, shell) : await users.tokenOf(user));
    });
    return 0;
  },
};

export const userSecondFactor: Command = {
  usage: 'user second-factor --email <e-mail> --turn on|off | --confirm <code>',
  summary:
    'Begins a second factor (an authenticator app), confirms it with a first code and prints ' +
    'the recovery codes, or takes it away.',
  async run(words, terminal) {
    const options = readOptions(words, ['email', 'turn', 'confirm']);
    const email = required(options, 'email');
    const { turn, confirm } = options;
    if ((turn === undefined) === (confirm === undefined)) {
      throw new UsageError('give --turn or --confirm');
    }
    const on = turn === undefined ? null : onOff('turn', turn);
    return withPeople(terminal, async (people) => {
      const user = await findUser(people, email);
      if (confirm !== undefined) return confirmed(people, user, confirm, terminal);
      return on ? begun(people, user, terminal) : ended(people, user, terminal);
    });
  },
};

async function begun({ secondFactor }: People, user: User, terminal: Terminal): Promise<number> {
  const begun = await secondFactor.enable(user.id, shell);
  if (begun === null) throw new Error('a second factor is on already; --turn off takes it away');
  terminal.out(JSON.stringify(begun, null, 2));
  terminal.say('Put it into the app, then confirm it with a code: --confirm <code>');
  return 0;
}

async function confirmed(
  { secondFactor }: People,
  user: User,
  code: string,
  terminal: Terminal,
): Promise<number> {
  const recoveryCodes = await secondFactor.confirm(user.id, code, shell);
  if (recoveryCodes === null) throw new Error('that is not the code; nothing was changed');
  for (const recoveryCode of recoveryCodes) terminal.out(recoveryCode);
  terminal.say('The second factor is on. Keep these recovery codes; each works once.');
  return 0;
}

async function ended({ secondFactor }: People, user: User, terminal: Terminal): Promise<number> {
  const ended = await secondFactor.disable(user.id, shell);
  terminal.say(ended ? 'The second factor is off.' : 'There was no second factor.');
  return ended ? 0 : 1;
}
