// Sample payments, one for each state of the hosted page, for tests and the gallery to draw.

import { pageModel, type Page, type PageInput } from '../../src/checkout/page-model.ts';
import { amount } from '../../src/money/amount.ts';
import { assetOf } from '../../src/money/assets.ts';
import type { MethodChoice } from '../../src/payments/choose.ts';
import { deriveFacts } from '../../src/payments/facts.ts';
import type { Instruction, Payment, PaymentView, Sighting } from '../../src/payments/nouns.ts';
import { defaultPolicy, type Policy } from '../../src/payments/policy.ts';
import { createSandboxRail } from '../../src/rails/sandbox/sandbox.ts';

export const now = new Date('2026-01-31T12:00:00Z');

const SATOSHIS_PER_CENT = 11_890n;

export function payment(changes: Partial<Payment> = {}): Payment {
  return {
    merchantId: '01930000-0000-7000-8000-000000000001',
    id: '0194bb5e-7d2a-7c3e-9a10-3d0a5e66f5a5',
    mode: 'live',
    direction: 'in',
    number: 7,
    reference: 'SDF-453672-PMT',
    dialect: 'bitxpay',
    merchantReference: null,
    name: 'Order 1042: walnut desk lamp',
    price: amount(24_999n, 'GBP'),
    status: 'awaiting',
    cause: null,
    touched: false,
    paused: false,
    maxUses: 1,
    uses: 0,
    payer: {},
    metadata: null,
    successUrl: 'https://shop.example/thanks',
    cancelUrl: 'https://shop.example/basket',
    callbackUrl: null,
    callbackSecret: null,
    policy: null,
    script: null,
    createdBy: null,
    dialectData: null,
    exchange: null,
    convertPercent: null,
    feeUnits: null,
    eventSeq: 1,
    createdAt: new Date('2026-01-31T11:50:00Z'),
    updatedAt: new Date('2026-01-31T11:50:00Z'),
    expiresAt: new Date('2026-01-31T12:14:32Z'),
    ...changes,
  };
}

export function instruction(changes: Partial<Instruction> = {}): Instruction {
  const priceUnits = changes.priceUnits ?? 24_999n;
  const units = priceUnits * SATOSHIS_PER_CENT;
  const target = 'ltc1q9v7zmqkd0rhvn3p4x2w8f5t6u0sayejgc7l2mh';
  const coins = `${units / 100_000_000n}.${String(units % 100_000_000n).padStart(8, '0')}`;
  return {
    id: 'first',
    rail: 'litecoin',
    method: 'litecoin',
    expected: amount(units, 'LTC'),
    priceUnits,
    target,
    uri: `litecoin:${target}?amount=${coins}&label=Order%201042`,
    details: null,
    sealedDetails: null,
    quote: {
      base: 'LTC',
      quote: 'GBP',
      numerator: '841043',
      denominator: '10000',
      source: 'fixed',
      at: '2026-01-31T11:50:00Z',
    },
    createdAt: new Date('2026-01-31T11:51:00Z'),
    ...changes,
  };
}

export function sighting(changes: Partial<Sighting> = {}): Sighting {
  return {
    rail: 'litecoin',
    key: 'tx:0',
    instructionId: 'first',
    amount: instruction().expected,
    present: true,
    confirmations: 0,
    needed: 3,
    final: false,
    transactionId: '9f'.repeat(32),
    seenAt: new Date('2026-01-31T11:55:00Z'),
    changedAt: new Date('2026-01-31T11:55:00Z'),
    suspenseUnits: 0n,
    availableUnits: 0n,
    feesUnits: 0n,
    postings: 0,
    returned: false,
    ...changes,
  };
}

export const litecoin: MethodChoice = {
  id: 'litecoin',
  label: 'Litecoin',
  network: 'Litecoin',
  asset: 'LTC',
  amount: instruction().expected,
};
export const methods: readonly MethodChoice[] = [
  {
    id: 'bitcoin',
    label: 'Bitcoin',
    network: 'Bitcoin',
    asset: 'BTC',
    amount: amount(312_604n, 'BTC'),
  },
  litecoin,
];

/** All that test mode offers, each at a price of its own length. */
const testMethods: readonly MethodChoice[] = createSandboxRail()
  .methods()
  .map(({ id, label, network, asset }, at) => {
    const code = asset === 'price' ? 'GBP' : asset;
    const units = 10n ** BigInt(assetOf(code).decimals) * BigInt(at * at * 37) + 24_999n;
    return { id, label, network, asset: code, amount: amount(units, code) };
  });

