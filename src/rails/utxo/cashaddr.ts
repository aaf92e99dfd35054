// Bitcoin Cash's addresses: CashAddr, always with their prefix, which the check sum covers anyway.

// The library's whole would take 37 MB of memory and a third of a second for this one function.
import { encodeCashAddress } from '@bitauth/libauth/build/lib/address/cash-address.js';

/** The address of the public key with this hash of 20 bytes, as in `bitcoincash:q…`. */
export function cashAddress(
  prefix: 'bitcoincash' | 'bchtest' | 'bchreg',
  keyHash: Uint8Array,
): string {
  return encodeCashAddress({ payload: keyHash, prefix, type: 'p2pkh' }).address;
}
