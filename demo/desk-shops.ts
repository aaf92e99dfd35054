// The merchant's three shops, each speaking the API of another vendor, and their payers.

import { type Answered, ask, call } from './desk-http.ts';
import { type Door, type PlannedPayIn, printUnits } from './desk-plan.ts';
import type { DeskReceiver } from './desk-receiver.ts';
import { check } from './timeline.ts';

export type ShopKeys = {
  readonly xlink: {
    readonly apiKey: string;
    readonly shopId: number;
    readonly webhookSecret: string;
  };
  readonly xbillion: { readonly pair: string };
  readonly bitxpay: { readonly apiKey: string; readonly merchantKey: string };
};

export type PayoutWish = {
  readonly number: string;
  readonly currency: 'EUR' | 'KRW';
  readonly units: bigint;
  readonly account: string;
};

export type Shops = {
  /** Asks for the money and, where the payer chooses, chooses as planned; answers the payment. */
  askFor(payIn: PlannedPayIn): Promise<string>;
  payOut(wish: PayoutWish): Promise<Answered>;
  /** X-Link's words for all payments and payouts, whichever dialect made them, by their ids. */
  listWords(): Promise<ReadonlyMap<string, string>>;
  /** The same payment read by xBillion and BitXPay. */
  readElsewhere(id: string): Promise<string[]>;
};

const place = '7d5b0a10-0000-4000-8000-0000000000';
const payIns = [
  { id: `${place}01`, name: 'Bank EUR', instrument: 'BANK_TRANSFER', currency: 'EUR' },
  { id: `${place}02`, name: 'Card EUR', instrument: 'CARD', currency: 'EUR' },
  { id: `${place}03`, name: 'Bank KRW', instrument: 'BANK_TRANSFER', currency: 'KRW' },
] as const;
const quick = '4';
const payouts = { EUR: `${place}81`, KRW: `${place}82` };

/** What the X-Link shop takes and sends; all that is taken exists once more with a short time. */
export const methods = [
  ...payIns.map((one) => ({ ...one, operation: 'PAYIN', country: null })),
  ...payIns.map((one) => ({
    ...one,
    name: `${one.name}, quick`,
    operation: 'PAYIN',
    lifetimeSeconds: 6,
    id: quickOf(one.id),
  })),
  ...(['EUR', 'KRW'] as const).map((currency) => ({
    id: payouts[currency],
    name: `Payout ${currency}`,
    instrument: 'BANK_TRANSFER',
    currency,
    operation: 'PAYOUT',
  })),
];

