// Builds camt documents of any version, and reads fixtures.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStatements } from '../../../src/desk/statements/read.ts';
import type { Entry, Statement } from '../../../src/desk/statements/statement.ts';

export function fixture(name: string): Buffer {
  return readFileSync(join(import.meta.dirname, 'fixtures', name));
}

/** A camt message around the XML of entries, of one account in Germany. */
export function camt(entries: string, { message = '053', version = '08' } = {}): string {
  const [container, statement] =
    message === '053' ? ['BkToCstmrStmt', 'Stmt'] : ['BkToCstmrAcctRpt', 'Rpt'];
  const namespace = `urn:iso:std:iso:20022:tech:xsd:camt.${message}.001.${version}`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="${namespace}"><${container}><GrpHdr><MsgId>1</MsgId></GrpHdr>
<${statement}><Id>1</Id><Acct><Id><IBAN>DE89 3704 0044 0532 0130 00</IBAN></Id><Ccy>EUR</Ccy></Acct>
${entries}</${statement}></${container}></Document>`;
}

/** An entry of 10 euros that came in, with parts of it replaced or added. */
export function entryXml({ amount = '10.00', status = '<Cd>BOOK</Cd>', more = '' } = {}): string {
  return `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>${status}</Sts>
<BookgDt><Dt>2024-01-02</Dt></BookgDt><ValDt><Dt>2024-01-03</Dt></ValDt>${more}</Ntry>`;
}

export function read(text: string | Uint8Array): readonly Statement[] {
  return readStatements(typeof text === 'string' ? Buffer.from(text) : text, null).statements;
}

export function entriesOf(text: string | Uint8Array): readonly Entry[] {
  return read(text).flatMap(({ entries }) => entries);
}
