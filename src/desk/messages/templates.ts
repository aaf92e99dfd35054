// Messages about received money of banks and wallets, as these send them by SMS or push.

import type { MessageTemplate } from './template.ts';

const raw = String.raw;

/** The lines of a pattern, which stand apart by one space. */
const said = (...lines: readonly string[]): string => lines.join(' ');

// Numbers as they are printed: 1,234.50 and 1 234.50 and 1 234,50 and 1.234,50.
const commas = raw`[\d,]+(?:\.\d\d?)?`;
const spaces = raw`[\d ]+(?:\.\d\d?)?`;
const spacesComma = raw`[\d ]+(?:,\d\d?)?`;
const points = raw`[\d.]+(?:,\d\d?)?`;

const at12 = raw`(?<hour>\d\d?):(?<minute>\d\d) (?<half>[AP]M)`;
const at24 = raw`(?<hour>\d\d?):(?<minute>\d\d)`;
const numbersOfDay = raw`(?<day>\d\d?)/(?<month>\d\d?)/(?<year>\d\d(?:\d\d)?)`;
const payer = raw`(?<name>.{1,80}?)`;

const english = { language: 'en', decimal: '.', thousands: ',' } as const;
const india = { ...english, country: 'IN', currency: 'INR', zone: 'Asia/Kolkata' } as const;
const russia = {
  country: 'RU',
  language: 'ru',
  currency: 'RUB',
  zone: 'Europe/Moscow',
  decimal: '.',
  thousands: ' ',
} as const;

/** Senders in India carry the route before the name and the kind behind it: `VM-HDFCBK-S`. */
const indian = (name: string): string => raw`(?:[A-Z]{2}-)?${name}(?:-[A-Z])?`;

const sberAccount = raw`^(?:СЧ[ЕЁ]Т|VISA|MIR|МИР|ECMC|MAES)-?(?<digits>\d{4})`;
const sberTime = raw`(?:(?<day>\d\d)\.(?<month>\d\d) )?${at24}`;

