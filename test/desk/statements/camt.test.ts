// camt.053 and camt.052: the example of ISO 20022, every version, batches, parties and ids.

import { describe, expect, test } from 'vitest';
import { camt, entriesOf, entryXml, fixture, read } from './documents.ts';

describe('ISO 20022 message definition report, the statement of Finpetrol', () => {
  const [statement] = read(fixture('iso20022-mdr-camt.053.001.02.xml'));

  test('account and balances', () => {
    expect(statement).toMatchObject({
      account: '50000000054910000003',
      currency: 'SEK',
      balances: [
        { kind: 'opening', amount: { units: 50_000_000n, asset: 'SEK' } },
        { kind: 'closing', amount: { units: 43_567_850n, asset: 'SEK' } },
      ],
    });
  });

  test('entries add up from the opening to the closing balance', () => {
    const moved = statement?.entries.map(({ direction, amount }) =>
      direction === 'in' ? amount.units : -amount.units,
    );
    expect(moved).toEqual([10_567_850n, -20_000_000n, 3_000_000n]);
    expect(50_000_000n + (moved ?? []).reduce((sum, units) => sum + units, 0n)).toBe(43_567_850n);
  });

  test('the payment of Mueller', () => {
    expect(statement?.entries[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      amount: { units: 10_567_850n, asset: 'SEK' },
      direction: 'in',
      reversal: false,
      status: 'booked',
      bookedAt: new Date('2010-10-18T12:15:00Z'),
      valueAt: new Date('2010-10-18T00:00:00Z'),
      timed: true,
      counterpartyName: 'MUELLER',
      counterpartyAccount: null,
      text: '',
      endToEndId: 'MUELL/FINP/RA12345',
      bankReference: 'AAAASESS-FP-CN_98765/01',
    });
  });
});

describe('versions', () => {
  const versions = Array.from({ length: 12 }, (_, at) => (at + 2).toString().padStart(2, '0'));
  test.each(versions)('.001.%s of both messages', (version) => {
    const status = version < '07' ? 'BOOK' : '<Cd>BOOK</Cd>';
    for (const message of ['052', '053']) {
      const [entry] = entriesOf(camt(entryXml({ status }), { message, version }));
      expect(entry).toMatchObject({ amount: { units: 1000n, asset: 'EUR' }, status: 'booked' });
    }
  });

  test.each(['01', '14'])('.001.%s is refused by name', (version) => {
    expect(() => read(camt(entryXml(), { version }))).toThrow(/line 1, document: .*camt\.053/);
  });

  test('a prefix instead of a default namespace', () => {
    const prefixed = camt(entryXml())
      .replaceAll(/<(\/?)([A-Z])/g, '<$1c:$2')
      .replace('xmlns=', 'xmlns:c=');
    expect(entriesOf(prefixed)).toEqual(entriesOf(camt(entryXml())));
  });
});

