// The witnesses of the day: a bank's camt.053 file, and messages that a device signs and forwards.

import { createHmac } from 'node:crypto';
import { type Answered, ask } from './desk-http.ts';
import { type Currency, printUnits } from './desk-plan.ts';
import { check } from './timeline.ts';

/** One line of an account's statement. */
export type StatementLine = {
  readonly direction: 'in' | 'out';
  readonly units: bigint;
  readonly name: string;
  readonly text: string;
};

let statements = 0;
let lines = 0;

/** A camt.053.001.08 message of one account, as its bank would send it at the end of an hour. */
export function camtFile(iban: string, booked: readonly StatementLine[]): string {
  statements += 1;
  const day = new Date().toISOString().slice(0, 10);
  const entries = booked.map((line) => entryXml(line, day)).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>STMT-${statements}</MsgId><CreDtTm>${day}T12:00:00Z</CreDtTm></GrpHdr>
<Stmt><Id>${statements}</Id><Acct><Id><IBAN>${iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>
${entries}
</Stmt></BkToCstmrStmt></Document>
`;
}

function entryXml({ direction, units, name, text }: StatementLine, day: string): string {
  lines += 1;
  const [sign, party] = direction === 'in' ? ['CRDT', 'Dbtr'] : ['DBIT', 'Cdtr'];
  const reference = `BANK${String(lines).padStart(8, '0')}`;
  return `<Ntry><Amt Ccy="EUR">${printUnits(units, 'EUR')}</Amt><CdtDbtInd>${sign}</CdtDbtInd>
<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${day}</Dt></BookgDt><ValDt><Dt>${day}</Dt></ValDt>
<AcctSvcrRef>${reference}</AcctSvcrRef><NtryDtls><TxDtls>
<RltdPties><${party}><Pty><Nm>${name}</Nm></Pty></${party}></RltdPties>
<RmtInf><Ustrd>${text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`;
}

export type DeviceKeys = { readonly id: string; readonly secret: string };

/** A phone or a mailbox that forwards what banks write. */
export type Device = {
  /** Tells of money that came in. */
  tell(currency: Currency, units: bigint): Promise<void>;
  /** Says that it lives and how much it has sent; fails when anything of it is missing. */
  beat(): Promise<void>;
};

type Received = {
  readonly result: string;
  readonly last_counter: number;
  readonly missing: number;
};

export function createDevice(origin: string, { id, secret }: DeviceKeys): Device {
  let counter = 0;

  async function send(count: number, body: string): Promise<Received> {
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const signature = createHmac('sha256', secret)
      .update(`${id}.${count}.${timestamp}.${body}`)
      .digest('hex');
    const headers = {
      'x-device': id,
      'x-counter': String(count),
      'content-type': 'application/json',
      'x-timestamp': timestamp,
      'x-signature': signature,
    };
    const url = `${origin}/desk/v1/messages`;
    const answered: Answered = await ask(url, { headers, body });
    check(answered.status === 200, `the message was answered ${answered.text}`);
    return JSON.parse(answered.text) as Received;
  }

  return {
    tell: async (currency, units) => {
      counter += 1;
      const count = counter;
      const told = messageOf(currency, units, count);
      const body = JSON.stringify({
        type: 'message',
        ...told,
        received_at: new Date().toISOString(),
      });
      const { result } = await send(count, body);
      check(result === 'taken', `the message “${told.text}” was ${result}`);
    },
    beat: async () => {
      const { last_counter: last, missing } = await send(counter, '{"type":"heartbeat"}');
      check(last === counter && missing === 0, `${missing} messages of a device are missing`);
    },
  };
}

/** As M-PESA and a bank in Prague write them. */
function messageOf(currency: Currency, units: bigint, count: number) {
  const [whole = '', fraction] = printUnits(units, currency).split('.');
  const grouped = (mark: string): string => whole.replaceAll(/\B(?=(\d{3})+$)/g, mark);
  if (currency !== 'KES') {
    const amount = grouped(' ') + (fraction ? `,${fraction}` : '');
    const text = `Příchozí platba ${amount} ${currency} od odesílatele JANA NOVÁKOVÁ. `;
    return { sender: 'mBank', text: `${text}Podívejte se do aplikace.` };
  }
  const code = `QK${String(count).padStart(8, '0')}`;
  const text =
    `${code} Confirmed. You have received Ksh${grouped(',')}.${fraction} from JOHN KAMAU ` +
    `0722000111 on ${nairobiTime()} New M-PESA balance is Ksh90,000.00.`;
  return { sender: 'MPESA', text };
}

/** `21/11/26 at 3:05 PM` */
function nairobiTime(): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: 'Africa/Nairobi',
    day: 'numeric',
    month: 'numeric',
    year: '2-digit',
    hour: 'numeric',
    minute: '2-digit',
    hour12: true,
  }).formatToParts(new Date());
  const part = (name: string): string => parts.find(({ type }) => type === name)?.value ?? '';
  const day = `${part('day')}/${part('month')}/${part('year')}`;
  return `${day} at ${part('hour')}:${part('minute')} ${part('dayPeriod')}`;
}