export const messageTemplates: readonly MessageTemplate[] = [
  {
    id: 'sberbank-transfer',
    bank: 'Sberbank',
    senders: '900',
    ...russia,
    pattern: said(
      raw`${sberAccount} ${sberTime} [Пп]еревод (?<amount>${spaces})р от (?<name>[^:]{1,80}?)`,
      raw`Баланс: (?<balance>${spaces})р`,
    ),
  },
  {
    id: 'sberbank-credit',
    bank: 'Sberbank',
    senders: '900',
    ...russia,
    pattern: said(
      raw`${sberAccount} ${sberTime} [Зз]ачисление (?<amount>${spaces})р(?: от`,
      raw`(?<name>[^:]{1,80}?))? Баланс: (?<balance>${spaces})р`,
    ),
  },
  {
    id: 'tbank-credit',
    bank: 'T-Bank',
    senders: raw`T-?Bank|Т-?Банк|Tinkoff`,
    ...russia,
    decimal: ',',
    pattern: said(
      raw`^Пополнение, счет (?<currency>[A-Z]{3})\. (?<amount>${spacesComma}) ₽\.`,
      raw`(?<name>[^₽]{1,80}?)\.? Доступно (?<balance>${spacesComma}) ₽`,
    ),
  },
  {
    id: 'vtb-credit',
    bank: 'VTB',
    senders: 'VTB|ВТБ',
    ...russia,
    pattern: said(
      raw`^(?:ВТБ Онлайн \| )?Поступление (?<amount>${spaces})р Сч[её]т ?\*(?<digits>\d{4})`,
      raw`от ${payer} Баланс (?<balance>${spaces})р ${at24}`,
    ),
  },
  {
    id: 'alfabank-credit',
    bank: 'Alfa-Bank',
    senders: 'Alfa-?Bank',
    ...russia,
    language: 'ru-Latn',
    decimal: ',',
    currencies: { RUR: 'RUB' },
    pattern: said(
      raw`^\d\*(?<digits>\d{4}); Postupleniye; Summa: (?<amount>${spacesComma})`,
      raw`(?<currency>[A-Z]{3}); Ostatok: (?<balance>${spacesComma}) [A-Z]{3};`,
    ),
  },
  {
    id: 'hdfc-upi',
    bank: 'HDFC Bank',
    senders: indian('HDFCBK'),
    ...india,
    pattern: said(
      raw`^(?:Credit Alert! )?Rs\.? ?(?<amount>${commas}) credited to HDFC Bank A/c`,
      raw`(?:XX|\*\*)(?<digits>\d{4}) on \d\d-\d\d-\d\d from VPA (?<account>\S{3,100})`,
      raw`\(UPI (?<reference>\d{12})\)`,
    ),
  },
  {
    id: 'hdfc-neft',
    bank: 'HDFC Bank',
    senders: indian('HDFCBK'),
    ...india,
    pattern: said(
      raw`^Update! INR (?<amount>${commas}) deposited in HDFC Bank A/c XX(?<digits>\d{4}) on`,
      raw`\d\d-[A-Z]{3}-\d\d for (?:NEFT|IMPS|RTGS) Cr-[A-Z0-9]{4,11}-${payer}-` +
        raw`(?<reference>[A-Z0-9]{6,30})\. ?Avl bal INR (?<balance>${commas})`,
    ),
  },
  {
    id: 'kotak-upi',
    bank: 'Kotak Mahindra Bank',
    senders: indian('KOTAK[BD]'),
    ...india,
    pattern: said(
      raw`^Received Rs\.? ?(?<amount>${commas}) in your Kotak Bank AC X(?<digits>\d{4}) from`,
      raw`(?<account>\S{3,100}) on \d\d-\d\d-\d\d\. ?UPI Ref (?<reference>\d{8,14})`,
    ),
  },
  {
    id: 'federal-credit',
    bank: 'Federal Bank',
    senders: indian('FED(?:BNK|SCP)'),
    ...india,
    pattern: said(
      raw`^Rs (?<amount>${commas}) credited to your A/c XX(?<digits>\d{4}) via (?:IMPS|NEFT|UPI)`,
      raw`on (?<day>\d\d)(?<month>[A-Z]{3})(?<year>\d{4}) ${at24}:\d\d (?:IMPS|NEFT|UPI)`,
      raw`Ref no (?<reference>\d{8,16}) Bal:Rs (?<balance>${commas})`,
    ),
  },
  {
    id: 'indusind-upi',
    bank: 'IndusInd Bank',
    ...india,
    senders: indian('INDUS(?:B|IND)'),
    pattern: said(
      raw`^A/C \*XX(?<digits>\d{4}) credited by Rs (?<amount>${commas}) from`,
      raw`(?<account>\S{3,100})\. RRN:(?<reference>\d{8,14})\. Avl Bal:(?<balance>${commas})\.`,
    ),
  },
  {
    id: 'faysal-transfer',
    bank: 'Faysal Bank',
    senders: '8756|FBL',
    country: 'PK',
    ...english,
    currency: 'PKR',
    zone: 'Asia/Karachi',
    pattern: said(
      raw`^PKR (?<amount>${commas}) received from ${payer} (?:[A-Z]{3,5} )?A/C ?\*\d{4}`,
      raw`(?:via [A-Z]{2,6} )?in FBL A/C \*(?<digits>\d{4}) on`,
      raw`(?<day>\d\d)/(?<month>[A-Z]{3})/(?<year>\d{4}) at ${at12}`,
    ),
  },
  {
    id: 'mpesa-ke-received',
    bank: 'M-PESA',
    senders: 'M-?PESA',
    country: 'KE',
    ...english,
    currency: 'KES',
    zone: 'Africa/Nairobi',
    pattern: said(
      raw`^(?:Congratulations! )?(?<reference>[A-Z0-9]{10}) [Cc]onfirmed\. ?You have received`,
      raw`Ksh(?<amount>${commas}) from ${payer}\.?(?: (?<account>\d{6,12}))? on`,
      raw`${numbersOfDay} at ${at12}[. ]+New M-PESA balance is Ksh(?<balance>${commas})`,
    ),
  },
  {
    id: 'mpesa-mz-received',
    bank: 'M-Pesa',
    senders: 'M-?PESA',
    country: 'MZ',
    ...english,
    language: 'pt',
    currency: 'MZN',
    zone: 'Africa/Maputo',
    pattern: said(
      raw`^Confirmado (?<reference>[A-Z0-9]{11})\. Recebeste (?<amount>${commas})MT de`,
      raw`(?<account>\d{6,12}) - ${payer} aos ${numbersOfDay} as ${at12}\.?`,
      raw`o novo saldo M-Pesa e de (?<balance>${commas})MT`,
    ),
  },
  {
    id: 'bkash-received',
    bank: 'bKash',
    senders: 'bKash',
    country: 'BD',
    ...english,
    currency: 'BDT',
    zone: 'Asia/Dhaka',
    pattern: said(
      raw`^You have received Tk (?<amount>${commas}) from (?<account>\d{11})\.`,
      raw`(?:Ref .{1,50}?\. )?Fee Tk ${commas}\. Balance Tk (?<balance>${commas})\.`,
      raw`TrxID (?<reference>[A-Z0-9]{10}) at ${numbersOfDay} ${at24}`,
    ),
  },
  {
    id: 'enbd-credit',
    bank: 'Emirates NBD',
    senders: 'ENBD|EmiratesNBD?',
    country: 'AE',
    ...english,
    currency: 'AED',
    zone: 'Asia/Dubai',
    pattern: said(
      raw`^(?<currency>[A-Z]{3}) (?<amount>${commas}) credited to A/C [xX*]+(?<digits>\d{4}) on`,
      raw`\d\d-[A-Za-z]{3}-\d\d\. Available Balance: [A-Z]{3} (?<balance>${commas})`,
    ),
  },
  {
    id: 'alrajhi-local',
    bank: 'Al Rajhi Bank',
    senders: 'AlRajhi ?Bank',
    country: 'SA',
    ...english,
    language: 'ar',
    currency: 'SAR',
    zone: 'Asia/Riyadh',
    currencies: { SR: 'SAR' },
    pattern: said(
      raw`^حوالة محلية واردة (?:عبر: ?.{1,60}? )?مبلغ: ?(?<currency>SAR|SR) (?<amount>${commas})`,
      raw`الى: ?\*{0,4}(?<digits>\d{4})? ?من: ?${payer}`,
      raw`(?<year>\d\d)/(?<month>\d\d?)/(?<day>\d\d?) ${at24}$`,
    ),
  },
  {
    id: 'arabbank-credit',
    bank: 'Arab Bank',
    senders: 'ArabBank',
    country: 'JO',
    ...english,
    currency: 'JOD',
    zone: 'Asia/Amman',
    pattern: said(
      raw`^(?<currency>[A-Z]{3})(?<amount>[\d,]+(?:\.\d{1,3})?) has been credited to`,
      raw`\d{4}\*(?<digits>\d{3}) ?from ${payer} as CliQ transfer Balance`,
      raw`(?<balance>[\d,]+(?:\.\d{1,3})?)[A-Z]{3}`,
    ),
  },
  {
    id: 'enpara-incoming',
    bank: 'Enpara',
    senders: 'Enpara',
    country: 'TR',
    language: 'tr',
    currency: 'TRY',
    zone: 'Europe/Istanbul',
    decimal: ',',
    thousands: '.',
    currencies: { TL: 'TRY' },
    pattern: said(
      raw`^Vadesiz (?:TL|USD|EUR) hesabınıza \d\d/\d\d/\d{4} tarihinde (?<name>.{1,200})`,
      raw`tarafından yapılan para transferi(?: \([A-Z]+\))? sonucunda (?<amount>${points})`,
      raw`(?<currency>TL|USD|EUR) giriş oldu\.(?: İşlem sonrası hesap bakiyesi:`,
      raw`(?<balance>${points}))?`,
    ),
  },
  {
    id: 'mbank-cz-incoming',
    bank: 'mBank',
    senders: 'mBank(?: CZ)?',
    country: 'CZ',
    language: 'cs',
    currency: 'CZK',
    zone: 'Europe/Prague',
    decimal: ',',
    thousands: ' ',
    pattern: said(
      raw`^Příchozí platba (?<amount>${spacesComma}) (?<currency>[A-Z]{3})`,
      raw`od odesílatele ${payer}\. Podívejte se`,
    ),
  },
  {
    id: 'melli-deposit',
    bank: 'Bank Melli Iran',
    senders: raw`\+98700717|MELLI(?:BANK)?`,
    ...english,
    country: 'IR',
    language: 'fa',
    currency: 'IRR',
    zone: 'Asia/Tehran',
    pattern: said(
      raw`^مبلغ (?<amount>[\d,]+) ریال واریز به حساب شما انجام شد\.`,
      raw`مانده: (?<balance>[\d,]+) ریال`,
    ),
  },
];
