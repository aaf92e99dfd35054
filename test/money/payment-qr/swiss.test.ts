// Swiss QR codes against the examples of the Implementation Guidelines QR-bill, appendix A.

import { describe, expect, test } from 'vitest';
import { type SwissPayment, swissText } from '../../../src/money/payment-qr/swiss.ts';

const creditor = {
  name: 'Robert Schneider AG',
  street: 'Rue du Lac',
  house: '1268',
  postalCode: '2501',
  town: 'Biel',
  country: 'CH',
};
const debtor = {
  name: 'Pia-Maria Rutschmann-Schnyder',
  street: 'Grosse Marktgasse',
  house: '28',
  postalCode: '9400',
  town: 'Rorschach',
  country: 'CH',
};

const withQrReference: SwissPayment = {
  iban: 'CH4431999123000889012',
  creditor,
  currency: 'CHF',
  amount: { units: 194_975n, asset: 'CHF' },
  debtor,
  reference: '210000000003139471430009017',
  message: 'Order dated 18.06.2020',
  billInformation:
    '//S1/01/20170309/11/10201409/20/14000000/22/36958/30/CH106017086/40/1020/41/3010',
  alternatives: ['UV;UltraPay005;12345', 'XY;XYService;54321'],
};
const withoutReference: SwissPayment = {
  ...withQrReference,
  iban: 'CH3709000000304442225',
  reference: null,
  amount: null,
  debtor: null,
  message: 'Donation to the Winterfest campaign',
  billInformation: null,
  alternatives: [],
};

const blanks = (count: number) => Array.from({ length: count }, () => '');
const schneider = ['S', 'Robert Schneider AG', 'Rue du Lac', '1268', '2501', 'Biel', 'CH'];

describe('Swiss Implementation Guidelines QR-bill', () => {
  test('example with QR-IBAN, QR reference, bill information and alternatives', () => {
    const lines = [
      'SPC',
      '0200',
      '1',
      'CH4431999123000889012',
      ...schneider,
      ...blanks(7),
      '1949.75',
      'CHF',
      'S',
      'Pia-Maria Rutschmann-Schnyder',
      'Grosse Marktgasse',
      '28',
      '9400',
      'Rorschach',
      'CH',
      'QRR',
      '210000000003139471430009017',
      'Order dated 18.06.2020',
      'EPD',
      withQrReference.billInformation,
      'UV;UltraPay005;12345',
      'XY;XYService;54321',
    ];
    expect(swissText(withQrReference)).toEqual({ text: lines.join('\n') });
  });

  test('example of a donation: no amount, no debtor, no reference', () => {
    const lines = [
      'SPC',
      '0200',
      '1',
      'CH3709000000304442225',
      ...schneider,
      ...blanks(7),
      '',
      'CHF',
      ...blanks(7),
      'NON',
      '',
      'Donation to the Winterfest campaign',
      'EPD',
    ];
    expect(swissText(withoutReference)).toEqual({ text: lines.join('\n') });
  });

  test('example with a creditor reference of ISO 11649, in euros', () => {
    const said = swissText({
      ...withoutReference,
      iban: 'CH5800791123000889012',
      currency: 'EUR',
      reference: 'RF18539007547034',
      amount: { units: 19_995n, asset: 'EUR' },
    });
    expect(said).toEqual({ text: expect.stringMatching(/\n199\.95\nEUR\n/) });
    expect(said).toEqual({ text: expect.stringMatching(/\nSCOR\nRF18539007547034\n/) });
  });

  test.each<[string, Partial<SwissPayment>, RegExp]>([
    ['an account elsewhere', { iban: 'DE89370400440532013000' }, /neither CH nor LI/],
    ['a false IBAN', { iban: 'CH4531999123000889012' }, /IBAN is not valid/],
    ['another currency', { currency: 'USD', amount: null }, /CHF and EUR only/],
    ['an amount in another currency', { currency: 'EUR' }, /is in CHF, not in EUR/],
    ['nothing', { amount: { units: 0n, asset: 'CHF' } }, /within 0\.01/],
    ['a QR-IBAN alone', { reference: null }, /needs a QR reference/],
    ['a false QR reference', { reference: '210000000003139471430009018' }, /27 digits/],
    ['another kind of reference', { reference: 'RF18539007547034' }, /27 digits/],
    ['a QR reference elsewhere', { iban: 'CH3709000000304442225' }, /ISO 11649/],
    ['Greek letters', { message: 'Λάμδα' }, /character “Λ”/],
    ['long additional data', { message: 'x'.repeat(70) }, /140 characters together/],
    ['a third alternative', { alternatives: ['a', 'b', 'c'] }, /at most two/],
    ['no town', { creditor: { ...creditor, town: '' } }, /creditor’s town is missing/],
    ['a country in full', { debtor: { ...debtor, country: 'Suisse' } }, /two letters/],
  ])('refuses %s', (_, change, why) => {
    expect(swissText({ ...withQrReference, ...change })).toEqual({
      refused: expect.stringMatching(why),
    });
  });

  test('the letters of version 2.3 are permitted', () => {
    expect(swissText({ ...withoutReference, message: 'Ştefan Țepeș €ő Žižka' })).toHaveProperty(
      'text',
    );
  });
});
