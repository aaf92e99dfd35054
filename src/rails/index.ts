// The list of rails: a new one is a folder and two lines here.

import type { Database } from '../db/database.ts';
import type { Rail } from './rail.ts';
import { createSandboxRail, play } from './sandbox/sandbox.ts';
import { type TransferRailOptions, createTransferRail, transferWays } from './transfer/transfer.ts';
import { findChain } from './utxo/chains.ts';
import { type Rpc, createRpc } from './utxo/rpc.ts';
import { createUtxoRail } from './utxo/utxo.ts';

/** One chain to watch, as the settings name it. */
export type ChainSettings = {
  readonly chain: string;
  readonly rpcUrl: string;
  readonly cookieFile: string | null;
  readonly xpub: string;
  readonly pollMs: number | null;
};

export type RailsOptions = {
  readonly config: { readonly chains: readonly ChainSettings[] };
  readonly db: Database;
  readonly now: () => Date;
  readonly log: { warn(text: string): void };
  /** The requisites to which people transfer. */
  readonly desk: Pick<TransferRailOptions, 'lease' | 'serves'>;
  readonly more?: readonly Rail[] | undefined;
};

export type Rails = { readonly rails: readonly Rail[]; close(): Promise<void> };

export function createRails(options: RailsOptions): Rails {
  const nodes: Rpc[] = [];
  const chains = options.config.chains.map((settings) => {
    const rpc = createRpc({ url: settings.rpcUrl, cookieFile: settings.cookieFile });
    nodes.push(rpc);
    return utxoRail(options, settings, rpc);
  });
  return {
    rails: [createSandboxRail(), ...chains, ...transferRails(options), ...(options.more ?? [])],
    close: async () => {
      await Promise.all(nodes.map((rpc) => rpc.close()));
    },
  };
}

function transferRails({ desk }: RailsOptions): Rail[] {
  const own = { ...desk, ways: transferWays };
  return [
    createTransferRail({ ...own, mode: 'live' }),
    createTransferRail({ ...own, mode: 'test', play }),
  ];
}

function utxoRail(options: RailsOptions, settings: ChainSettings, rpc: Rpc): Rail {
  const chain = findChain(settings.chain);
  if (!chain) throw new Error(`unknown chain ${settings.chain}`);
  const { db, now, log } = options;
  const pollMs = settings.pollMs === null ? {} : { pollMs: settings.pollMs };
  return createUtxoRail({ chain, rpc, xpub: settings.xpub, db, now, log, ...pollMs });
}