type Sample = {
  readonly view?: Partial<PaymentView>;
  readonly payment?: Partial<Payment>;
  readonly policy?: Partial<Policy>;
  readonly input?: Partial<PageInput>;
};

export function inputOf(sample: Sample): PageInput {
  const view: PaymentView = {
    payment: payment(sample.payment),
    instructions: [],
    sightings: [],
    ...sample.view,
  };
  return {
    view,
    facts: deriveFacts(view, { ...defaultPolicy, ...sample.policy }, now),
    methods,
    now,
    merchant: 'Northwind Lamps',
    version: 'v1',
    chosen: null,
    use: null,
    ...sample.input,
  };
}

export function pageOf(sample: Sample): Page {
  return pageModel(inputOf(sample));
}

const bitcoinCash: MethodChoice = {
  id: 'bitcoin-cash',
  label: 'Bitcoin Cash',
  network: 'Bitcoin Cash',
  asset: 'BCH',
  amount: amount(86_249_655n, 'BCH'),
};
const cashAddress = 'bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a';
const chosen = { chosen: 'litecoin' } as const;
const half = amount(148_619_055n, 'LTC');
const first = instruction();
const cash = instruction({
  rail: 'utxo-bitcoin-cash',
  method: 'bitcoin-cash',
  expected: amount(86_249_655n, 'BCH'),
  target: cashAddress,
  uri: `${cashAddress}?amount=0.86249655&label=Order%201042`,
  quote: { ...instruction().quote, base: 'BCH', numerator: '2898446', denominator: '10000' },
});
const rest = instruction({
  id: 'second',
  priceUnits: 12_500n,
  target: 'ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9',
});
const paid = sighting({ confirmations: 3, final: true });
const late = sighting({ seenAt: new Date('2026-01-31T12:30:00Z'), confirmations: 3, final: true });

/** An instruction of the transfer rail as the payer's page reads it, with its details opened. */
function transfer(details: Readonly<Record<string, string>>, asset = 'GBP'): Instruction {
  return instruction({
    rail: 'transfer',
    method: 'bank-transfer',
    expected: amount(24_999n, asset),
    target: '**** 3000',
    uri: null,
    details: { holder: 'Ada Lovelace', ...details },
    quote: { ...instruction().quote, base: asset, quote: asset },
  });
}

const iban = {
  kind: 'iban',
  number: 'DE89370400440532013000',
  bank: 'Example Bank AG',
  bankCode: 'COBADEFFXXX',
  country: 'DE',
};
const bankTransfer: MethodChoice = {
  id: 'bank-transfer',
  label: 'Bank transfer',
  network: 'Transfer',
  asset: 'EUR',
  amount: amount(24_999n, 'EUR'),
};
function byTransfer(
  asset: string,
  details: Readonly<Record<string, string>>,
  price = 24_999n,
): Sample {
  return {
    payment: { price: amount(price, asset) },
    view: {
      instructions: [
        { ...transfer(details, asset), expected: amount(price, asset), priceUnits: price },
      ],
    },
    input: { chosen: 'bank-transfer', methods: [{ ...bankTransfer, asset }] },
  };
}
const longName = `Łódź–東京 ${'Extraordinarily'.repeat(6)} & sons <script>alert(1)</script>`;

