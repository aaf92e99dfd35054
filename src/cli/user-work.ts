// What the commands about people share: the people of this installation, and how one is named.

import { loadConfig } from '../config.ts';
import type { Database } from '../db/database.ts';
import { type People, createPeople } from '../merchants/people.ts';
import { type Role, roles } from '../merchants/roles.ts';
import { EmailTaken, type User, UserRefused } from '../merchants/users.ts';
import { loadSecretKey } from '../secret.ts';
import { type Terminal, UsageError } from './command.ts';
import { withDatabase } from './database.ts';

/** Runs `work` on the people of this installation; what they refuse is a wrong call. */
export async function withPeople<T>(
  terminal: Terminal,
  work: (people: People, db: Database) => Promise<T>,
): Promise<T> {
  const config = loadConfig();
  return withDatabase(config, terminal, async (db) => {
    const secretKey = await loadSecretKey(config);
    const people = createPeople({ db, secretKey, now: () => new Date() });
    try {
      return await work(people, db);
    } catch (error) {
      if (error instanceof UserRefused || error instanceof EmailTaken) {
        throw new UsageError(error.message);
      }
      throw error;
    } finally {
      await people.close();
    }
  });
}

export async function findUser({ users }: People, email: string): Promise<User> {
  const user = await users.byEmail(email);
  if (!user)
    throw new Error(`nobody has the e-mail ${email}; "dragoman user list" shows everybody`);
  return user;
}

export function roleOf(word: string): Role {
  const role = roles.find((one) => one === word);
  if (!role) throw new UsageError(`--role must be one of ${roles.join(', ')}`);
  return role;
}

export function onOff(name: string, word: string): boolean {
  if (word !== 'on' && word !== 'off') throw new UsageError(`--${name} must be on or off`);
  return word === 'on';
}
