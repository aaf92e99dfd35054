// The transfer rail: the payer sends money to a card or an account that the desk has leased.

import type { Tx } from '../../db/database.ts';
import type { Mode } from '../../db/mode.ts';
import type { Amount } from '../../money/amount.ts';
import {
  type Directions,
  type InstructRequest,
  type Method,
  NoDirections,
  type Rail,
} from '../rail.ts';

/** To what a payer can transfer. */
export const transferWays = ['bank', 'card', 'phone', 'wallet'] as const;
export type TransferWay = (typeof transferWays)[number];

export type WantedLease = {
  readonly reference: string;
  readonly merchantId: string;
  readonly paymentId: string;
  readonly mode: Mode;
  readonly way: TransferWay;
  readonly amount: Amount;
};

/** A requisite for the request, or why there is none. */
export type LeaseAnswer =
  | {
      readonly reference: string;
      readonly amount: Amount;
      readonly masked: string;
      readonly details: Readonly<Record<string, string>>;
    }
  | { readonly reference: string; readonly refusal: string };

export type TransferRailOptions = {
  readonly mode: Mode;
  readonly ways: readonly TransferWay[];
  /** In the caller's transaction, answers in order; idempotent by reference. The desk does it. */
  readonly lease: (tx: Tx, wanted: readonly WantedLease[]) => Promise<readonly LeaseAnswer[]>;
  /** Whether the merchant has any requisite at all for this; may be some seconds old. */
  readonly serves: (
    merchantId: string,
    mode: Mode,
    way: TransferWay,
    currency: string,
  ) => Promise<boolean>;
  /** Test mode: what the rail would see after an event that somebody asks for. */
  readonly play?: Rail['play'];
};

const labels: Readonly<Record<TransferWay, string>> = {
  bank: 'Bank transfer',
  card: 'Transfer to a card',
  phone: 'Transfer to a phone number',
  wallet: 'Transfer to a wallet',
};

/** A transfer that the desk has confirmed is final. */
const FINAL = 1;

/** Observations are brought by the desk; the rail sees nothing by itself. */
export function createTransferRail(options: TransferRailOptions): Rail {
  const { mode, ways, lease, play } = options;
  const offers = ways.map((way): { readonly way: TransferWay; readonly method: Method } => {
    const id = mode === 'test' ? `${way}-transfer-test` : `${way}-transfer`;
    const network = mode === 'test' ? 'Sandbox' : 'Transfer';
    return { way, method: { id, asset: 'price', label: labels[way], network } };
  });

  function wantedFor(request: InstructRequest): WantedLease {
    const { reference, merchantId, paymentId, amount } = request;
    const offer = offers.find(({ method }) => method.id === request.method);
    if (!offer) throw new Error(`unknown method ${request.method}`);
    return { reference, merchantId, paymentId, mode, way: offer.way, amount };
  }

  async function instruct(tx: Tx, requests: readonly InstructRequest[]): Promise<Directions[]> {
    const answers = await lease(tx, requests.map(wantedFor));
    const refused = answers.flatMap((answer) =>
      'refusal' in answer ? [[answer.reference, answer.refusal] as const] : [],
    );
    if (refused.length > 0) throw new NoDirections(new Map(refused), 'requisite');
    return answers.flatMap((answer) =>
      'refusal' in answer
        ? []
        : [{ target: answer.masked, uri: null, amount: answer.amount, details: answer.details }],
    );
  }

  return {
    name: mode === 'test' ? 'transfer-test' : 'transfer',
    mode,
    methods: () => offers.map(({ method }) => method),
    confirmations: () => [{ below: null, needed: FINAL }],
    serves: async (merchantId, asset, method) => {
      const offer = offers.find((one) => one.method.id === method);
      return offer !== undefined && options.serves(merchantId, mode, offer.way, asset);
    },
    instruct,
    ...(play ? { play } : {}),
    health: () => Promise.resolve(null),
  };
}