/** Every state, and the shapes that break layouts; the name is the gallery's address. */
export const samples: Readonly<Record<string, Sample>> = {
  choose: {},
  'choose-test': { payment: { mode: 'test' }, input: { methods: testMethods } },
  pay: { view: { instructions: [first] }, input: chosen },
  'pay-prefixed': {
    view: { instructions: [cash] },
    input: { chosen: 'bitcoin-cash', methods: [...methods, bitcoinCash] },
  },
  'pay-test': { payment: { mode: 'test' }, view: { instructions: [first] }, input: chosen },
  'pay-last-minute': {
    payment: { expiresAt: new Date(now.getTime() + 80_000) },
    view: { instructions: [first] },
    input: chosen,
  },
  'pay-huge': {
    payment: {
      name: longName,
      price: amount(123_456_789_012_345_678_00n, 'GBP'),
      expiresAt: new Date('2026-03-01T12:00:00Z'),
    },
    view: {
      instructions: [instruction({ priceUnits: 123_456_789_012_345_678_00n })],
    },
    input: { ...chosen, merchant: longName },
  },
  'transfer-iban': byTransfer('EUR', iban),
  'transfer-swiss': byTransfer('CHF', {
    kind: 'iban',
    number: 'CH9300762011623852957',
    city: '8004 Zürich',
    bank: 'Beispielbank',
  }),
  'transfer-card': byTransfer('USD', {
    kind: 'card',
    number: '4242424242424242',
    bank: 'Example Bank',
    expires: '12/29',
  }),
  'transfer-marked': {
    ...byTransfer('EUR', iban),
    view: { instructions: [{ ...transfer(iban, 'EUR'), expected: amount(25_003n, 'EUR') }] },
  },
  'transfer-account': byTransfer(
    'KRW',
    { kind: 'account', number: '110123456789', bank: 'Example Bank', bankCode: '004' },
    1_250_000n,
  ),
  'transfer-phone': byTransfer('THB', { kind: 'phone', number: '+66812345678' }),
  'transfer-pix': byTransfer('BRL', {
    kind: 'wallet',
    number: '123e4567-e12b-12d1-a456-426655440000',
    city: 'São Paulo',
  }),
  'transfer-upi': byTransfer('INR', { kind: 'wallet', number: 'ada.lovelace@examplebank' }),
  'transfer-long': byTransfer(
    'EUR',
    { ...iban, holder: longName, bank: longName, number: 'MT84MALT011000012345MTLCAST001S' },
    123_456_789_00n,
  ),
  'transfer-rest': {
    ...byTransfer('EUR', iban),
    view: {
      instructions: [
        transfer(iban, 'EUR'),
        {
          ...transfer(iban, 'EUR'),
          id: 'second',
          expected: amount(12_499n, 'EUR'),
          priceUnits: 12_499n,
        },
      ],
      sightings: [
        sighting({
          rail: 'transfer',
          amount: amount(12_500n, 'EUR'),
          final: true,
          needed: 1,
          confirmations: 1,
        }),
      ],
    },
  },
  vanished: {
    view: {
      instructions: [first, { ...first, id: 'again' }],
      sightings: [sighting({ present: false })],
    },
    input: chosen,
  },
  short: {
    view: { instructions: [first], sightings: [sighting({ amount: half, confirmations: 1 })] },
    input: chosen,
  },
  'short-rest': {
    view: {
      instructions: [first, rest],
      sightings: [sighting({ amount: half, confirmations: 1 })],
    },
    input: chosen,
  },
  confirming: {
    payment: { status: 'confirming' },
    view: { instructions: [first], sightings: [sighting({ confirmations: 1 })] },
  },
  'confirming-over': {
    payment: { status: 'confirming' },
    view: { instructions: [first], sightings: [sighting({ amount: amount(327_000_000n, 'LTC') })] },
  },
  completed: {
    payment: { status: 'completed', uses: 1 },
    view: { instructions: [first], sightings: [paid] },
  },
  'completed-over': {
    payment: { status: 'completed', uses: 1 },
    view: {
      instructions: [first],
      sightings: [{ ...paid, amount: amount(327_000_000n, 'LTC') }],
    },
  },
  used: {
    payment: { maxUses: 3, uses: 1 },
    view: { instructions: [first], sightings: [paid] },
    input: { ...chosen, use: 1 },
  },
  refunded: { payment: { status: 'refunded' } },
  failed: { payment: { status: 'failed' } },
  expired: { payment: { status: 'expired', expiresAt: new Date('2026-01-31T11:59:00Z') } },
  'expired-held': {
    payment: { status: 'expired' },
    view: { instructions: [first], sightings: [late] },
  },
  cancelled: {
    payment: { status: 'cancelled' },
    view: { instructions: [first], sightings: [paid] },
  },
  paused: { payment: { paused: true } },
  'paused-part': {
    payment: { paused: true },
    view: { instructions: [first], sightings: [sighting({ amount: half })] },
  },
  unavailable: { input: { methods: [] } },
  payout: { payment: { direction: 'out', name: 'Payout 1042' }, input: { methods: [] } },
  'payout-sending': { payment: { direction: 'out', status: 'confirming' } },
  'payout-sent': { payment: { direction: 'out', status: 'completed' } },
  'payout-failed': { payment: { direction: 'out', status: 'failed', cause: 'declined' } },
  'payout-returned': { payment: { direction: 'out', status: 'refunded' } },
};
