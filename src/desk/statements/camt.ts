// ISO 20022 camt.053 (bank to customer statement) and camt.052 (account report), .001.02 to .13.

import { readEntry } from './camt-entry.ts';
import { amountAt, dateAt, directionAt, textAt } from './camt-values.ts';
import { createIdentities } from './identity.ts';
import {
  type Balance,
  type Entry,
  type Statement,
  StatementFault,
  cleanAccount,
  maxEntriesPerFile,
} from './statement.ts';
import { type Element, childAt, childrenAt, readXml } from './xml.ts';

const messageForm = /^urn:iso:std:iso:20022:tech:xsd:camt\.(052|053)\.001\.(\d\d)$/;
const versions = { first: 2, last: 13 };
const containers: Readonly<Record<string, string>> = {
  Rpt: 'BkToCstmrAcctRpt',
  Stmt: 'BkToCstmrStmt',
};
const names = new Set(['Ntry', ...Object.keys(containers)]);

/**
 * Reads every statement of a document. Entries whose status is informational (INFO) are left out:
 * they never were on the account. A batch whose transactions all carry amounts and add up to it
 * becomes one entry per transaction. Throws `StatementFault`.
 */
export function parseCamt(text: string): Statement[] {
  const identify = createIdentities();
  const statements: Statement[] = [];
  let entries: Entry[] = [];
  let count = 0;
  const add = (element: Element, of: Element): void => {
    const account = accountOf(of);
    for (const { entry, within } of readEntry(element)) {
      entries.push({ ...entry, id: identify(account, entry, within) });
      count += 1;
    }
    if (count > maxEntriesPerFile) {
      throw new StatementFault(element.line, '<Ntry>', `more than ${maxEntriesPerFile} entries`);
    }
  };
  const end = (element: Element): void => {
    const { parent } = element;
    if (parent === null) return;
    if (element.name === 'Ntry' && isStatement(parent)) add(element, parent);
    if (!isStatement(element)) return;
    statements.push({ ...headOf(element), entries });
    entries = [];
  };
  readXml(text, { names, begin: checkMessage, end });
  if (statements.length === 0) throw new StatementFault(1, 'document', 'it holds no statement');
  return statements;
}

function checkMessage(namespace: string): void {
  const version = parseInt(messageForm.exec(namespace)?.[2] ?? '0', 10);
  if (version >= versions.first && version <= versions.last) return;
  const known = 'camt.052 and camt.053, .001.02 to .001.13, are';
  throw new StatementFault(1, 'document', `its namespace is “${namespace}”; ${known} read`);
}

function isStatement({ name, parent }: Element): boolean {
  return containers[name] !== undefined && containers[name] === parent?.name;
}

function headOf(element: Element): Omit<Statement, 'entries'> {
  const balances = childrenAt(element, 'Bal').map(balanceOf);
  const currency = textAt(element, 'Acct', 'Ccy') ?? balances[0]?.amount.asset ?? null;
  return { account: accountOf(element), currency, balances };
}

function accountOf(statement: Element): string {
  const id = childAt(statement, 'Acct', 'Id');
  const account = cleanAccount(textAt(id, 'IBAN') ?? textAt(id, 'Othr', 'Id'));
  if (account === null) {
    throw new StatementFault(statement.line, `<${statement.name}>`, 'it names no account');
  }
  return account;
}

const kinds: Readonly<Record<string, Balance['kind']>> = {
  OPBD: 'opening',
  PRCD: 'opening',
  CLBD: 'closing',
  CLAV: 'available',
  ITAV: 'available',
};

function balanceOf(element: Element): Balance {
  const { units, asset } = amountAt(element);
  const negative = directionAt(element) === 'out';
  return {
    kind: kinds[textAt(element, 'Tp', 'CdOrPrtry', 'Cd') ?? ''] ?? 'other',
    amount: { units: negative ? -units : units, asset },
    at: dateAt(childAt(element, 'Dt'))?.at ?? null,
  };
}
