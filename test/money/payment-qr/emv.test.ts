// EMVCo merchant-presented codes, Pix BR Codes and UPI links against their published examples.

import { describe, expect, test } from 'vitest';
import { type EmvPayment, emvText, sealEmv } from '../../../src/money/payment-qr/emv.ts';
import { type PixPayment, pixText } from '../../../src/money/payment-qr/pix.ts';
import { type UpiPayment, upiLink } from '../../../src/money/payment-qr/upi.ts';

// EMV QR Code Specification for Payment Systems, Merchant-Presented Mode, annex B.
const annexB =
  '00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678' +
  '520441115802CN5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京' +
  '540523.7253031565502016233030412340603***0708A60086670902ME' +
  '91320016A0112233449988770708123456786304A13A';

const transport: EmvPayment = {
  accounts: [
    [
      '29',
      [
        ['00', 'D15600000000'],
        ['05', 'A93FO3230Q'],
      ],
    ],
  ],
  once: true,
  categoryCode: '4111',
  currency: 'CNY',
  amount: { units: 2372n, asset: 'CNY' },
  country: 'CN',
  name: 'BEST TRANSPORT',
  city: 'BEIJING',
  postalCode: null,
  additional: [['05', '***']],
};

describe('EMVCo merchant-presented mode 1.1', () => {
  test('annex B: lengths in characters, checksum over UTF-8', () => {
    const sealed = sealEmv([
      ['00', '01'],
      ['01', '12'],
      ['29', [['00', 'D15600000000'] as const, ['05', 'A93FO3230Q'] as const]],
      ['31', [['00', 'D15600000001'] as const, ['03', '12345678'] as const]],
      ['52', '4111'],
      ['58', 'CN'],
      ['59', 'BEST TRANSPORT'],
      ['60', 'BEIJING'],
      ['64', [['00', 'ZH'] as const, ['01', '最佳运输'] as const, ['02', '北京'] as const]],
      ['54', '23.72'],
      ['53', '156'],
      ['55', '01'],
      ['62', '030412340603***0708A60086670902ME'],
      ['91', '0016A011223344998877070812345678'],
    ]);
    expect(sealed).toEqual({ text: annexB });
  });

  test('the members stand in ascending order, the amount as the currency writes it', () => {
    expect(emvText(transport)).toEqual({
      text:
        '00020101021229300012D156000000000510A93FO3230Q520441115303156540523.72' +
        '5802CN5914BEST TRANSPORT6007BEIJING62070503***63040378',
    });
    const yen = { currency: 'JPY', amount: { units: 500n, asset: 'JPY' } };
    expect(emvText({ ...transport, ...yen })).toEqual({
      text: expect.stringMatching(/53033925403500/),
    });
  });

  test.each<[string, Partial<EmvPayment>, RegExp]>([
    ['no account', { accounts: [] }, /at least one account/],
    ['an account outside its ids', { accounts: [['62', 'x']] }, /outside 02 to 51/],
    ['a currency without a number', { currency: 'BTC' }, /BTC has no number/],
    ['another currency', { currency: 'EUR' }, /is in CNY, not in EUR/],
    ['nothing', { amount: { units: 0n, asset: 'CNY' } }, /not positive/],
    ['too much', { amount: { units: 10n ** 13n, asset: 'CNY' } }, /13 characters/],
    ['a long name', { name: 'n'.repeat(26) }, /26 characters/],
    ['letters outside ASCII', { city: '北京' }, /not allowed/],
    ['an empty object', { additional: [['05', '']] }, /05.* is missing/],
    ['a long account', { accounts: [['26', 'x'.repeat(100)]] }, /100 characters/],
  ])('refuses %s', (_, change, why) => {
    expect(emvText({ ...transport, ...change })).toEqual({ refused: expect.stringMatching(why) });
  });

  test('refuses a code that is too long as a whole', () => {
    const accounts = ['02', '03', '04', '05', '06'].map((id) => [id, 'x'.repeat(99)] as const);
    expect(emvText({ ...transport, accounts })).toEqual({
      refused: expect.stringMatching(/at most 512/),
    });
  });
});

const fulano: PixPayment = {
  account: { key: '123e4567-e12b-12d1-a456-426655440000', description: null },
  amount: null,
  name: 'Fulano de Tal',
  city: 'BRASILIA',
  transactionId: null,
};

