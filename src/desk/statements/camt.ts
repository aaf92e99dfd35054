// ISO 20022 camt.053 (bank to customer statement) and camt.052 (account report), .001.02 to .13.

import type { Amount } from '../../money/amount.ts';
import { readEntry } from './camt-entry.ts';
import { amountOf, childText, dateAt } from './camt-values.ts';
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
/** What stands in the document for each message: its container and the statement inside. */
const names = {
  '052': { container: 'BkToCstmrAcctRpt', statement: 'Rpt' },
  '053': { container: 'BkToCstmrStmt', statement: 'Stmt' },
} as const;

/**
 * Reads every statement of a document. Entries whose status is informational (INFO) are left out:
 * they never were on the account. A batch whose transactions all carry amounts and add up to it
 * becomes one entry per transaction. Throws `StatementFault`.
 */
export function parseCamt(text: string): Statement[] {
  const identify = createIdentities();
  const statements: Statement[] = [];
  const entries: Entry[] = [];
  let expected: { readonly container: string; readonly statement: string } | null = null;
  const finish = (element: Element): void => {
    statements.push({ ...headOf(element), entries: entries.splice(0) });
  };
  readXml(text, ['Ntry', 'Stmt', 'Rpt'], (element, namespace) => {
    expected ??= namesOf(namespace);
    if (element.name === expected.statement && isInside(element, expected.container)) {
      finish(element);
    } else if (element.name === 'Ntry' && element.parent?.name === expected.statement) {
      const account = accountOf(element.parent);
      for (const { entry, within } of readEntry(element)) {
        entries.push({ ...entry, id: identify(account, entry, within) });
      }
      if (entries.length > maxEntriesPerFile) {
        throw new StatementFault(element.line, '<Ntry>', `more than ${maxEntriesPerFile} entries`);
      }
    }
  });
  if (statements.length === 0) {
    throw new StatementFault(1, 'document', 'there is no statement in it');
  }
  return statements;
}
