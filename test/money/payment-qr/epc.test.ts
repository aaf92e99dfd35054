// EPC QR codes against the example of EPC069-12, appendix, and each of its limits.

import { describe, expect, test } from 'vitest';
import { type EpcPayment, epcText } from '../../../src/money/payment-qr/epc.ts';

const example: EpcPayment = {
  name: 'Red Cross of Belgium',
  iban: 'BE72000000001616',
  bic: 'BPOTBEB1',
  amount: { units: 100n, asset: 'EUR' },
  purpose: 'CHAR',
  reference: null,
  text: 'Urgency fund',
  note: 'Sample EPC QR code',
};

const refusal = (change: Partial<EpcPayment>): string => {
  const said = epcText({ ...example, ...change });
  return 'refused' in said ? said.refused : said.text;
};

describe('EPC069-12', () => {
  test('the guideline’s example, in version 002', () => {
    const lines = [
      'BCD',
      '002',
      '1',
      'SCT',
      'BPOTBEB1',
      'Red Cross of Belgium',
      'BE72000000001616',
      'EUR1',
      'CHAR',
      '',
      'Urgency fund',
      'Sample EPC QR code',
    ];
    expect(epcText(example)).toEqual({ text: lines.join('\n') });
  });

  test('what is empty at the end is left out, in the middle it stays', () => {
    const bare = {
      ...example,
      bic: null,
      amount: null,
      purpose: null,
      text: null,
      note: null,
    };
    expect(epcText(bare)).toEqual({
      text: 'BCD\n002\n1\nSCT\n\nRed Cross of Belgium\nBE72000000001616',
    });
    const structured = { ...bare, reference: 'RF18539007547034' };
    expect(refusal(structured)).toMatch(/BE72000000001616\n\n\nRF18539007547034$/);
  });

  test('cents are written as few as they are', () => {
    const asked = (units: bigint) => refusal({ amount: { units, asset: 'EUR' } }).split('\n')[7];
    expect(asked(1n)).toBe('EUR0.01');
    expect(asked(1230n)).toBe('EUR12.3');
    expect(asked(99_999_999_999n)).toBe('EUR999999999.99');
  });

  const euros = (units: bigint) => ({ amount: { units, asset: 'EUR' } });
  test.each<[string, Partial<EpcPayment>, RegExp]>([
    ['another currency', { amount: { units: 1n, asset: 'USD' } }, /EUR only, not USD/],
    ['nothing', euros(0n), /within 0\.01/],
    ['too much', euros(100_000_000_000n), /within 0\.01/],
    ['wrong check digits', { iban: 'BE73000000001616' }, /IBAN is not valid/],
    ['outside SEPA', { iban: 'SA0380000000608010167519' }, /outside SEPA/],
    ['no BIC for Switzerland', { iban: 'CH9300762011623852957', bic: null }, /needs a BIC/],
    ['a wrong BIC', { bic: 'BPOT' }, /BIC is not valid/],
    ['a long name', { name: 'n'.repeat(71) }, /71 characters/],
    ['a line break', { name: 'Red\nCross' }, /control character/],
    ['a second line by Unicode', { text: 'a\u2028b' }, /control character/],
    ['half a letter', { text: 'a\ud800b' }, /control character/],
    ['a long text', { text: 'x'.repeat(141) }, /141 characters/],
    ['both kinds of reference', { reference: 'RF18539007547034' }, /not both/],
    ['a false reference', { reference: 'RF19539007547034', text: null }, /check digits/],
    ['a long purpose', { purpose: 'CHARITY' }, /purpose/],
    ['too many bytes', { name: 'ü'.repeat(70), text: 'ü'.repeat(140) }, /bytes, at most 331/],
  ])('refuses %s', (_, change, why) => {
    expect(epcText({ ...example, ...change })).toEqual({ refused: expect.stringMatching(why) });
  });
});
