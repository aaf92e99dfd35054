// Which payment QR code is made for a transfer, and the schemes that no other test covers.

import { describe, expect, test } from 'vitest';
import { pixText } from '../../../src/money/payment-qr/pix.ts';
import { transferCode } from '../../../src/money/payment-qr/transfer-code.ts';
import { upiLink } from '../../../src/money/payment-qr/upi.ts';

const reference = 'SDF-453672-PMT';
const holder = 'Ada Lovelace';

function codeOf(asset: string, details: Readonly<Record<string, string>>, units = 24_999n) {
  return transferCode({ details: { holder, ...details }, amount: { units, asset }, reference });
}

const german = { kind: 'iban', number: 'DE89370400440532013000' };
const swiss = { kind: 'iban', number: 'CH9300762011623852957', city: '8004 Zürich' };

describe('the code of a transfer', () => {
  test('euro to an account of the European Economic Area: EPC069-12, with or without a BIC', () => {
    const lines = ['BCD', '002', '1', 'SCT', '', holder, german.number, 'EUR249.99', '', ''];
    const text = [...lines, reference].join('\n');
    expect(codeOf('EUR', german)).toEqual({ standard: 'epc', text });
    expect(codeOf('EUR', { ...german, bankCode: '37040044' })?.text).toBe(text);
    expect(codeOf('EUR', { ...german, bankCode: 'COBADEFFXXX' })?.text).toContain(
      '\nCOBADEFFXXX\n',
    );
  });

  test('francs, and euro to a Swiss account whose town is known: the Swiss code', () => {
    const code = codeOf('CHF', swiss);
    expect(code?.standard).toBe('swiss');
    expect(code?.text.split('\n').slice(0, 11)).toEqual([
      'SPC',
      '0200',
      '1',
      swiss.number,
      'S',
      holder,
      '',
      '',
      '8004',
      'Zürich',
      'CH',
    ]);
    expect(code?.text.split('\n').slice(18, 20)).toEqual(['249.99', 'CHF']);
    expect(code?.text).toContain(`\nNON\n\n${reference}\nEPD`);
    expect(codeOf('EUR', swiss)?.standard).toBe('swiss');
    expect(codeOf('EUR', { ...swiss, city: 'Zürich', bankCode: 'POFICHBE' })?.standard).toBe('epc');
    expect(codeOf('EUR', { ...swiss, city: 'Zürich' })).toBeNull();
    expect(codeOf('CHF', { ...swiss, city: 'Zürich' })).toBeNull();
  });

  test('reais to a key of Pix: a BR Code', () => {
    const code = codeOf('BRL', { kind: 'wallet', number: 'ada@example.com', city: 'São Paulo' });
    expect(code?.standard).toBe('pix');
    expect(code?.text).toContain('0014br.gov.bcb.pix0115ada@example.com');
    expect(code?.text).toContain('5406249.99');
    expect(code?.text).toContain('6009Sao Paulo');
    expect(code?.text).toContain('0512SDF453672PMT');
    expect(codeOf('BRL', { kind: 'phone', number: '+5511987654321' })?.standard).toBe('pix');
    expect(codeOf('BRL', { kind: 'wallet', number: 'Not A Key' })).toBeNull();
    expect(codeOf('BRL', { kind: 'account', number: '12345678' })).toBeNull();
  });

  test('rupees to a payment address: a UPI link', () => {
    expect(codeOf('INR', { kind: 'wallet', number: 'ada@bank' })).toEqual({
      standard: 'upi',
      text:
        `upi://pay?pa=ada@bank&pn=Ada%20Lovelace&tr=${reference}&tn=${reference}` +
        '&am=249.99&cu=INR',
    });
    expect(codeOf('INR', { kind: 'account', number: '1234567890' })).toBeNull();
  });

  test('baht to a Thai mobile number: PromptPay', () => {
    const code = codeOf('THB', { kind: 'phone', number: '+66812345678' });
    expect(code?.standard).toBe('promptpay');
    expect(code?.text).toContain('29370016A000000677010111011300668123456785204');
    expect(code?.text).toContain('53037645406249.99');
    expect(codeOf('THB', { kind: 'phone', number: '+6591234567' })).toBeNull();
    const thai = { kind: 'phone', number: '+66812345678', holder: 'เอดา' };
    expect(codeOf('THB', thai)?.text).toContain('5902NA');
  });

  test('dollars of Singapore to a mobile number: PayNow', () => {
    const code = codeOf('SGD', { kind: 'phone', number: '+6591234567' });
    expect(code?.standard).toBe('paynow');
    expect(code?.text).toContain('26380009SG.PAYNOW010100211+6591234567030105204');
    expect(code?.text).toContain(`62180114${reference}`);
  });

  test('dong to an account at a bank of NAPAS: VietQR', () => {
    // The account and the bank of the example in NAPAS' own specification.
    const example = { kind: 'account', number: '0011012345678', bankCode: '970403' };
    const code = codeOf('VND', example, 180_000n);
    expect(code?.standard).toBe('vietqr');
    expect(code?.text).toContain('38570010A00000072701270006970403011300110123456780208QRIBFTTA');
    expect(code?.text).toContain('5406180000');
    expect(codeOf('VND', { ...example, bankCode: 'VCB' }, 180_000n)).toBeNull();
    const card = { kind: 'card', number: '9704030101012345', bankCode: '970403' };
    expect(codeOf('VND', card, 1n)?.text).toContain('0208QRIBFTTC');
  });

  test('everything else has none', () => {
    expect(codeOf('USD', german)).toBeNull();
    expect(codeOf('GBP', { kind: 'iban', number: 'GB29NWBK60161331926819' })).toBeNull();
    expect(codeOf('EUR', { kind: 'card', number: '4242424242424242' })).toBeNull();
    expect(codeOf('EUR', { ...german, holder: 'x'.repeat(71) })).toBeNull();
    expect(codeOf('EUR', { kind: 'iban', number: 'US1' })).toBeNull();
    expect(codeOf('EUR', {})).toBeNull();
  });
});

describe('Pix', () => {
  test('the manual’s example of a static code', () => {
    const text = pixText({
      account: { key: '123e4567-e12b-12d1-a456-426655440000', description: null },
      amount: null,
      name: 'Fulano de Tal',
      city: 'BRASILIA',
      transactionId: null,
    });
    expect(text).toEqual({
      text:
        '00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-426655440000' +
        '5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D',
    });
  });
});

describe('UPI', () => {
  test('what does not fit is refused in words', () => {
    const link = {
      address: 'ada@bank',
      name: 'Ada',
      amount: { units: 100n, asset: 'INR' },
      categoryCode: null,
      transactionId: null,
      reference: null,
      note: null,
      url: null,
    };
    expect(upiLink(link)).toEqual({ text: 'upi://pay?pa=ada@bank&pn=Ada&am=1.00&cu=INR' });
    expect(upiLink({ ...link, address: 'ada' })).toHaveProperty('refused');
    expect(upiLink({ ...link, amount: { units: 100n, asset: 'USD' } })).toHaveProperty('refused');
  });
});