export function createShops(origin: string, keys: ShopKeys, receiver: DeskReceiver): Shops {
  const xlinkHeaders = { 'x-api-key': keys.xlink.apiKey };
  const basic = Buffer.from(keys.xbillion.pair).toString('base64');
  const xbillionHeaders = { authorization: `Basic ${basic}` };
  const bitxpayHeaders = { 'x-api-key': keys.bitxpay.apiKey };

  async function bySession({ door, currency, units, number, fate }: PlannedPayIn): Promise<string> {
    const instrument = door === 'xlink-card' ? 'CARD' : 'BANK_TRANSFER';
    const method = payIns.find((one) => one.instrument === instrument && one.currency === currency);
    const id = method?.id ?? '';
    const session = await call<Session>(`${origin}/api/v1/p2p/sessions`, {
      headers: xlinkHeaders,
      body: {
        shop_id: keys.xlink.shopId,
        operation_type: 'PAYIN',
        currency,
        payment_method_type_id: fate === 'expires' ? quickOf(id) : id,
        operation_number: `ORDER-${number}`,
        amount: printUnits(units, currency),
      },
    });
    const { card_number: card, account_number: account } = session.payment_method_requisites;
    check(Boolean(door === 'xlink-card' ? card : account), 'the session has no requisites');
    return session.operation_id;
  }

  async function byDetails({ currency, units, number, fate }: PlannedPayIn): Promise<string> {
    const made = await call<Details>(`${origin}/api/v1/payments`, {
      headers: xbillionHeaders,
      body: {
        amount: Number(printUnits(units, currency)),
        currency,
        order_id: `BILL-${number}`,
        service: fate === 'expires' ? 'transfer-quick' : 'transfer',
        customer: {
          email: 'payer@example.com',
          ip: '203.0.113.7',
        },
      },
    });
    check(made.next.action === 'show_details', `xBillion says ${made.next.action}`);
    check(Boolean(made.next.details.account), 'xBillion shows no account');
    return made.id;
  }

  async function byLink({ door, currency, units, number }: PlannedPayIn): Promise<string> {
    const link = await call<Link>(`${origin}/api/v1/payments/links`, {
      headers: bitxpayHeaders,
      body: {
        merchant_key: keys.bitxpay.merchantKey,
        payment_name: `Basket ${number}`,
        order_currency: currency,
        order_amount: Number(printUnits(units, currency)),
        payer_email: 'payer@example.com',
        success_url: 'https://shop.example.com/thanks',
        cancel_url: 'https://shop.example.com/cart',
      },
    });
    receiver.expectLink(link.id, link.notify_secret);
    await choose(link, waysOfPages[door] ?? '');
    return link.id;
  }

  /** The hosted page as a browser without JavaScript uses it. */
  async function choose(link: Link, method: string): Promise<void> {
    const page = await ask(link.hosted_url);
    check(page.text.includes(`value="${method}"`), `the page does not offer ${method}`);
    const chosen = await ask(`${origin}/p/${link.id}/choose`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ method }).toString(),
    });
    check(chosen.status === 200, `choosing ${method} answered ${chosen.status}`);
    const shown = chosen.text.includes(link.payment_reference);
    check(shown, 'the page does not say what to write on the transfer');
  }

  return {
    askFor: (payIn) => {
      if (payIn.door === 'xbillion-bank') return byDetails(payIn);
      return payIn.door in waysOfPages ? byLink(payIn) : bySession(payIn);
    },
    payOut: ({ number, currency, units, account }) =>
      ask(`${origin}/api/v1/p2p/sessions`, {
        headers: xlinkHeaders,
        body: {
          shop_id: keys.xlink.shopId,
          operation_type: 'PAYOUT',
          operation_number: number,
          payment_method_type_id: payouts[currency],
          currency,
          amount: printUnits(units, currency),
          metadata: {
            account_number: account,
            account_name: 'Recipient of a payout',
            bank_code: '088',
            bank_province: 'Seoul',
            bank_city: 'Seoul',
          },
        },
      }),
    listWords: async () => {
      const words = new Map<string, string>();
      for (let page = 1; ; page += 1) {
        const url = `${origin}/api/v1/p2p/operations?size=100&page=${page}`;
        const found = await call<Operations>(url, { headers: xlinkHeaders });
        for (const { operation_id: id, status } of found.data) words.set(id, status);
        if (page >= found.pages) return words;
      }
    },
    readElsewhere: async (id) => {
      const bill = await call<{ status: string }>(`${origin}/api/v1/payments/${id}`, {
        headers: xbillionHeaders,
      });
      const link = await call<{ payment_status: string }>(`${origin}/api/v1/payments/links/${id}`, {
        headers: bitxpayHeaders,
      });
      return [bill.status, link.payment_status];
    },
  };
}

const waysOfPages: Readonly<Partial<Record<Door, string>>> = {
  'bitxpay-bank': 'bank-transfer',
  'bitxpay-card': 'card-transfer',
  'bitxpay-phone': 'phone-transfer',
  'bitxpay-wallet': 'wallet-transfer',
};

type Session = {
  readonly operation_id: string;
  readonly payment_method_requisites: Readonly<Record<string, string>>;
};

type Operations = {
  readonly data: readonly { readonly operation_id: string; readonly status: string }[];
  readonly pages: number;
};

type Details = {
  readonly id: string;
  readonly next: { readonly action: string; readonly details: Readonly<Record<string, string>> };
};

type Link = {
  readonly id: string;
  readonly payment_reference: string;
  readonly hosted_url: string;
  readonly notify_secret: string;
};

function quickOf(id: string): string {
  return `${id.slice(0, -2)}${quick}${id.slice(-1)}`;
}