describe('Manual de Padrões para Iniciação do Pix', () => {
  test('2.6.3: the static code', () => {
    expect(pixText(fulano)).toEqual({
      text:
        '00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-426655440000' +
        '5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D',
    });
  });

  test('2.7.2: the dynamic code', () => {
    const location = 'pix.example.com/8b3da2f39a4140d1a91abd93113bd441';
    expect(pixText({ ...fulano, account: { location } })).toEqual({
      text:
        '00020101021226700014br.gov.bcb.pix2548pix.example.com/8b3da2f39a4140d1a91abd93113bd441' +
        '5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***630464E4',
    });
  });

  test('amount, transaction id and a text for the payer; marks are taken off', () => {
    const said = pixText({
      ...fulano,
      account: { key: 'loja@exemplo.com.br', description: 'Pedido no 7, pão' },
      amount: { units: 10_050n, asset: 'BRL' },
      city: 'São Paulo',
      transactionId: 'PEDIDO7',
    });
    expect(said).toEqual({ text: expect.stringMatching(/0119loja@exemplo\.com\.br0216Pedido no/) });
    expect(said).toEqual({
      text: expect.stringMatching(/5406100\.50.*6009Sao Paulo62110507PEDIDO7/),
    });
  });

  test.each<[string, Partial<PixPayment>, RegExp]>([
    ['another currency', { amount: { units: 1n, asset: 'USD' } }, /BRL only/],
    ['a key of no kind', { account: { key: 'abc', description: null } }, /no CPF/],
    ['a bad id', { transactionId: 'A-1' }, /letters and digits/],
    ['a location with scheme', { account: { location: 'https://a.b/c' } }, /without its scheme/],
    ['a long name', { name: 'n'.repeat(26) }, /26 characters/],
    [
      'a description that does not fit beside the key',
      { account: { key: '123e4567-e12b-12d1-a456-426655440000', description: 'd'.repeat(60) } },
      /object 26 has \d+ characters/,
    ],
  ])('refuses %s', (_, change, why) => {
    expect(pixText({ ...fulano, ...change })).toEqual({ refused: expect.stringMatching(why) });
  });
});

const nadeem: UpiPayment = {
  address: 'nadeem@npci',
  name: 'nadeem chinna',
  amount: { units: 1000n, asset: 'INR' },
  categoryCode: '0000',
  transactionId: 'cxnkjcnkjdfdvjndkjfvn',
  reference: '4894398cndhcd23',
  note: 'Pay to mystar store',
  url: 'https://mystar.com/orderid=9298yw89e8973e87389e78923ue892',
};

describe('NPCI UPI Linking Specifications 1.6', () => {
  test('2.1: the hyperlink says the same as the example', () => {
    const published =
      'upi://pay?pa=nadeem@npci&pn=nadeem%20chinna&mc=0000&tid=cxnkjcnkjdfdvjndkjfvn' +
      '&tr=4894398cndhcd23&tn=Pay%20to%20mystar%20store&am=10&cu=INR' +
      '&url=https://mystar.com/orderid=9298yw89e8973e87389e78923ue892';
    const said = upiLink(nadeem);
    const members = (link: string) => Object.fromEntries(new URL(link).searchParams);
    expect('text' in said && members(said.text)).toEqual({ ...members(published), am: '10.00' });
    expect(said).toEqual({
      text: expect.stringMatching(/^upi:\/\/pay\?pa=nadeem@npci&pn=nadeem%20/),
    });
  });

  test('only what is known stands in the link', () => {
    const bare = { amount: null, categoryCode: null, transactionId: null, reference: null };
    expect(upiLink({ ...nadeem, ...bare, note: null, url: null })).toEqual({
      text: 'upi://pay?pa=nadeem@npci&pn=nadeem%20chinna&cu=INR',
    });
  });

  test('a name cannot smuggle in members of its own', () => {
    const said = upiLink({ ...nadeem, name: 'a&pa=thief@bank#' });
    expect('text' in said && new URL(said.text).searchParams.getAll('pa')).toEqual(['nadeem@npci']);
  });

  test.each<[string, Partial<UpiPayment>, RegExp]>([
    ['another currency', { amount: { units: 1n, asset: 'EUR' } }, /INR only/],
    ['an address of no bank', { address: 'nadeem' }, /name@bank/],
    ['a long note', { note: 'x'.repeat(51) }, /51 characters/],
    ['a reference with a space', { reference: 'a b' }, /character “ ”/],
    ['a category in words', { categoryCode: 'shop' }, /four digits/],
    ['another scheme', { url: 'javascript:alert(1)' }, /one of the web/],
  ])('refuses %s', (_, change, why) => {
    expect(upiLink({ ...nadeem, ...change })).toEqual({ refused: expect.stringMatching(why) });
  });
});