describe('entries', () => {
  const one = (more: string) => entriesOf(camt(entryXml({ more })))[0];
  const details = (inside: string) => one(`<NtryDtls><TxDtls>${inside}</TxDtls></NtryDtls>`);

  test('parties in the form of later versions; the ultimate payer where no other is named', () => {
    const account = '<DbtrAcct><Id><IBAN>DE02 1005 0000 0054 5404 02</IBAN></Id></DbtrAcct>';
    expect(
      details(`<RltdPties><Dbtr><Pty><Nm>Erika</Nm></Pty></Dbtr>${account}</RltdPties>`),
    ).toMatchObject({
      counterpartyName: 'Erika',
      counterpartyAccount: 'DE02100500000054540402',
    });
    const ultimate = '<UltmtDbtr><Pty><Nm>Max</Nm></Pty></UltmtDbtr>';
    expect(details(`<RltdPties>${ultimate}</RltdPties>`)).toMatchObject({
      counterpartyName: 'Max',
    });
  });

  test('all that a payer wrote, in order, with white space made even', () => {
    const strd = '<Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd>';
    expect(
      details(`<RmtInf><Ustrd>Order \n 7</Ustrd><Ustrd><![CDATA[& more]]></Ustrd>${strd}</RmtInf>`),
    ).toMatchObject({ text: 'Order 7 & more RF18539007547034' });
    expect(one('<AddtlNtryInf>Credit &#252;ber</AddtlNtryInf>')).toMatchObject({
      text: 'Credit über',
    });
  });

  test('what a bank only fills in is no reference', () => {
    expect(details('<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>')?.endToEndId).toBeNull();
  });

  test('pending, expected and informational entries', () => {
    const statuses = ['PDNG', 'FUTR', 'INFO'].map((code) =>
      entriesOf(camt(entryXml({ status: `<Cd>${code}</Cd>` }))).map(({ status }) => status),
    );
    expect(statuses).toEqual([['pending'], ['pending'], []]);
  });

  test('a reversal names the one whose payment is taken back', () => {
    const text = camt(
      entryXml({
        more: `<NtryDtls><TxDtls><RltdPties><Dbtr><Nm>Erika</Nm></Dbtr><Cdtr><Nm>We</Nm></Cdtr>
</RltdPties></TxDtls></NtryDtls>`,
      }).replace('CRDT</CdtDbtInd>', 'DBIT</CdtDbtInd><RvslInd>true</RvslInd>'),
    );
    expect(entriesOf(text)).toMatchObject([
      { direction: 'out', reversal: true, counterpartyName: 'Erika' },
    ]);
  });

  test('a time without an offset says the day only', () => {
    const text = camt(entryXml()).replace(
      '<BookgDt><Dt>2024-01-02</Dt>',
      '<BookgDt><DtTm>2024-01-02T23:30:00</DtTm>',
    );
    expect(entriesOf(text)).toMatchObject([
      { bookedAt: new Date('2024-01-02T00:00:00Z'), timed: false },
    ]);
  });
});

describe('batches', () => {
  const part = (units: string, text: string) =>
    `<TxDtls><Amt Ccy="EUR">${units}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<RmtInf><Ustrd>${text}</Ustrd></RmtInf></TxDtls>`;
  const batch = (parts: string) =>
    entriesOf(
      camt(
        entryXml({
          amount: '30.00',
          more: `<AcctSvcrRef>B1</AcctSvcrRef><NtryDtls>${parts}</NtryDtls>`,
        }),
      ),
    );

  test('whose transactions add up become one entry each, with ids of their own', () => {
    const entries = batch(part('10.00', 'a') + part('10.00', 'b') + part('10.00', 'c'));
    expect(entries.map(({ text, amount }) => [text, amount.units])).toEqual([
      ['a', 1000n],
      ['b', 1000n],
      ['c', 1000n],
    ]);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(3);
  });

  test('that do not add up stay one entry with all texts and no single payer', () => {
    expect(batch(part('10.00', 'a') + part('10.00', 'b'))).toMatchObject([
      { text: 'a b', amount: { units: 3000n }, counterpartyName: null },
    ]);
  });

  test('in the older form of amounts', () => {
    const old = (units: string) =>
      `<TxDtls><AmtDtls><TxAmt><Amt Ccy="EUR">${units}</Amt></TxAmt></AmtDtls></TxDtls>`;
    expect(batch(old('12.00') + old('18.00')).map(({ amount }) => amount.units)).toEqual([
      1200n,
      1800n,
    ]);
  });
});

describe('ids', () => {
  const ref = (name: string) => `<AcctSvcrRef>${name}</AcctSvcrRef>`;

  test('the same line in a report and in the statement of the day, pending and booked', () => {
    const pending = entryXml({ status: '<Cd>PDNG</Cd>', more: ref('R1') });
    const [before] = entriesOf(camt(pending, { message: '052' }));
    const [after] = entriesOf(camt(entryXml({ more: ref('R1') }).replace('01-02', '01-04')));
    expect(after?.id).toBe(before?.id);
  });

  test('equal lines of one file are counted, read again they are the same', () => {
    const twice = () => entriesOf(camt(entryXml() + entryXml())).map(({ id }) => id);
    expect(new Set(twice()).size).toBe(2);
    expect(twice()).toEqual(twice());
  });

  test('a payment and its fee under one reference of the bank are two', () => {
    const fee = entryXml({ amount: '0.35', more: ref('R1') }).replace('CRDT', 'DBIT');
    const ids = entriesOf(camt(entryXml({ more: ref('R1') }) + fee)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });
});
