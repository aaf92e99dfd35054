// Names to addresses for the paranoid client: every address of a name, in bounded time.

import { Resolver, lookup } from 'node:dns/promises';

/** Answers all addresses of a name; throws when it has none or when nobody answers in time. */
export type ResolveName = (name: string) => Promise<readonly string[]>;

const queryTimeoutMs = 2_000;
const queryTries = 2;
const totalTimeoutMs = 6_000;
const addressesPerName = 8;
const loopback = ['127.0.0.1', '::1'];

/**
 * Asks the name servers directly, because the system's own look-up takes one of four threads for as
 * long as a stranger's dead name server likes. The system (its hosts file) is asked only
 * when the servers know nothing of the name.
 */
export function createResolveName(): ResolveName {
  const resolver = new Resolver({ timeout: queryTimeoutMs, tries: queryTries });

  async function resolve(name: string): Promise<readonly string[]> {
    // RFC 6761, 6.3: never a question for a name server.
    if (name === 'localhost' || name.endsWith('.localhost')) return loopback;
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const found = answers.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (found.length > 0) return found;
    if (answers.some((one) => one.status === 'rejected' && isTimeout(one.reason))) {
      throw new Error(`no name server answered for ${name}`);
    }
    return (await lookup(name, { all: true })).map((one) => one.address);
  }

  return async (name) => {
    const plain = name.replace(/\.$/, '');
    const addresses = await inTime(resolve(plain), plain);
    return addresses.slice(0, addressesPerName);
  };
}

function isTimeout(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ETIMEOUT';
}

async function inTime<T>(work: Promise<T>, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new Error(`looking up ${name} took too long`);
    timer = setTimeout(() => reject(error), totalTimeoutMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
