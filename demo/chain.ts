// What every story does on the chain, and coins as exact numbers.

import type { Litecoind } from '../test/harness/litecoind.ts';
import { say } from './timeline.ts';

const decimals = 8;
/** What the chain data asks of payments below one coin. */
export const neededBlocks = 2;

export async function mine(node: Litecoind, blocks: number): Promise<string[]> {
  const hashes = await node.mine(blocks);
  say('mined', `${blocks} blocks`);
  return hashes;
}

export function unitsOf(coins: string): bigint {
  const [whole = '0', fraction = ''] = coins.split('.');
  return BigInt(whole + fraction.padEnd(decimals, '0'));
}

export function coinsOf(units: bigint): string {
  const digits = units.toString().padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
