// What `doctor` asks each chain's node: is it there, on which block, and with which clock?

import type { ChainSetting } from '../chain-setting.ts';
import type { Config } from '../config.ts';
import { findChain } from '../rails/utxo/chains.ts';
import { createNode } from '../rails/utxo/node.ts';
import { createRpc } from '../rails/utxo/rpc.ts';
import { reasonOf, type Finding } from './finding.ts';

const timeoutMs = 10_000;
// Consensus lets a block's time run ahead by two hours.
const blockClockToleranceMs = 2 * 60 * 60 * 1_000;

export async function* checkChains(config: Config): AsyncGenerator<Finding> {
  if (config.chains.length === 0) {
    yield { state: 'note', sentence: 'CHAINS is empty: only test payments can be paid.' };
  }
  for (const setting of config.chains) {
    yield await checkNodeOf(setting);
  }
}

async function checkNodeOf(setting: ChainSetting): Promise<Finding> {
  const chain = findChain(setting.chain);
  if (!chain) return { state: 'bad', sentence: `CHAINS: ${setting.chain} is no chain.` };
  const rpc = createRpc({ url: setting.rpcUrl, cookieFile: setting.cookieFile, timeoutMs });
  try {
    const node = createNode({ chain, rpc });
    const tip = await node.tip();
    const aheadMs = (await node.timeOf(tip.hash)).getTime() - Date.now();
    if (aheadMs > blockClockToleranceMs) {
      const sentence = `The newest block of ${chain.network} is from the future.`;
      return { state: 'bad', sentence, advice: 'Set the clock of this machine.' };
    }
    return { state: 'good', sentence: `The node of ${chain.network} is at block ${tip.height}.` };
  } catch (error) {
    const reason = reasonOf(error).replace(`${chain.network} node: `, '');
    return {
      state: 'bad',
      sentence: `The node of ${chain.network} cannot be used: ${reason}.`,
      advice: 'Check that it runs, and the rpcUrl, user and password of CHAINS.',
    };
  } finally {
    await rpc.close();
  }
}
