// A shop and its customer, over HTTP: makes a BitXPay link, reads it, and pays on the hosted page.

import { check, DemoFailed } from './timeline.ts';

export type Link = {
  readonly id: string;
  readonly payment_reference: string;
  readonly payment_status: string;
  readonly hosted_url: string;
  readonly notify_secret: string;
};

export type Seen = {
  readonly payment_status: string;
  readonly txs: readonly {
    readonly txid: string;
    readonly status: string;
    readonly payment_tier: string;
  }[];
};

/** What the hosted page tells a wallet: a BIP 21 link. */
export type Bill = { readonly address: string; readonly coins: string };

export type Shop = {
  createLink(): Promise<Link>;
  read(id: string): Promise<Seen>;
  /** The hosted page as a browser without JavaScript gets it. */
  page(link: Link): Promise<string>;
  /** Presses the button of a way to pay and reads what to pay on the page that follows. */
  choose(link: Link, method: string): Promise<Bill>;
};

export type ShopKeys = { readonly apiKey: string; readonly merchantKey: string };

export function createShop(origin: string, keys: ShopKeys): Shop {
  async function api<T>(path: string, init: RequestInit = {}): Promise<T> {
    const headers = { 'x-api-key': keys.apiKey, 'content-type': 'application/json' };
    const response = await fetch(`${origin}/api/v1/payments/links${path}`, { ...init, headers });
    const text = await response.text();
    if (!response.ok) throw new DemoFailed(`${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  async function createLink(): Promise<Link> {
    const body = JSON.stringify({
      merchant_key: keys.merchantKey,
      order_currency: 'USD',
      order_amount: 12.5,
      payment_name: 'Coffee beans, 1 kg',
      payer_email: 'payer@example.com',
      success_url: 'https://shop.example.com/thanks',
      cancel_url: 'https://shop.example.com/cart',
      webhook_data: { order_id: 'A-1001' },
    });
    return api<Link>('', { method: 'POST', body });
  }

  async function page(link: Link): Promise<string> {
    const response = await fetch(link.hosted_url);
    check(response.ok, `the hosted page answered ${response.status}`);
    return response.text();
  }

  async function choose(link: Link, method: string): Promise<Bill> {
    const html = await page(link);
    check(html.includes(`value="${method}"`), `the hosted page does not offer ${method}`);
    const chosen = await fetch(`${origin}/p/${link.id}/choose`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ method }),
    });
    check(chosen.ok, `choosing ${method} answered ${chosen.status}`);
    return billOf(await chosen.text());
  }

  return { createLink, read: (id) => api<Seen>(`/${id}`), page, choose };
}

function billOf(html: string): Bill {
  const match = /href="litecoin:([a-z0-9]+)\?amount=([0-9.]+)/i.exec(html);
  const [, address, coins] = match ?? [];
  if (!address || !coins) throw new DemoFailed('the hosted page shows no litecoin: link');
  return { address, coins };
}
