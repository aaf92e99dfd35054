// The whole gateway with people at its desk: tokens, requisites, payments by transfer, witnesses.

import { createHmac } from 'node:crypto';
import { audit } from '../../src/ledger/audit.ts';
import { balancesOf } from '../../src/ledger/balances.ts';
import type { Role } from '../../src/merchants/roles.ts';
import { shell } from '../../src/merchants/staff-log.ts';
import type { NewRequisite } from '../../src/desk/requisites.ts';
import { type TestAppOptions, startTestApp } from '../harness/app.ts';

export type DeskHouse = Awaited<ReturnType<typeof openDeskHouse>>;
type Json = Record<string, unknown>;

export const iban = 'DE89370400440532013000';
const lifetimeMs = 1_800_000;

export async function openDeskHouse(options: TestAppOptions = {}) {
  const whole = await startTestApp(options);
  const { app, server, clock, merchant } = whole;
  const { desk, payments } = app;
  let people = 0;
  let accounts = 0;

  async function person(role: Role, merchantId: string | null = merchant.id) {
    people += 1;
    const email = `${role}${people}@example.com`;
    const password = 'Correct horse 9 battery!';
    const given = { merchantId, role, mode: 'live', email, password } as const;
    const { user, token } = await app.users.create(given, shell);
    return { id: user.id, token };
  }

  /** With so many cents on deposit. */
  async function trader(units: bigint, currency = 'EUR') {
    const made = await person('trader');
    const amount = { units, asset: currency };
    const change = { traderId: made.id, amount, direction: 'in', reference: 'first' } as const;
    if (units > 0n) await desk.traders.changeDeposit(change, shell);
    return made;
  }

  function requisite(change: Partial<NewRequisite> = {}) {
    accounts += 1;
    const number = `ACC${accounts.toString().padStart(8, '0')}`;
    const own = { merchantId: merchant.id, mode: 'live', traderId: null } as const;
    const account = { kind: 'account', currency: 'EUR', number, holder: 'Ada Lovelace' } as const;
    return desk.requisites.add({ ...own, ...account, ...change }, shell);
  }

  /** A payment of so many cents with its instruction to transfer them. */
  async function pay(
    units: bigint,
    change: { payerName?: string; currency?: string; method?: string } = {},
  ) {
    const { payerName: name, currency = 'EUR', method = 'bank-transfer' } = change;
    const price = { units, asset: currency };
    const terms = { mode: 'live', price, exchange: null, spreadPercent: null } as const;
    const asked = payments.ask({ ...terms, method });
    if (!asked) throw new Error('no transfer is offered');
    const made = await payments.create({
      merchantId: merchant.id,
      mode: 'live',
      dialect: 'bitxpay',
      price,
      name: 'Order',
      maxUses: 1,
      payer: name === undefined ? {} : { name },
      metadata: null,
      successUrl: null,
      cancelUrl: null,
      merchantReference: null,
      callbackUrl: null,
      callbackSecret: null,
      lifetimeMs,
      script: null,
      createdBy: null,
      dialectData: null,
      exchange: null,
      convertPercent: null,
      feeUnits: null,
      pay: { ...asked, method },
      idempotency: null,
    });
    if (!made.payment || !made.instruction) throw new Error('nothing was made');
    return { id: made.payment.id, reference: made.payment.reference, lease: made.instruction.id };
  }

  async function statusOf(id: string): Promise<string | undefined> {
    return (await payments.findForPayer(id))?.payment.status;
  }

  async function call(token: string | null, method: string, url: string, body?: unknown) {
    const isBytes = Buffer.isBuffer(body);
    const answered = await server.inject({
      method: method as 'GET',
      url: `/desk/v1/${url}`,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined || isBytes ? {} : { 'content-type': 'application/json' }),
        ...(isBytes ? { 'content-type': 'application/octet-stream' } : {}),
      },
      ...(body === undefined ? {} : { payload: isBytes ? body : JSON.stringify(body) }),
    });
    const json = (answered.body === '' ? {} : JSON.parse(answered.body)) as Json;
    return { status: answered.statusCode, json, headers: answered.headers };
  }

  const confirm = (token: string, lease: string, body: Json = {}) =>
    call(token, 'POST', `leases/${lease}/confirm`, body);

  async function inbox(token: string, status = 'waiting'): Promise<Json[]> {
    const { json } = await call(token, 'GET', `inbox?status=${status}`);
    return json['items'] as Json[];
  }

  const upload = (token: string, requisiteId: string, file: string) =>
    call(token, 'POST', `statements?requisite=${requisiteId}`, Buffer.from(file));

  async function device(token: string) {
    const { json } = await call(token, 'POST', 'devices', { name: 'phone' });
    const { id, secret } = json as { id: string; secret: string };
    let sent = 0;

    async function send(body: Json, counter: number, key = secret) {
      const payload = JSON.stringify(body);
      const timestamp = Math.floor(clock.at.getTime() / 1000);
      const head = `${id}.${counter}.${timestamp}.`;
      const answered = await server.inject({
        method: 'POST',
        url: '/desk/v1/messages',
        headers: {
          'content-type': 'application/json',
          'x-device': id,
          'x-counter': String(counter),
          'x-timestamp': String(timestamp),
          'x-signature': createHmac('sha256', key).update(head).update(payload).digest('hex'),
        },
        payload,
      });
      return { status: answered.statusCode, json: JSON.parse(answered.body) as Json };
    }

    return {
      id,
      secret,
      send,
      /** The next message of a bank about so many whole rupees on an account. */
      tell: (text: string, sender = 'VM-FEDBNK-S') => {
        sent += 1;
        const body = { type: 'message', sender, text, received_at: clock.at.toISOString() };
        return send(body, sent);
      },
    };
  }

  async function balances(): Promise<Record<string, bigint>> {
    const rows = await balancesOf(whole.db, merchant.id, 'live');
    return Object.fromEntries(rows.map(({ account, amount }) => [account, amount.units]));
  }

  function advance(ms: number): void {
    clock.at = new Date(clock.at.getTime() + ms);
  }

  const parts = { person, trader, requisite, pay, statusOf, call, confirm, inbox, upload };
  const ledger = { balances, auditOk: async () => (await audit(whole.db)).ok };
  return { ...whole, ...parts, ...ledger, device, advance, desk, lifetimeMs };
}

/** A camt.053 with entries of euros that came in on `iban`. */
export function statementOf(
  entries: readonly { amount: string; text?: string; day?: string; ref?: string; kind?: string }[],
  account: string = iban,
): string {
  const xml = entries.map(({ amount, text = '', day = '2026-01-31', ref = '', kind = 'CRDT' }) => {
    const reference = ref === '' ? '' : `<AcctSvcrRef>${ref}</AcctSvcrRef>`;
    const written = text === '' ? '' : `<RmtInf><Ustrd>${text}</Ustrd></RmtInf>`;
    return `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${kind}</CdtDbtInd>
<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${day}</Dt></BookgDt><ValDt><Dt>${day}</Dt></ValDt>
${reference}<NtryDtls><TxDtls>${written}</TxDtls></NtryDtls></Ntry>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>1</Id><Acct><Id><IBAN>${account}</IBAN></Id>
<Ccy>EUR</Ccy></Acct>${xml.join('\n')}</Stmt></BkToCstmrStmt></Document>`;
}
