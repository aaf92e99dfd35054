// Connecting for the paranoid client: the one place where every address is checked, so that no name
// can resolve to one thing for the check and to another for the connection.

import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { Guard } from './addresses.ts';
import type { ResolveName } from './resolve.ts';

/** The address, or every address of the name, lies where no stranger may send us. */
export class AddressRefused extends Error {
  override name = 'AddressRefused';
}

export class NameNotFound extends Error {
  override name = 'NameNotFound';
}

const connectTimeoutMs = 10_000;
/** Node's own 250 ms per address is too short for the far side of the world. */
const perAddressTimeoutMs = 1_500;

export function createConnect(guard: Guard, resolveName: ResolveName): buildConnector.connector {
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: perAddressTimeoutMs,
    lookup: createLookup(guard, resolveName),
  });

  return (options, callback) => {
    // An address written out is never looked up, so it is checked here.
    const literal = isIP(options.hostname) === 0 ? null : guard.refusal(options.hostname);
    if (literal !== null) {
      const refusal = new AddressRefused(`${options.hostname} is ${literal}`);
      process.nextTick(() => callback(refusal, null));
      return;
    }
    connect(options, (...answer) => {
      const [error, socket] = answer;
      const address = socket?.remoteAddress ?? '';
      const refusal = error === null ? guard.refusal(address) : null;
      if (refusal === null) return callback(...answer);
      socket?.destroy();
      callback(new AddressRefused(`connected to ${address}, which is ${refusal}`), null);
    });
  };
}

/** Hands the connection only addresses that passed; refuses when none did. */
function createLookup(guard: Guard, resolveName: ResolveName): LookupFunction {
  async function allowed(name: string): Promise<{ address: string; family: number }[]> {
    const addresses = await resolveName(name).catch((error: Error) => {
      throw new NameNotFound(error.message);
    });
    if (addresses.length === 0) throw new NameNotFound(`${name} has no address`);
    const passed = addresses.filter((address) => guard.refusal(address) === null);
    if (passed.length === 0) {
      const found = addresses.map((address) => `${address}, which is ${guard.refusal(address)}`);
      throw new AddressRefused(`${name} resolves to ${found.join('; ')}`);
    }
    return passed.map((address) => ({ address, family: isIP(address) }));
  }

  return (name, options, callback) => {
    allowed(name).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all) callback(null, addresses);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: Error) => callback(error, []),
    );
  };
}
